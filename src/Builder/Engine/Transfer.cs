namespace Bld.Builder.Engine;

/// <summary>Bytes on their way: a blob that is pulled or pushed, or what a step copies.</summary>
/// <param name="Id">What tells it from others: the blob's digest, or the step's place.</param>
/// <param name="IsPush">Which way it goes.</param>
/// <param name="Done">Bytes so far.</param>
/// <param name="Total">Bytes in all; 0 when nobody knows yet.</param>
/// <param name="IsFinished">Whether no more will come.</param>
internal readonly record struct Transfer(string Id, bool IsPush, long Done, long Total, bool IsFinished)
{
    /// <summary>Whether it is a copy.</summary>
    public bool IsCopy { get; init; }

    /// <summary>When it began, by <see cref="System.Diagnostics.Stopwatch"/>; 0 when that was with the first news of it.</summary>
    public long Began { get; init; }
}

/// <summary>A part has arrived.</summary>
internal sealed record TransferMoved(Transfer Transfer) : BuildEvent;

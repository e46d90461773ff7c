namespace Bld.Builder.Engine;

/// <summary>Bytes on their way: a blob that is pulled or pushed.</summary>
/// <param name="Id">What tells it from others: its digest.</param>
/// <param name="IsPush">Which way it goes.</param>
/// <param name="Done">Bytes so far.</param>
/// <param name="Total">Bytes in all; 0 when nobody knows yet.</param>
/// <param name="IsFinished">Whether no more will come.</param>
internal readonly record struct Transfer(string Id, bool IsPush, long Done, long Total, bool IsFinished);

/// <summary>A part of a blob has been pulled.</summary>
internal sealed record TransferMoved(Transfer Transfer) : BuildEvent;

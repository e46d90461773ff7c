using Bld.Builder.Cache;

namespace Bld.Builder.Engine;

/// <summary>Which of the command's streams a piece of output came from.</summary>
internal enum OutputStream
{
    StandardOutput,
    StandardError,
}

/// <summary>Where a step stands: its stage among the stages that are built, and its place in the stage.</summary>
/// <param name="Stage">The stage's position among those that are built, from 1.</param>
/// <param name="Stages">How many stages are built.</param>
/// <param name="StageName">The stage's name, or its index in the file.</param>
/// <param name="Number">The step's position in its stage, from 1; FROM is the first.</param>
/// <param name="Count">How many steps the stage has.</param>
/// <param name="Text">The instruction as people wrote it, on one line.</param>
internal sealed record StepIdentity(int Stage, int Stages, string StageName, int Number, int Count, string Text)
{
    /// <summary>The platform, when several are built; else empty.</summary>
    public string Platform { get; init; } = "";

    /// <summary>The place as people read it: <c>[linux/arm64 build 2/5]</c>, without what there is only one of.</summary>
    public string Place => $"[{(Platform.Length > 0 ? $"{Platform} " : "")}{(Stages > 1 ? $"{StageName} " : "")}{Number}/{Count}]";

    /// <summary>Whether another event is about the same step.</summary>
    public bool IsSame(StepIdentity other) => Stage == other.Stage && Number == other.Number && Platform == other.Platform;
}

/// <summary>Something that a build tells while it runs.</summary>
internal abstract record BuildEvent;

/// <summary>A step begins (or was found in the cache: then <see cref="StepFinished"/> follows at once).</summary>
internal sealed record StepStarted(StepIdentity Step) : BuildEvent;

/// <summary>The stages that are going to be built, in the order of the file.</summary>
/// <param name="Stages">Each with its name and the texts of its instructions, FROM first.</param>
internal sealed record BuildPlanned(IReadOnlyList<KeyValuePair<string, IReadOnlyList<string>>> Stages) : BuildEvent
{
    /// <inheritdoc cref="StepIdentity.Platform"/>
    public string Platform { get; init; } = "";
}

/// <summary>What the cache said of a step.</summary>
internal enum CacheOutcome
{
    /// <summary>Its result is there.</summary>
    Hit,

    /// <summary>It is a FROM, which has a key and is not looked up.</summary>
    Base,

    /// <summary>There is no such result.</summary>
    Unknown,

    /// <summary>There was one, and its snapshot is gone or didn't survive a crash.</summary>
    Gone,

    /// <summary>There is one, and it is older than <c>--cache-ttl</c> allows.</summary>
    Expired,

    /// <summary>It wasn't asked: <c>--no-cache</c>.</summary>
    Refused,

    /// <summary>It wasn't asked: <c>--no-cache-filter</c>.</summary>
    StageRefused,
}

/// <summary>A step's key is known, and whether its result is; when it isn't, the step begins to run now.</summary>
/// <param name="Step">Which.</param>
/// <param name="Key">Its key.</param>
/// <param name="Inputs">What the key was made of.</param>
/// <param name="Outcome">What the cache said.</param>
internal sealed record StepLookedUp(StepIdentity Step, CacheKey Key, CacheKeyBuilder Inputs, CacheOutcome Outcome) : BuildEvent
{
    /// <summary>Why it has to run, in a line; null when it needn't.</summary>
    public string? Reason { get; init; }
}

/// <summary>A step went wrong, and the build with it.</summary>
internal sealed record StepFailed(StepIdentity Step, string Message, int ExitCode) : BuildEvent;

/// <summary>Bytes that the step's command wrote.</summary>
internal sealed record StepOutput(StepIdentity Step, OutputStream Stream, ReadOnlyMemory<byte> Bytes) : BuildEvent;

/// <summary>A step is done.</summary>
/// <param name="Step">Which.</param>
/// <param name="Cached">Whether its result was there already.</param>
/// <param name="Result">The snapshot's id; empty for a step that only changes the configuration.</param>
/// <param name="Elapsed">How long it took.</param>
internal sealed record StepFinished(StepIdentity Step, bool Cached, string Result, TimeSpan Elapsed) : BuildEvent;

/// <summary>Something that the user should know and that doesn't stop the build.</summary>
/// <param name="Message">A sentence.</param>
/// <param name="IsLoss">Whether something that was asked for was not done, which is told in a quiet build too.</param>
internal sealed record BuildWarning(string Message, bool IsLoss = false) : BuildEvent;

/// <summary>The image is about to be written under these names.</summary>
internal sealed record ImageCommitting(IReadOnlyList<string> Names) : BuildEvent
{
    /// <inheritdoc cref="StepIdentity.Platform"/>
    public string Platform { get; init; } = "";
}

/// <summary>The image is in the store; of several platforms each has one, and the index of all comes last, without a platform.</summary>
internal sealed record ImageCommitted(string ImageId, IReadOnlyList<string> Names) : BuildEvent
{
    /// <inheritdoc cref="StepIdentity.Platform"/>
    public string Platform { get; init; } = "";
}

/// <summary>Hears of a build's progress; called from several threads at once.</summary>
internal interface IBuildObserver
{
    /// <summary>Takes one event; must not throw for the build's sake and must not keep it waiting.</summary>
    void Report(BuildEvent happened);
}

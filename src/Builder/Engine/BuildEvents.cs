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
internal sealed record StepIdentity(int Stage, int Stages, string StageName, int Number, int Count, string Text);

/// <summary>Something that a build tells while it runs.</summary>
internal abstract record BuildEvent;

/// <summary>A step begins (or was found in the cache: then <see cref="StepFinished"/> follows at once).</summary>
internal sealed record StepStarted(StepIdentity Step) : BuildEvent;

/// <summary>Bytes that the step's command wrote.</summary>
internal sealed record StepOutput(StepIdentity Step, OutputStream Stream, ReadOnlyMemory<byte> Bytes) : BuildEvent;

/// <summary>A step is done.</summary>
/// <param name="Step">Which.</param>
/// <param name="Cached">Whether its result was there already.</param>
/// <param name="Result">The snapshot's id; empty for a step that only changes the configuration.</param>
/// <param name="Elapsed">How long it took.</param>
internal sealed record StepFinished(StepIdentity Step, bool Cached, string Result, TimeSpan Elapsed) : BuildEvent;

/// <summary>Something that the user should know and that doesn't stop the build.</summary>
internal sealed record BuildWarning(string Message) : BuildEvent;

/// <summary>The image is about to be written under these names.</summary>
internal sealed record ImageCommitting(IReadOnlyList<string> Names) : BuildEvent;

/// <summary>The image is in the store.</summary>
internal sealed record ImageCommitted(string ImageId, IReadOnlyList<string> Names) : BuildEvent;

/// <summary>Hears of a build's progress; called from several threads at once.</summary>
internal interface IBuildObserver
{
    /// <summary>Takes one event; must not throw for the build's sake and must not keep it waiting.</summary>
    void Report(BuildEvent happened);
}

namespace Bld.Builder.Engine.Debugging;

/// <summary>Asks a build to go into a step that failed before, instead of running it.</summary>
/// <param name="Step">The step.</param>
/// <param name="Files">The directory with the files that it left.</param>
/// <param name="Command">What to run there; null for a shell.</param>
/// <param name="Terminal">Whether the command gets a terminal.</param>
internal sealed record DebugRequest(FailedStep Step, string Files, IReadOnlyList<string>? Command, bool Terminal)
{
    /// <summary>Whether a step is the one.</summary>
    public bool IsAbout(StepIdentity step) => step.StageName == Step.StageName && step.Number == Step.Number;
}

/// <summary>The visit to a failed step has ended, and with it the build that led there.</summary>
internal sealed class DebugEndedException(int code) : Exception("the debugging session has ended")
{
    /// <summary>The command's exit code.</summary>
    public int Code { get; } = code;
}

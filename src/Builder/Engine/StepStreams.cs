using Bld.Runtime;

using Microsoft.Win32.SafeHandles;

namespace Bld.Builder.Engine;

/// <summary>What the command of a step reads and writes.</summary>
/// <param name="Input">Standard input; null is nothing.</param>
/// <param name="Output">Standard output.</param>
/// <param name="Error">Standard error.</param>
internal sealed record StepStreams(SafeFileHandle? Input, SafeFileHandle Output, SafeFileHandle Error)
{
    /// <summary>Gets the command's terminal (SCM_RIGHTS), which it then has in place of the three.</summary>
    public SafeFileHandle? ConsoleSocket { get; init; }

    /// <summary>Called when the command runs.</summary>
    public Action<Container>? Started { get; init; }

    /// <summary>The same with something more to be called when the command runs.</summary>
    public StepStreams Then(Action<Container> started) => this with { Started = Started + started };

    /// <summary>This process's own.</summary>
    public static StepStreams Inherited { get; } = new(
        new SafeFileHandle(0, ownsHandle: false), new SafeFileHandle(1, ownsHandle: false), new SafeFileHandle(2, ownsHandle: false));
}

using Bld.Runtime;

namespace Bld.Builder.Cli.OciRuntime;

/// <summary>The signals that a person or an engine sends to this process, for a container.</summary>
internal static class ForwardedSignals
{
    /// <summary>Has them go there while what it gives lives: HUP, INT, QUIT, USR1, USR2, TERM, CONT, what a terminal or another process sends on purpose.</summary>
    internal static IDisposable To(Container container) => container.ForwardSignals([1, 2, 3, 10, 12, 15, 18]);
}

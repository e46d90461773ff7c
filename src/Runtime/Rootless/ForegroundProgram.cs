using System.Text;

using Bld.Runtime.Init;
using Bld.Runtime.Linux;

namespace Bld.Runtime.Rootless;

/// <summary>Hands this process over to another program: its streams, its signals and its exit code are that program's then.</summary>
public static class ForegroundProgram
{
    /// <summary>Does not return when all is well; else gives what to throw.</summary>
    /// <param name="command">The whole argv; a name without a slash is looked up in PATH.</param>
    /// <param name="added">Variables, as <c>NAME=value</c>, besides this process's own.</param>
    public static ContainerException Become(IReadOnlyList<string> command, IReadOnlyList<string> added)
    {
        // What runs here is a session: the namespaces stay as long as it does.
        var environment = CommandEnvironment.OfThisProcess(but: RootlessStart.OwnMarker);
        environment.AddRange(added.Select(Encoding.UTF8.GetBytes));
        var process = new ProcessStep { Arguments = [.. command.Select(Encoding.UTF8.GetBytes)] };
        try
        {
            var path = CommandLookup.Find(process, [.. environment]);
            ProcessCalls.RestoreDefaultSignals();
            throw CommandExec.Execute(path, process, [.. environment]);
        }
        catch (SetupFailure failure)
        {
            return new ContainerException(failure.Message, failure.Step, failure.Path, failure.Errno, failure.ExitCode);
        }
    }
}

using Bld.Builder.Cli;
using Bld.Builder.Cli.OciRuntime;
using Bld.Runtime.Init;

// First of all, before anything is touched: a container's init is this program too, and has to be quick.
if (StartedProgram.TryRun(args) is { } code)
{
    return code;
}

StandardStreams.Use();
return OciRunner.IsCalled(args, out var words) ? OciRunner.Run(words)
    : RootlessCommand.IsWanted(args) ? RootlessCommand.Run(args)
    : CommandRunner.Run(args);

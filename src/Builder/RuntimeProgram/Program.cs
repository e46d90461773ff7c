using Bld.Builder.Cli;
using Bld.Builder.Cli.OciRuntime;
using Bld.Runtime.Init;

if (StartedProgram.TryRun(args) is { } code)
{
    return code;
}

StandardStreams.Use();
return OciRunner.Run(args);

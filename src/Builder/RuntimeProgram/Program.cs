using Bld.Builder.Cli.OciRuntime;
using Bld.Runtime.Init;

return StartedProgram.TryRun(args) ?? OciRunner.Run(args);

using Bld.Runtime.Init;

return StartedProgram.TryRun(args) ?? 1;

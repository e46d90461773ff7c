using Bld.Builder.Cli;
using Bld.Builder.Cli.OciRuntime;
using Bld.Runtime.Init;
using Bld.Runtime.Networks;

// First of all, before anything is touched: a container's init is this program too, and has to be quick.
return ContainerInit.IsInit(args) ? ContainerInit.Main(args)
    : NetworkGuard.IsGuard(args) ? NetworkGuard.Main()
    : NamespaceEntry.IsEntry(args) ? NamespaceEntry.Main(args)
    : OciRunner.IsCalled(args, out var words) ? OciRunner.Run(words)
    : RootlessCommand.IsWanted(args) ? RootlessCommand.Run(args)
    : CommandRunner.Run(args);

using Bld.Builder.Cli.OciRuntime;
using Bld.Runtime.Init;
using Bld.Runtime.Networks;

// As in bld itself: where the smaller program for inits can't be had, this one is what it starts beside itself.
return ContainerInit.IsInit(args) ? ContainerInit.Main(args)
    : NetworkGuard.IsGuard(args) ? NetworkGuard.Main()
    : NamespaceEntry.IsEntry(args) ? NamespaceEntry.Main(args)
    : OciRunner.Run(args);

using Bld.Runtime.Init;
using Bld.Runtime.Networks;

return ContainerInit.IsInit(args) ? ContainerInit.Main(args)
    : NetworkGuard.IsGuard(args) ? NetworkGuard.Main()
    : NamespaceEntry.IsEntry(args) ? NamespaceEntry.Main(args)
    : 1;

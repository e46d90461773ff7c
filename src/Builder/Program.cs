using Bld.Runtime.Init;

// First of all, before anything is touched: a container's init is this program too, and has to be quick.
if (ContainerInit.IsInit(args))
{
    return ContainerInit.Main(args);
}

Console.WriteLine("bld");
return 0;

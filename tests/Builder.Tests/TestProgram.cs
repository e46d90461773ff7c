using Bld.Builder.Tests.Store;

namespace Bld.Builder.Tests;

/// <summary>What runs when a test starts this assembly as a process of its own.</summary>
internal static class TestProgram
{
    private static void Main(string[] arguments)
    {
        if (arguments is ["store-worker", var root])
        {
            StoreWorker.Run(root);
        }
    }
}

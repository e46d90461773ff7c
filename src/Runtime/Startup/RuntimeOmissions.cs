using System.Runtime;

namespace Bld.Runtime.Startup;

/// <summary>
/// What .NET's runtime does before a program begins, left out of programs that are over within milliseconds or wait all their life: it asks the
/// host by fifty system calls, and that takes the longer the more mounts there are (docs/decisions/0053).
/// The targets beside this put these in the place of the runtime's functions of the same name (ld's --wrap); should a runtime have none of that
/// name any more, the linker passes over it. Called before the runtime is there: constants, and calls of the C library.
/// </summary>
internal static class RuntimeOmissions
{
    private const nuint Cache = 32 << 20;

    /// <summary>
    /// The memory limit of the own cgroup, from which the collector would plan its heap. In small programs only; the first of these to be called, and
    /// still alone: other threads would wait for the pages.
    /// </summary>
    [RuntimeExport("__wrap__Z16InitializeCGroupv")]
    private static void MemoryLimit() => TypeTablePages.Populate();

    /// <summary>The processors that the own cgroup may use, by which pools of threads are sized.</summary>
    [RuntimeExport("__wrap__Z19InitializeCpuCGroupv")]
    private static void ProcessorLimit()
    {
    }

    /// <summary>Nodes of memory, over which the collector would spread its heap.</summary>
    [RuntimeExport("__wrap__Z21NUMASupportInitializev")]
    private static void MemoryNodes()
    {
    }

    /// <summary>The size of a processor's cache in bytes, from which the budget of the youngest generation follows.</summary>
    [RuntimeExport("__wrap__ZN15GCToOSInterface25GetCacheSizePerLogicalCpuEb")]
    private static nuint CacheSize(bool ofOneProcessor) => Cache;
}

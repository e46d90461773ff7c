using System.Runtime;
using System.Runtime.InteropServices;

namespace Bld.Runtime.Startup;

/// <summary>
/// Has the kernel prepare the memory in which the runtime lays out its type tables: huge pages make two or three page faults of 860
/// (docs/decisions/0052).
/// </summary>
internal static unsafe class TypeTablePages
{
    private const nuint PageSize = 4096;
    private const nuint HugePageSize = 2 << 20;

    /// <summary>The room that type-tables.ld leaves before and behind.</summary>
    private const nuint Room = HugePageSize;

    /// <summary>A huge page is cleared whole, which takes as long as about a hundred faults.</summary>
    private const nuint LeastUse = 100 * PageSize;

    private const int MadviseHugePage = 14;
    private const int MadvisePopulateWrite = 23;
    private const nuint ProgramHeaders = 3;
    private const nuint ProgramHeaderCount = 5;
    private const uint Loaded = 1;
    private const uint HeadersThemselves = 6;

    /// <summary>
    /// The executable's initialiser (DT_INIT), called before the runtime is there: no objects, no statics, no exceptions, nothing but
    /// arithmetic and calls of the C library. It can't fail: without huge pages everything is as it was.
    /// </summary>
    [RuntimeExport("bld_before_runtime")]
    private static void Ask()
    {
        var (start, end) = Tables();
        if (end - start > 2 * Room)
        {
            AskFor(start + Room, end - Room);
        }
    }

    /// <summary>
    /// For programs with less of them (docs/decisions/0054): one call makes their pages, where each would be a fault. As <see cref="Ask"/>, called before
    /// the runtime is there, and can't fail.
    /// </summary>
    internal static void Populate()
    {
        var (start, end) = Tables();
        start = (start + PageSize - 1) & ~(PageSize - 1);
        if (start < end)
        {
            _ = Advise(start, end - start, MadvisePopulateWrite);
        }
    }

    // The program's memory that isn't in its file: these tables, but for a few pages.
    private static (nuint Start, nuint End) Tables()
    {
        var header = (ProgramHeader*)AuxiliaryValue(ProgramHeaders);
        var count = AuxiliaryValue(ProgramHeaderCount);
        nuint bias = 0;
        for (nuint index = 0; index < count; index++, header++)
        {
            if (header->Type == HeadersThemselves)
            {
                bias = AuxiliaryValue(ProgramHeaders) - header->Address;
            }
            else if (header->Type == Loaded && header->MemorySize > header->FileSize)
            {
                var start = bias + header->Address;
                return (start + header->FileSize, start + header->MemorySize);
            }
        }

        return default;
    }

    private static void AskFor(nuint start, nuint end)
    {
        for (var page = start & ~(HugePageSize - 1); page < end; page += HugePageSize)
        {
            var used = (end < page + HugePageSize ? end : page + HugePageSize) - (start > page ? start : page);
            if (used >= LeastUse)
            {
                _ = Advise(page, HugePageSize, MadviseHugePage);
            }
        }
    }

    [DllImport("libc", EntryPoint = "getauxval"), SuppressGCTransition]
    private static extern nuint AuxiliaryValue(nuint type);

    [DllImport("libc", EntryPoint = "madvise"), SuppressGCTransition]
    private static extern int Advise(nuint address, nuint length, int advice);

    /// <summary>Elf64_Phdr, as elf(5) has it.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private readonly struct ProgramHeader
    {
        public readonly uint Type;
        public readonly uint Flags;
        public readonly nuint Offset;
        public readonly nuint Address;
        public readonly nuint PhysicalAddress;
        public readonly nuint FileSize;
        public readonly nuint MemorySize;
        public readonly nuint Alignment;
    }
}

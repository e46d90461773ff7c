using Bld.Builder.Cli.Flags;
using Bld.Runtime.Spec;

namespace Bld.Builder.Cli.OciRuntime.Commands;

/// <summary><c>bldrun update</c>.</summary>
internal sealed class UpdateCommand : OciCommand
{
    public override string Name => "update";

    public override string Summary => "Change the limits of a container";

    public override IReadOnlyList<Flag> Flags =>
    [
        new("resources", FlagKind.Text, "file with the resources part of a config.json; - is standard input", 'r'),
        new("memory", FlagKind.Text, "bytes"),
        new("memory-reservation", FlagKind.Text, "bytes"),
        new("memory-swap", FlagKind.Text, "bytes of memory and swap together; -1 is unlimited"),
        new("cpu-period", FlagKind.Text, "microseconds"),
        new("cpu-quota", FlagKind.Text, "microseconds a period"),
        new("cpu-share", FlagKind.Text, "weight, 2 to 262144", Aliases: ["cpu-shares"]),
        new("cpuset-cpus", FlagKind.Text, "list of processors"),
        new("cpuset-mems", FlagKind.Text, "list of memory nodes"),
        new("pids-limit", FlagKind.Text, "number of processes; -1 is unlimited"),
        new("blkio-weight", FlagKind.Text, "weight, 10 to 1000"),
    ];

    public override int Run(OciCall call)
    {
        var flags = call.Flags;
        call.Container.Update(flags.Text("resources") is { } file ? Read(file) : From(flags));
        return 0;
    }

    private static ResourcesSpec Read(string file)
    {
        using var stream = file == "-" ? Console.OpenStandardInput() : File.OpenRead(file);
        using var content = new MemoryStream();
        stream.CopyTo(content);
        return ResourcesSpec.Parse(content.ToArray());
    }

    private static ResourcesSpec From(ParsedFlags flags) => new()
    {
        Memory = new MemorySpec
        {
            Limit = flags.Number("memory"),
            Reservation = flags.Number("memory-reservation"),
            Swap = flags.Number("memory-swap"),
        },
        Cpu = new CpuSpec
        {
            Period = (ulong?)flags.Number("cpu-period"),
            Quota = flags.Number("cpu-quota"),
            Shares = (ulong?)flags.Number("cpu-share"),
            Cpus = flags.Text("cpuset-cpus"),
            Mems = flags.Text("cpuset-mems"),
        },
        Pids = new PidsSpec { Limit = flags.Number("pids-limit") },
        BlockIo = new BlockIoSpec { Weight = (ushort?)flags.Number("blkio-weight") },
    };
}

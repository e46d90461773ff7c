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
        new("memory", FlagKind.Text, "bytes, or as 512m"),
        new("memory-reservation", FlagKind.Text, "bytes, or as 512m"),
        new("memory-swap", FlagKind.Text, "bytes of memory and swap together, or as 512m; -1 is unlimited"),
        new("kernel-memory", FlagKind.Text, "accepted without effect"),
        new("kernel-memory-tcp", FlagKind.Text, "accepted without effect"),
        new("cpu-period", FlagKind.Text, "microseconds"),
        new("cpu-quota", FlagKind.Text, "microseconds a period"),
        new("cpu-share", FlagKind.Text, "weight, 2 to 262144", Aliases: ["cpu-shares"]),
        new("cpu-burst", FlagKind.Text, "microseconds that may be saved up"),
        new("cpu-idle", FlagKind.Text, "1 for processes that run when no others want to"),
        new("cpu-rt-period", FlagKind.Text, "microseconds"),
        new("cpu-rt-runtime", FlagKind.Text, "microseconds a period for real-time processes"),
        new("cpuset-cpus", FlagKind.Text, "list of processors"),
        new("cpuset-mems", FlagKind.Text, "list of memory nodes"),
        new("pids-limit", FlagKind.Text, "number of processes; -1 is unlimited"),
        new("blkio-weight", FlagKind.Text, "weight, 10 to 1000"),
    ];

    public override int Run(OciCall call)
    {
        var flags = call.Flags;
        call.Container.Update(flags.Text("resources") is { } file ? SpecPartFile.Read(file, static text => ResourcesSpec.Parse(text)) : From(flags));
        return 0;
    }

    private static ResourcesSpec From(ParsedFlags flags) => new()
    {
        Memory = new MemorySpec
        {
            Limit = Size(flags, "memory"),
            Reservation = Size(flags, "memory-reservation"),
            Swap = Size(flags, "memory-swap"),
        },
        Cpu = new CpuSpec
        {
            Period = (ulong?)flags.Number("cpu-period", smallest: 0),
            Quota = flags.Number("cpu-quota"),
            Shares = (ulong?)flags.Number("cpu-share", smallest: 0),
            Burst = (ulong?)flags.Number("cpu-burst", smallest: 0),
            Idle = flags.Number("cpu-idle"),
            RealtimePeriod = (ulong?)flags.Number("cpu-rt-period", smallest: 0),
            RealtimeRuntime = flags.Number("cpu-rt-runtime"),
            Cpus = flags.Text("cpuset-cpus"),
            Mems = flags.Text("cpuset-mems"),
        },
        Pids = new PidsSpec { Limit = flags.Number("pids-limit") },
        BlockIo = new BlockIoSpec { Weight = (ushort?)flags.Number("blkio-weight", smallest: 0, ushort.MaxValue) },
    };

    private static long? Size(ParsedFlags flags, string name) =>
        flags.Text(name) is "-1" ? -1 : flags.Size(name, $"invalid argument \"{flags.Text(name)}\" for \"--{name}\" flag");
}

using Bld.Builder.Cli.Flags;
using Bld.Dockerfile;
using Bld.Runtime.Oci;

namespace Bld.Builder.Cli.OciRuntime.Commands;

/// <summary><c>bldrun events</c>.</summary>
internal sealed class EventsCommand : OciCommand
{
    public override string Name => "events";

    public override string Summary => "Show what a container uses, as a JSON object a line";

    public override IReadOnlyList<Flag> Flags =>
    [
        new("stats", FlagKind.Boolean, "once, and leave"),
        new("interval", FlagKind.Text, "time between two of them: 5s, 500ms"),
    ];

    public override int Run(OciCall call)
    {
        var container = call.Container;
        if (call.Flags.Boolean("stats"))
        {
            if (container.Status == "stopped")
            {
                throw new UsageException($"container \"{container.Id}\" is not running");
            }

            Console.Out.WriteLine(OciStatistics.ToJson(container));
            return 0;
        }

        var interval = Interval(call.Flags.Text("interval") ?? "5s");
        var kills = OciStatistics.OutOfMemoryKills(container);
        while (container.Status != "stopped")
        {
            Console.Out.WriteLine(OciStatistics.ToJson(container));
            Thread.Sleep(interval);
            if (OciStatistics.OutOfMemoryKills(container) is var now && now > kills)
            {
                kills = now;
                Console.Out.WriteLine(OciStatistics.OutOfMemoryJson(container));
            }
        }

        return 0;
    }

    private static TimeSpan Interval(string text)
    {
        const long TickNanoseconds = 100;
        return TimeSpan.FromTicks(GoDuration.Parse(text) / TickNanoseconds);
    }
}

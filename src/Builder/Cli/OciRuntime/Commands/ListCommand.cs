using Bld.Builder.Cli.Flags;
using Bld.Runtime.Oci;

namespace Bld.Builder.Cli.OciRuntime.Commands;

/// <summary><c>bldrun list</c>.</summary>
internal sealed class ListCommand : OciCommand
{
    public override string Name => "list";

    public override string Summary => "List containers";

    public override string Usage => "";

    public override IReadOnlyList<Flag> Flags =>
    [
        new("format", FlagKind.Text, "table or json", 'f'),
        new("quiet", FlagKind.Boolean, "names only", 'q'),
    ];

    public override int Run(OciCall call)
    {
        IReadOnlyList<OciStateReport> reports = [.. call.Root.List(call.Log.Warn).Select(static container => container.Report())];
        if (call.Flags.Boolean("quiet"))
        {
            Console.Out.Write(string.Concat(reports.Select(static report => report.Id + "\n")));
            return 0;
        }

        switch (call.Flags.Text("format") ?? "table")
        {
            case "json":
                Console.Out.WriteLine(OciStateReport.ListToJson(reports));
                return 0;
            case "table":
                PrintTable(reports);
                return 0;
            case var format:
                throw new UsageException($"unknown format \"{format}\": table or json");
        }
    }

    private static void PrintTable(IReadOnlyList<OciStateReport> reports)
    {
        var width = Math.Max(12, reports.Count == 0 ? 0 : reports.Max(static report => report.Id.Length));
        Console.Out.Write($"{"ID".PadRight(width)} {"PID",-10} {"STATUS",-10} {"BUNDLE",-30} {"CREATED",-30} OWNER\n");
        foreach (var report in reports)
        {
            Console.Out.Write($"{report.Id.PadRight(width)} {report.Pid,-10} {report.Status,-10} {report.Bundle,-30} {report.Created,-30} {report.Owner}\n");
        }
    }
}

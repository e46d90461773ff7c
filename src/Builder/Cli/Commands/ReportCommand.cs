using Bld.Builder.Cli.Flags;
using Bld.Builder.Cli.Host;
using Bld.Builder.Cli.Report;
using Bld.Builder.Engine;
using Bld.Builder.Engine.History;
using Bld.Builder.Engine.Inspection;
using Bld.Registry;

namespace Bld.Builder.Cli.Commands;

/// <summary><c>bld report [IMAGE|last]</c>: one page about a build.</summary>
internal sealed class ReportCommand : Command
{
    public override IReadOnlyList<string> Names => ["report"];

    public override string Summary => "Write a page about a build: times, cache, layers, files, warnings";

    public override string Usage => "[IMAGE|last]";

    public override IReadOnlyList<Flag> Flags =>
    [
        new("output", FlagKind.Text, "file that gets the page (default build-report.html; - for standard output)", 'o'),
        new("trace", FlagKind.File, "file that gets the times in Chrome's trace-event format, for Perfetto"),
    ];

    public override bool StopsAtArgument => false;

    public override int Run(CommandLine line)
    {
        using var session = Session.Open(line.Flags);
        var record = ExplainCommand.FindRecord(session, line.Arguments);
        if (line.Flags.Text("trace") is { } trace)
        {
            TraceFile.Write(record, trace);
        }

        var path = line.Flags.Text("output") ?? (line.Flags.Has("trace") ? null : "build-report.html");
        if (path is not null)
        {
            Write(session, record, path, line.Cancellation);
        }

        return 0;
    }

    /// <summary>Writes the page of a build, complete or not at all.</summary>
    public static void Write(Session session, BuildRecord record, string path, CancellationToken cancellation)
    {
        var page = new ReportPage(record, Contents(session, record, cancellation), Reproduction.Find(record, new BuildHistory(session.State), session.Snapshots)).Write();
        if (path == "-")
        {
            Console.Out.Write(page);
            return;
        }

        HostFile.Write(path, page);
    }

    /// <summary>What is in the build's image; null when it has none, or it was removed.</summary>
    private static ImageContents? Contents(Session session, BuildRecord record, CancellationToken cancellation) =>
        record.Image is { } id && session.Images.Find(id) is not null
            ? ImageContents.Read(session.Puller.Ensure(id, PullPolicy.Never, Platform.Host, cancellation), session.Snapshots, cancellation)
            : null;
}

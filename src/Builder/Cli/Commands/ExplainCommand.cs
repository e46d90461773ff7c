using Bld.Builder.Cli.Flags;
using Bld.Builder.Engine.History;
using Bld.Builder.Store;

namespace Bld.Builder.Cli.Commands;

/// <summary><c>bld explain [IMAGE|last]</c>: what a build found in the cache, and why it didn't find the rest.</summary>
internal sealed class ExplainCommand : Command
{
    public override IReadOnlyList<string> Names => ["explain"];

    public override string Summary => "Say which steps of a build were cached, and why the others were not";

    public override string Usage => "[IMAGE|last]";

    public override IReadOnlyList<Flag> Flags => [new("list", FlagKind.Boolean, "list the builds that are remembered")];

    public override bool StopsAtArgument => false;

    public override int Run(CommandLine line)
    {
        using var session = Session.Open(line.Flags);
        if (line.Flags.Boolean("list"))
        {
            List(new BuildHistory(session.State));
            return 0;
        }

        Console.Out.Write(ExplainText.Of(FindRecord(session, line.Arguments)));
        return 0;
    }

    /// <summary>The build that an argument means: the newest one for <c>last</c> or none, else the newest one of an image.</summary>
    /// <exception cref="BuildException">There is none.</exception>
    public static BuildRecord FindRecord(Session session, IReadOnlyList<string> arguments)
    {
        if (arguments.Count > 1)
        {
            throw new UsageException($"one build can be shown, but {arguments.Count} were given: {string.Join(' ', arguments)}");
        }

        var history = new BuildHistory(session.State);
        var wanted = arguments is [not "last"] ? session.Image(arguments[0]).Id : null;
        foreach (var id in history.List())
        {
            if (history.Read(id) is { } record && (wanted is null || record.Image == wanted))
            {
                return record;
            }
        }

        throw new BuildException(
            wanted is null ? "no build is remembered in this store yet" : $"no build of {arguments[0]} is remembered: it was pulled, or built too long ago");
    }

    private static void List(BuildHistory history)
    {
        foreach (var record in history.List().Select(history.Read).OfType<BuildRecord>())
        {
            var what = record.Names is [var name, ..] ? name : record.Image is { } image ? image[..12] : record.Dockerfile;
            Console.Out.Write($"{record.Started.LocalDateTime:yyyy-MM-dd HH:mm:ss}  {ExplainText.Seconds(record.Milliseconds),9}  {record.Outcome,-11}  {what}\n");
        }
    }
}

using System.Globalization;

using Bld.Builder.Cli.Flags;
using Bld.Builder.Engine.Images;
using Bld.Builder.Engine.Storage;
using Bld.Dockerfile;

namespace Bld.Builder.Cli.Commands;

/// <summary><c>bld prune</c>: images that nothing refers to, the results of steps that no image needs, and cache mounts.</summary>
internal sealed class PruneCommand : Command
{
    private const double Kilo = 1000;

    public override IReadOnlyList<string> Names => ["prune"];

    public override string Summary => "Remove images without a name, results of steps that no image needs, and cache mounts";

    public override string Usage => "";

    public override IReadOnlyList<Flag> Flags =>
    [
        new("all", FlagKind.Boolean, "remove every image that no working container was made of", 'a'),
        new("always", FlagKind.Boolean, "keep to --keep-storage from now on: builds look after it"),
        new("force", FlagKind.Boolean, "with --all, remove containers that use images, and those images", 'f'),
        new("keep-storage", FlagKind.Text, "how much of the cache stays, such as 20GB, the lately used first; 0 for nothing (default 0)"),
    ];

    public override IReadOnlyList<string> Examples => ["bld prune", "bld prune --keep-storage 20GB", "bld prune --all"];

    public override int Run(CommandLine line)
    {
        if (line.Arguments.Count > 0)
        {
            throw new UsageException($"bld prune takes no arguments, but was given {string.Join(' ', line.Arguments)}");
        }

        var keep = line.Flags.Text("keep-storage") is { } text ? Size(text) : (long?)null;
        if (line.Flags.Boolean("always") && keep is null)
        {
            throw new UsageException("--always needs --keep-storage: how much is to stay");
        }

        using var session = Session.Open(line.Flags);
        if (line.Flags.Boolean("always"))
        {
            CacheLimit.Set(session.State, keep);
        }

        RemoveImages(session, line);
        var collected = session.Collector.Collect(keep ?? 0);
        foreach (var each in collected.Removed)
        {
            Console.Out.Write($"{each.Name}  {Shown(each.Size),9}  last used {each.Used.UtcDateTime.ToString("yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture)}\n");
        }

        Console.Out.Write($"removed {Shown(collected.Removed.Sum(static each => each.Size))} of the cache; {Shown(collected.Kept)} are left\n");
        return 0;
    }

    private static void RemoveImages(Session session, CommandLine line)
    {
        var remover = new ImageRemover(session.Images, session.Containers, static text => Console.Out.Write(text + "\n"), line.Cancellation);
        if (line.Flags.Boolean("all"))
        {
            remover.RemoveUnused(line.Flags.Boolean("force"));
        }
        else
        {
            remover.RemoveDangling();
        }
    }

    private static long Size(string text)
    {
        try
        {
            return ByteSize.Parse(text);
        }
        catch (DockerfileException exception)
        {
            throw new UsageException($"--keep-storage {text}: {exception.Message}");
        }
    }

    private static string Shown(long bytes)
    {
        string[] units = ["B", "kB", "MB", "GB", "TB"];
        var (value, unit) = ((double)bytes, 0);
        for (; value >= Kilo && unit < units.Length - 1; unit++)
        {
            value /= Kilo;
        }

        return string.Create(CultureInfo.InvariantCulture, $"{value:0.#} {units[unit]}");
    }
}

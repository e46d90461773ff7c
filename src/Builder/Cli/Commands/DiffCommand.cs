using Bld.Builder.Cli.Flags;
using Bld.Builder.Cli.Progress;
using Bld.Builder.Engine;
using Bld.Builder.Engine.Inspection;
using Bld.Registry;

namespace Bld.Builder.Cli.Commands;

/// <summary><c>bld diff A B</c>: what differs between two images: configuration, files, sizes.</summary>
internal sealed class DiffCommand : Command
{
    private const int Differs = 1;

    public override IReadOnlyList<string> Names => ["diff"];

    public override string Summary => "Show what differs between two images; the exit code is 1 when something does";

    public override string Usage => "IMAGE IMAGE";

    public override bool StopsAtArgument => false;

    public override int Run(CommandLine line)
    {
        if (line.Arguments.Count != 2)
        {
            throw new UsageException("bld diff takes two images");
        }

        using var session = Session.Open(line.Flags);
        var left = session.Puller.Ensure(line.Arguments[0], PullPolicy.Never, Platform.Host, line.Cancellation);
        var right = session.Puller.Ensure(line.Arguments[1], PullPolicy.Never, Platform.Host, line.Cancellation);
        var count = Configuration(left.Config, right.Config);
        var growth = 0L;
        foreach (var (kind, path, how, bytes) in new ImageDifference(session.Snapshots, left, right, line.Cancellation).Compare())
        {
            count++;
            growth += bytes;
            var size = bytes == 0 ? "" : $"{(bytes > 0 ? '+' : '-')}{TransferBars.Bytes(Math.Abs(bytes))}";
            Console.Out.Write($"{LayersCommand.Mark(kind)} {size,9}  {path}{(how.Length > 0 ? $"  ({how})" : "")}\n");
        }

        Console.Out.Write(count == 0 ? "no difference\n" : $"{count} {(count == 1 ? "difference" : "differences")}, {(growth < 0 ? '-' : '+')}{TransferBars.Bytes(Math.Abs(growth))}\n");
        return count == 0 ? 0 : Differs;
    }

    private static int Configuration(ImageConfig left, ImageConfig right)
    {
        var (a, b) = (left.Config ?? new ContainerConfig(), right.Config ?? new ContainerConfig());
        var count = 0;
        Compare("platform", $"{left.Os}/{left.Architecture}", $"{right.Os}/{right.Architecture}");
        Compare("user", a.User, b.User);
        Compare("directory", a.WorkingDir, b.WorkingDir);
        Compare("entrypoint", Join(a.Entrypoint), Join(b.Entrypoint));
        Compare("command", Join(a.Cmd), Join(b.Cmd));
        CompareLists("environment", a.Env ?? [], b.Env ?? []);
        CompareLists("label", Pairs(a.Labels), Pairs(b.Labels));
        CompareLists("port", a.ExposedPorts?.Keys ?? Enumerable.Empty<string>(), b.ExposedPorts?.Keys ?? Enumerable.Empty<string>());
        CompareLists("volume", a.Volumes?.Keys ?? Enumerable.Empty<string>(), b.Volumes?.Keys ?? Enumerable.Empty<string>());
        return count;

        void Compare(string name, string? from, string? to)
        {
            if ((from ?? "") != (to ?? ""))
            {
                count++;
                Console.Out.Write($"~ {name}: {(string.IsNullOrEmpty(from) ? "nothing" : from)} → {(string.IsNullOrEmpty(to) ? "nothing" : to)}\n");
            }
        }

        void CompareLists(string name, IEnumerable<string> from, IEnumerable<string> to)
        {
            var (old, now) = (from.ToList(), to.ToList());
            foreach (var gone in old.Where(each => !now.Contains(each)))
            {
                count++;
                Console.Out.Write($"- {name} {gone}\n");
            }

            foreach (var added in now.Where(each => !old.Contains(each)))
            {
                count++;
                Console.Out.Write($"+ {name} {added}\n");
            }
        }
    }

    private static string Join(IReadOnlyList<string>? words) => words is null ? "" : string.Join(' ', words);

    private static IEnumerable<string> Pairs(SortedDictionary<string, string>? labels) => (labels ?? []).Select(static label => $"{label.Key}={label.Value}");
}

using Bld.Builder.Cli.Flags;
using Bld.Builder.Engine.Images;

namespace Bld.Builder.Cli.Commands;

/// <summary><c>bld rmi IMAGE…</c>.</summary>
internal sealed class RmiCommand : Command
{
    public override IReadOnlyList<string> Names => ["rmi"];

    public override string Summary => "Remove images or names of images";

    public override string Usage => "IMAGE [IMAGE...]";

    public override IReadOnlyList<string> Examples => ["bld rmi localhost/app", "bld rmi --prune", "bld rmi --all --force"];

    public override IReadOnlyList<Flag> Flags =>
    [
        new("all", FlagKind.Boolean, "remove every image that no container uses", 'a'),
        new("force", FlagKind.Boolean, "remove images that have several names or that containers use, and those containers", 'f'),
        new("prune", FlagKind.Boolean, "remove the images without a name", 'p'),
    ];

    public override int Run(CommandLine line)
    {
        var (all, prune, force) = (line.Flags.Boolean("all"), line.Flags.Boolean("prune"), line.Flags.Boolean("force"));
        Check(line.Arguments.Count > 0, all, prune);
        using var session = Session.Open(line.Flags);
        var remover = new ImageRemover(session.Images, session.Containers, static text => Console.Out.Write(text + "\n"), line.Cancellation);
        if (prune)
        {
            remover.RemoveDangling();
            return 0;
        }

        var failures = new Failures();
        if (all)
        {
            remover.RemoveAll(force, failures.Try);
            return failures.End();
        }

        // Of two arguments for one image the first may take it along, as all that "bld images" lists may be given.
        var known = new List<string>();
        foreach (var name in line.Arguments.Distinct(StringComparer.Ordinal))
        {
            failures.Try(() =>
            {
                session.Image(name);
                known.Add(name);
            });
        }

        foreach (var name in known)
        {
            failures.Try(() => Remove(session, remover, name, force));
        }

        return failures.End();
    }

    private static void Remove(Session session, ImageRemover remover, string name, bool force)
    {
        if (session.FindImage(name) is { } image)
        {
            remover.Remove(image, ImageNames.Candidates(name).Concat(ImageNames.StoredEnding(session.Images, name)).FirstOrDefault(image.Names.Contains), force);
        }
    }

    private static void Check(bool named, bool all, bool prune)
    {
        var message = (named, all, prune) switch
        {
            (_, true, true) => "when using the --all switch, you may not use --prune switch",
            (true, true, _) => "when using the --all switch, you may not pass any images names or IDs",
            (true, _, true) => "when using the --prune switch, you may not pass any images names or IDs",
            (false, false, false) => "image name or ID must be specified",
            _ => null,
        };
        if (message is not null)
        {
            throw new UsageException(message);
        }
    }
}

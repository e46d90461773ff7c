using Bld.Builder.Cli.Flags;
using Bld.Builder.Engine.Images;

namespace Bld.Builder.Cli.Commands;

/// <summary><c>bld rmi IMAGE…</c>.</summary>
internal sealed class RmiCommand : Command
{
    public override IReadOnlyList<string> Names => ["rmi"];

    public override string Summary => "Remove images or names of images";

    public override string Usage => "IMAGE [IMAGE...]";

    public override IReadOnlyList<Flag> Flags =>
    [
        new("all", FlagKind.Boolean, "remove every image", 'a'),
        new("force", FlagKind.Boolean, "remove an image that has several names", 'f'),
    ];

    public override int Run(CommandLine line)
    {
        if (line.Arguments.Count == 0 && !line.Flags.Boolean("all"))
        {
            throw new UsageException("image name or ID must be specified");
        }

        using var session = Session.Open(line.Flags);
        var names = line.Flags.Boolean("all") ? session.Images.List().Select(static image => image.Id).Distinct().ToList() : line.Arguments;
        foreach (var name in names)
        {
            Remove(session, name, line.Flags.Boolean("force") || line.Flags.Boolean("all"));
        }

        return 0;
    }

    private static void Remove(Session session, string name, bool force)
    {
        var image = session.Image(name);
        var asked = ImageNames.Candidates(name).FirstOrDefault(image.Names.Contains);
        if (image.Names.Count > 1 && asked is not null)
        {
            session.Images.Untag(asked);
            Console.Out.Write($"untagged: {asked}\n");
            return;
        }

        if (image.Names.Count > 1 && !force)
        {
            throw new Store.BuildException(
                $"unable to delete {image.Id} (must be forced): it has the names {string.Join(", ", image.Names)}; remove them or use --force");
        }

        session.Images.Remove(image);
        foreach (var each in image.Names)
        {
            Console.Out.Write($"untagged: {each}\n");
        }

        Console.Out.Write(image.Id + "\n");
    }
}

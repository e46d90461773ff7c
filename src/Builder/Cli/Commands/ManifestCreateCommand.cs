using Bld.Builder.Cli.Flags;
using Bld.Builder.Engine.Images;
using Bld.Registry;

namespace Bld.Builder.Cli.Commands;

/// <summary><c>bld manifest create LIST [IMAGE…]</c>.</summary>
internal sealed class ManifestCreateCommand : Command
{
    public override IReadOnlyList<string> Names => ["create"];

    public override string Summary => "Make a list of images";

    public override string Usage => "LIST [IMAGE...]";

    public override bool StopsAtArgument => false;

    public override IReadOnlyList<Flag> Flags =>
    [
        new("all", FlagKind.Boolean, "of an image that is a list, take all images"),
        new("amend", FlagKind.Boolean, "change the list when it is there already; an image of that name becomes its first", 'a'),
        new("annotation", FlagKind.List, "annotation of the list, as name=value"),
        new("replace", FlagKind.Boolean, "make the list anew when it is there already"),
        RegistryFlags.Insecure,
        .. RegistryFlags.All,
    ];

    public override int Run(CommandLine line)
    {
        if (line.Arguments.Count == 0)
        {
            throw new UsageException("requires at least 1 arg(s), only received 0: bld manifest create LIST [IMAGE...]");
        }

        var (amend, replace) = (line.Flags.Boolean("amend"), line.Flags.Boolean("replace"));
        if (amend && replace)
        {
            throw new UsageException("--amend keeps what --replace would throw away: give one of them");
        }

        using var session = Session.Open(line.Flags);
        // All images are found first: a list that lacks one of them must not stay behind.
        var added = line.Arguments.Skip(1)
            .SelectMany(name => session.Lists.Members.Find(name, line.Flags.Boolean("all"), Platform.Host, line.Cancellation)).ToList();
        var name = ImageNames.Normalise(line.Arguments[0]);
        var list = amend && session.Images.Find(name) is { IsIndex: false } image
            ? session.Lists.CreateOf(image, name)
            : session.Lists.Create(name, amend, replace);
        if (added.Count > 0)
        {
            list = session.Lists.Add(list, added);
        }

        var notes = MemberFlags.Annotations(line.Flags);
        if (notes.Count > 0)
        {
            list = session.Lists.Change(list, index => index with { Annotations = MemberFlags.Merge(index.Annotations, notes) });
        }

        Console.Out.Write(list.Id + "\n");
        return 0;
    }
}

using Bld.Builder.Cli.Flags;
using Bld.Registry;

namespace Bld.Builder.Cli.Commands;

/// <summary><c>bld manifest annotate LIST IMAGE</c>: changes what a list says about an image, or about itself.</summary>
internal sealed class ManifestAnnotateCommand : Command
{
    public override IReadOnlyList<string> Names => ["annotate"];

    public override string Summary => "Change what a list says about an image, or with --index about itself";

    public override string Usage => "LIST [IMAGE|DIGEST]";

    public override bool StopsAtArgument => false;

    public override IReadOnlyList<Flag> Flags =>
    [
        new("index", FlagKind.Boolean, "annotate the list itself"),
        new("subject", FlagKind.Text, "image that the list refers to (its subject)"),
        .. MemberFlags.All,
        .. RegistryFlags.All,
    ];

    public override int Run(CommandLine line)
    {
        var own = line.Flags.Boolean("index") || (line.Flags.Has("subject") && line.Arguments.Count == 1);
        if (line.Arguments.Count != (own ? 1 : 2) && !(own && line.Arguments.Count == 2))
        {
            throw new UsageException($"accepts 2 arg(s), received {line.Arguments.Count}: bld manifest annotate LIST IMAGE, or --index LIST");
        }

        using var session = Session.Open(line.Flags);
        var list = session.Lists.Get(line.Arguments[0]);
        if (own)
        {
            list = AnnotateList(session, list, line);
            Console.Out.Write($"{list.Id}: {list.ManifestDigest}\n");
            return 0;
        }

        var digest = session.Lists.MemberDigest(list, line.Arguments[1]);
        list = session.Lists.ChangeMember(list, digest, member => MemberFlags.Apply(line.Flags, member));
        Console.Out.Write($"{list.Id}: {digest}\n");
        return 0;
    }

    private static Store.StoredImage AnnotateList(Session session, Store.StoredImage list, CommandLine line)
    {
        var notes = MemberFlags.Annotations(line.Flags);
        var subject = line.Flags.Text("subject") is { Length: > 0 } name
            ? session.Lists.Members.Find(name, all: false, Platform.Host, line.Cancellation)[0] with { Platform = null }
            : null;
        return session.Lists.Change(
            list,
            index => index with { Annotations = MemberFlags.Merge(index.Annotations, notes), Subject = subject ?? index.Subject });
    }
}

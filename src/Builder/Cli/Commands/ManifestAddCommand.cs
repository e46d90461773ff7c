using Bld.Builder.Cli.Flags;
using Bld.Builder.Engine.Images;
using Bld.Registry;

namespace Bld.Builder.Cli.Commands;

/// <summary><c>bld manifest add LIST IMAGE</c>.</summary>
internal sealed class ManifestAddCommand : Command
{
    public override IReadOnlyList<string> Names => ["add"];

    public override string Summary => "Put an image, or an artifact made of files, in a list";

    public override string Usage => "LIST IMAGE | --artifact LIST [FILE...]";

    public override bool StopsAtArgument => false;

    public override IReadOnlyList<Flag> Flags =>
    [
        new("all", FlagKind.Boolean, "of an image that is a list, take all images"),
        new("artifact", FlagKind.Boolean, "make an artifact of files, and put that in the list"),
        new("artifact-annotation", FlagKind.List, "annotation of the artifact, as name=value"),
        new("artifact-config", FlagKind.Text, "file with the artifact's configuration; without it the artifact has none"),
        new("artifact-config-type", FlagKind.Text, "media type of the artifact's configuration"),
        new("artifact-exclude-titles", FlagKind.Boolean, "leave the names of the files out of the artifact"),
        new("artifact-layer-type", FlagKind.Text, "media type of the artifact's files; application/octet-stream without it"),
        new("artifact-subject", FlagKind.Text, "image that the artifact is about"),
        new("artifact-type", FlagKind.Text, "what sort of artifact it is, as a media type"),
        .. MemberFlags.All,
        RegistryFlags.Insecure,
        .. RegistryFlags.All,
    ];

    public override int Run(CommandLine line)
    {
        var isArtifact = line.Flags.Boolean("artifact");
        if (isArtifact ? line.Arguments.Count == 0 : line.Arguments.Count != 2)
        {
            throw new UsageException(isArtifact ? "bld manifest add --artifact takes a list and files" : $"accepts 2 arg(s), received {line.Arguments.Count}: bld manifest add LIST IMAGE");
        }

        if (!isArtifact && Flags.FirstOrDefault(flag => flag.Name.StartsWith("artifact-") && line.Flags.Has(flag.Name)) is { } lonely)
        {
            throw new UsageException($"--{lonely.Name} says something about an artifact: give --artifact too");
        }

        using var session = Session.Open(line.Flags);
        var list = session.Lists.Get(line.Arguments[0]);
        var found = isArtifact
            ? [new Artifacts(session.Images).Add(Artifact(session, line))]
            : session.Lists.Members.Find(line.Arguments[1], line.Flags.Boolean("all"), MemberFlags.Chosen(line.Flags), line.Cancellation);
        list = session.Lists.Add(list, [.. found.Select(member => MemberFlags.Apply(line.Flags, member))]);
        Console.Out.Write($"{list.Id}: {found[0].Digest}\n");
        return 0;
    }

    private static ArtifactRequest Artifact(Session session, CommandLine line)
    {
        var flags = line.Flags;
        return new ArtifactRequest([.. line.Arguments.Skip(1)])
        {
            Type = flags.Text("artifact-type"),
            LayerType = flags.Text("artifact-layer-type") ?? "application/octet-stream",
            ConfigFile = flags.Text("artifact-config"),
            ConfigType = flags.Text("artifact-config-type") ?? (flags.Has("artifact-config") ? MediaTypes.OciConfig : MediaTypes.OciEmpty),
            HasTitles = !flags.Boolean("artifact-exclude-titles"),
            Annotations = MemberFlags.Merge(null, MemberFlags.Annotations(flags, "artifact-annotation")),

            // What it is about is the thing that the name means there, a list as a whole.
            Subject = flags.Text("artifact-subject") is not { } subject ? null
                : session.FindImage(subject) is { } stored ? new RawManifest(session.Images.ReadManifest(stored), stored.MediaType).ToDescriptor()
                : session.Transports.ReadDocument(subject, line.Cancellation).ToDescriptor(),
        };
    }
}

using Bld.Builder.Cli.Flags;
using Bld.Builder.Cli.Host;
using Bld.Builder.Cli.Progress;
using Bld.Builder.Engine;
using Bld.Builder.Engine.Images;
using Bld.Registry;

namespace Bld.Builder.Cli.Commands;

/// <summary><c>bld push IMAGE [DESTINATION]</c>.</summary>
internal sealed class PushCommand : Command
{
    public override IReadOnlyList<string> Names => ["push"];

    public override string Summary => "Write an image to a registry, a layout, an archive or a directory";

    public override string Usage => "IMAGE [DESTINATION]";

    public override IReadOnlyList<Flag> Flags =>
        [new("all", FlagKind.Boolean, "of a list, push all its images too"), new("disable-compression", FlagKind.Boolean, "accepted; registries get compressed layers", 'D'), .. PushFlags.All];

    public override int Run(CommandLine line)
    {
        if (line.Arguments.Count is < 1 or > 2)
        {
            throw new UsageException(line.Arguments.Count == 0 ? "at least a source image ID must be specified" : "too many arguments specified: bld push IMAGE DESTINATION");
        }

        using var session = Session.Open(line.Flags);
        return Push(session, session.Image(line.Arguments[0]), line);
    }

    /// <summary>Writes an image or a list where the second argument says; without one, to what the first names.</summary>
    public static int Push(Session session, Store.StoredImage image, CommandLine line)
    {
        var target = Destination(image, line.Arguments);
        if (target is { Kind: TransportKind.ContainersStorage, Path: [not '[', ..] })
        {
            // Without a place in brackets it is our own store, as it is Buildah's for Buildah.
            PushSignature.Of(line.Flags, target: null)?.Dispose();
            EncryptionFlags.Refuse(line.Flags);
            if (line.Flags.Has("format"))
            {
                throw new UsageException("--format is for what leaves the store, and here the image only gets another name: give another destination, or build or commit it with --format");
            }

            session.Images.Tag(image, ImageNames.NormaliseTag(ImageNames.WithDefaultHost(target.Path)));
            WriteDigest(line, image.ManifestDigest);
            return 0;
        }

        var options = PushFlags.Read(line.Flags) with { All = line.Flags.Boolean("all", otherwise: true) };
        if (options.Format is ImageFormat.Docker && target.Kind is TransportKind.Layout or TransportKind.LayoutArchive)
        {
            throw new UsageException($"{target} is an OCI layout, which can't hold Docker's format: leave out --format, or choose docker-archive:, dir: or a registry");
        }

        using var signature = PushSignature.Of(line.Flags, target);
        using var transfers = line.Flags.Boolean("quiet") ? null : TransferDisplay.Open();
        if (transfers is not null)
        {
            options = options with { Report = null, Progress = transfers.Move };
        }

        Digest digest;
        using (var sink = session.Transports.OpenSink(target))
        {
            digest = session.Pusher.Push(image, sink, options, line.Cancellation);
        }

        signature?.Sign(session, digest, line.Cancellation);
        WriteDigest(line, digest);

        // As Buildah: what an image is left of is its store's business, a list was only made to be pushed.
        if (line.Flags.Boolean("rm") && image.IsIndex)
        {
            session.Images.Remove(image);
        }

        return 0;
    }

    private static void WriteDigest(CommandLine line, Digest digest)
    {
        if (line.Flags.Text("digestfile") is { Length: > 0 } file)
        {
            HostFile.Write(file, digest.ToString());
        }
    }

    private static TransportReference Destination(Store.StoredImage image, IReadOnlyList<string> arguments)
    {
        // The name in full, as the store has it: the argument may be short, or an id.
        var asked = ImageNames.Candidates(arguments[0]).FirstOrDefault(image.Names.Contains);
        if (arguments.Count == 2)
        {
            var target = TransportReference.TryParse(arguments[1]) ?? new TransportReference(TransportKind.Registry, arguments[1], null);
            return target is { Kind: TransportKind.DockerArchive, Name: null } ? target with { Name = asked } : target;
        }

        var name = asked ?? (image.Names is [var first, ..] ? first : null);
        return name is null
            ? throw new UsageException($"the image {arguments[0]} has no name: say where to push it to")
            : new TransportReference(TransportKind.Registry, name, null);
    }
}

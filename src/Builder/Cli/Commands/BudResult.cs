using Bld.Builder.Cli.Flags;
using Bld.Builder.Cli.Host;
using Bld.Builder.Engine;
using Bld.Builder.Engine.Images;
using Bld.Builder.Engine.Sbom;
using Bld.Builder.Store;
using Bld.Registry;

namespace Bld.Builder.Cli.Commands;

/// <summary>What happens with a built image besides being in the store: lists, outputs, pushes.</summary>
internal sealed class BudResult(Session session, CommandLine line)
{
    private readonly BudAttestations _attestations = new(session, line);

    /// <summary>Refuses what can't be, before anything is built.</summary>
    public static IReadOnlyList<BudOutput> Check(ParsedFlags flags)
    {
        BudAttestations.Check(flags);
        var outputs = BudOutput.ReadAll(flags);
        var names = BudRequest.Names(flags);
        if (flags.Text("manifest") is { } list && names.Contains(ImageNames.Normalise(list)))
        {
            throw new UsageException($"the name {list} can't be both an image's (--tag) and a list's (--manifest)");
        }

        PushSignature.Check(flags, outputs.Any(static each => each.GoesToRegistry));
        return outputs.Any(static each => each.IsPushed && each.Names.Count == 0) && names.Count == 0
            ? throw new UsageException("there is nothing to push to: give the image a name with -t, or the output a name=")
            : outputs;
    }

    /// <summary>Where a build will be pushed to.</summary>
    public static IReadOnlyList<PushTarget> Targets(BuildRequest request, IReadOnlyList<BudOutput> outputs) =>
        [.. outputs.Where(static each => each.GoesToRegistry).SelectMany(each => NamesOf(each, request.Names).Select(name => new PushTarget(name, each.Options)))];

    /// <summary>Attests built images, puts them in their list, and writes all outputs.</summary>
    /// <param name="images">The images, one for each platform, and the software in them where the build has looked already.</param>
    /// <param name="result">The image, or the list of all of them.</param>
    /// <param name="request">What was built.</param>
    /// <param name="outputs">Where it goes.</param>
    public void Finish(IReadOnlyList<(StoredImage Image, BillOfMaterials? Bill)> images, StoredImage result, BuildRequest request, IReadOnlyList<BudOutput> outputs)
    {
        foreach (var (image, bill) in images)
        {
            _attestations.Add(image, bill, request);
        }

        List<StoredImage> built = [.. images.Select(static each => each.Image)];
        AddToList(built);
        var isIndex = built.Count > 1 || WantsIndex(request);
        foreach (var output in outputs)
        {
            if (output.Kind is not (OutputKind.Local or OutputKind.Tar))
            {
                Write(result, request.Names, output);
            }
            else if (output.SplitsPlatforms ?? isIndex)
            {
                WriteRoots(built, output);
            }
            else
            {
                Write(built[0], request.Names, output);
            }
        }
    }

    /// <summary>Whether a build for one platform is to give an index too, as <c>--build-arg BUILDKIT_MULTI_PLATFORM=1</c> says.</summary>
    /// <exception cref="UsageException">It says something else.</exception>
    public static bool WantsIndex(BuildRequest request) =>
        request.BuildArguments.TryGetValue(SpecialArguments.MultiPlatform, out var text)
        && (ParsedFlags.Truth(text) ?? throw new UsageException($"invalid boolean value for {SpecialArguments.MultiPlatform}: \"{text}\" must be true or false"));

    /// <summary>Several root file systems need a place each.</summary>
    /// <exception cref="UsageException">They have none.</exception>
    public static void CheckPlaces(IReadOnlyList<BudOutput> outputs, int platforms)
    {
        if (platforms > 1 && outputs.Any(static output => output.SplitsPlatforms == false))
        {
            throw new UsageException("--output with platform-split=false takes one platform's files, but several platforms are built: leave it out, or build them one by one");
        }
    }

    // As BuildKit: a directory for each platform.
    private void WriteRoots(IReadOnlyList<StoredImage> built, BudOutput output)
    {
        var roots = built.Select(image => (Name(image), session.Puller.Unpacked(image, line.Cancellation)));
        if (output.Kind == OutputKind.Tar)
        {
            ToFile(output.Destination!, target => RootExport().ToTar(roots, target));
            return;
        }

        foreach (var (name, image) in roots)
        {
            RootExport().ToDirectory(image, $"{output.Destination}/{name}");
        }

        string Name(StoredImage image) => session.Lists.Members.Describe(image).Platform!.ToString().Replace('/', '_');
    }

    private void AddToList(IReadOnlyList<StoredImage> images)
    {
        if (line.Flags.Text("manifest") is not { Length: > 0 } name)
        {
            return;
        }

        var list = session.Lists.Create(ImageNames.Normalise(name), amend: true, replace: false);
        foreach (var image in images)
        {
            list = session.Lists.AddBuilt(list, session.Lists.Members.Describe(image));
        }
    }

    private static IReadOnlyList<string> NamesOf(BudOutput output, IReadOnlyList<string> names) =>
        output.Target is { } target ? [target.Path] : output.Names.Count > 0 ? output.Names : names;

    private void Write(StoredImage image, IReadOnlyList<string> names, BudOutput output)
    {
        var named = NamesOf(output, names);
        switch (output.Kind)
        {
            case OutputKind.Local:
                RootExport().ToDirectory(session.Puller.Unpacked(image, line.Cancellation), output.Destination!);
                break;
            case OutputKind.Tar:
                ToFile(output.Destination!, target => RootExport().ToTar(session.Puller.Unpacked(image, line.Cancellation), target));
                break;
            case OutputKind.Oci when !output.IsArchive:
                Push(image, Reference(TransportKind.Layout, output.Destination!, named), output.Options);
                break;
            case OutputKind.Elsewhere:
                Push(image, output.Target!, output.Options);
                break;
            case OutputKind.Oci or OutputKind.Docker:
                WriteArchive(image, named, output);
                break;
            default:
                foreach (var name in output.Names)
                {
                    session.Images.Tag(image, ImageNames.Normalise(name));
                }

                foreach (var name in output.IsPushed ? named : [])
                {
                    Push(image, new TransportReference(TransportKind.Registry, name, null), output.Options);
                }

                break;
        }
    }

    private static TransportReference Reference(TransportKind kind, string path, IReadOnlyList<string> names) =>
        new(kind, path, names.Count > 0 ? names[0] : null) { OtherNames = [.. names.Skip(1)] };

    private RootExport RootExport() => new(session.Snapshots, BudRequest.Times(line.Flags), line.Cancellation);

    private void WriteArchive(StoredImage image, IReadOnlyList<string> names, BudOutput output)
    {
        var kind = output.Kind == OutputKind.Oci ? TransportKind.LayoutArchive : TransportKind.DockerArchive;
        if (!output.UsesStandardOutput)
        {
            if (kind == TransportKind.DockerArchive)
            {
                File.Delete(output.Destination!);
            }

            Push(image, Reference(kind, output.Destination!, names), output.Options);
            return;
        }

        using var temporary = session.State.CreateTemporary("output");
        var file = $"{temporary.Path}/image.tar";
        Push(image, Reference(kind, file, names), output.Options);
        ToFile("-", target =>
        {
            using var archive = File.OpenRead(file);
            archive.CopyTo(target, 1 << 17);
        });
    }

    private void Push(StoredImage image, TransportReference target, PushOptions options)
    {
        using var signature = target.Kind == TransportKind.Registry ? PushSignature.Of(line.Flags, target) : null;
        using var sink = session.Transports.OpenSink(target);
        var quiet = line.Flags.Boolean("quiet");
        var digest = session.Pusher.Push(image, sink, options with { Report = quiet ? null : static text => Console.Error.WriteLine(text) }, line.Cancellation);
        signature?.Sign(session, digest, line.Cancellation);
    }

    private static void ToFile(string path, Action<Stream> write)
    {
        if (path == "-")
        {
            using var output = Console.OpenStandardOutput();
            write(output);
            return;
        }

        HostFile.Write(path, write);
    }
}

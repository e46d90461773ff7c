using System.Text.Json;

using Bld.Builder.Cli.Flags;
using Bld.Builder.Cli.Host;
using Bld.Builder.Engine;
using Bld.Builder.Engine.Containers;
using Bld.Builder.Engine.Images;
using Bld.Builder.Store;
using Bld.Registry;

namespace Bld.Builder.Cli.Commands;

/// <summary><c>bld commit CONTAINER [IMAGE]</c>.</summary>
internal sealed class CommitCommand : Command
{
    public override IReadOnlyList<string> Names => ["commit"];

    public override string Summary => "Make an image of a working container";

    public override string Usage => "CONTAINER [IMAGE]";

    public override IReadOnlyList<Flag> Flags => CommitFlags.All;

    public override int Run(CommandLine line)
    {
        if (line.Arguments.Count == 0)
        {
            throw new UsageException("container ID must be specified");
        }

        ContainerArguments.RefuseFlags(line);
        if (line.Arguments.Count > 2)
        {
            throw new UsageException("too many arguments specified");
        }

        using var session = Session.Open(line.Flags);
        var container = ContainerArguments.Container(session, line.Arguments[0]);
        var (name, target) = ImageDestination.Parse(line.Arguments.Count > 1 ? line.Arguments[1] : "");
        var result = target is null ? Store(session, line, container, name) : Send(session, line, container, target);
        Report(line.Flags, result, target?.ToString());
        return 0;
    }

    private static BuildResult Store(Session session, CommandLine line, WorkingContainer container, string? name)
    {
        PushSignature.Of(line.Flags, target: null);
        EncryptionFlags.Refuse(line.Flags);
        IReadOnlyList<string> names = name is null ? [] : [name];
        var list = List(session, line.Flags);
        var commit = new ContainerCommit(session.Services, session.Containers, line.Cancellation);
        var request = CommitSbom.Add(CommitFlags.Read(line.Flags, names), session, line, name ?? container.Name, out var sbom);
        using var owned = sbom;
        var result = line.Flags.Boolean("rm") ? commit.CommitAndRemove(container, request) : commit.Commit(container, request);
        sbom?.Attest(result.ImageId);
        Add(session, list, result);
        return result;
    }

    /// <summary>Makes the image, writes it where it is wanted, and keeps it only if it was there before or a list has it.</summary>
    private static BuildResult Send(Session session, CommandLine line, WorkingContainer container, TransportReference target)
    {
        using var signature = PushSignature.Of(line.Flags, target);
        var before = session.Images.List().Select(static image => image.ManifestDigest).ToHashSet();
        var list = List(session, line.Flags);
        using var sink = session.Transports.OpenSink(target);
        var options = PushFlags.Read(line.Flags);
        var request = CommitSbom.Add(CommitFlags.Read(line.Flags, []), session, line, target.ToString(), out var sbom);
        using var owned = sbom;
        var result = new ContainerCommit(session.Services, session.Containers, line.Cancellation).Commit(container, request);
        sbom?.Attest(result.ImageId);
        var image = session.Image(result);
        var isKept = before.Contains(image.ManifestDigest);
        try
        {
            var digest = session.Pusher.Push(image, sink, options, line.Cancellation);
            signature?.Sign(session, digest, line.Cancellation);
            Add(session, list, result);
            isKept |= list is not null;
        }
        finally
        {
            if (!isKept)
            {
                session.Images.Remove(image);
            }
        }

        if (line.Flags.Boolean("rm"))
        {
            using var held = session.Containers.Hold(container, line.Cancellation);
            session.Containers.Remove(held);
        }

        return result;
    }

    /// <summary>The list that gets the image; found or made first, so that a name that can't be a list fails before anything is written.</summary>
    private static StoredImage? List(Session session, ParsedFlags flags) => flags.Text("manifest") is { Length: > 0 } name
        ? session.Lists.Create(ImageNames.Normalise(name), amend: true, replace: false)
        : null;

    private static void Add(Session session, StoredImage? list, BuildResult result)
    {
        if (list is not null)
        {
            session.Lists.AddBuilt(list, session.Lists.Members.Describe(session.Image(result)));
        }
    }

    private static void Report(ParsedFlags flags, BuildResult result, string? target)
    {
        if (flags.Text("metadata-file") is { Length: > 0 } metadata)
        {
            HostFile.Write(metadata, Metadata(result, target));
        }

        if (flags.Text("iidfile") is { Length: > 0 } file)
        {
            HostFile.Write(file, $"sha256:{result.ImageId}");
        }
        else
        {
            Console.Out.Write(result.ImageId + "\n");
        }
    }

    private static byte[] Metadata(BuildResult result, string? target)
    {
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream, new JsonWriterOptions { Indented = true, IndentSize = 4 }))
        {
            json.WriteStartObject();
            json.WriteString("containerimage.config.digest", $"sha256:{result.ImageId}");
            json.WriteString("containerimage.digest", result.ManifestDigest.ToString());
            if ((target ?? (result.Names is [var name, ..] ? name : null)) is { } known)
            {
                json.WriteString("image.name", known);
            }

            json.WriteEndObject();
        }

        return stream.ToArray();
    }
}

using System.Text.Json;

using Bld.Builder.Cli.Flags;
using Bld.Builder.Engine;
using Bld.Builder.Engine.Containers;
using Bld.Builder.Engine.Images;
using Bld.Registry;

namespace Bld.Builder.Cli.Commands;

/// <summary><c>bld commit CONTAINER [IMAGE]</c>.</summary>
internal sealed class CommitCommand : Command
{
    private const string LocalPrefix = "containers-storage:";

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
        var destination = line.Arguments.Count > 1 ? line.Arguments[1] : "";
        var target = TransportReference.TryParse(destination);
        var result = target is null ? Store(session, line, container, destination) : Send(session, line, container, target);
        Report(line.Flags, result, target?.ToString());
        return 0;
    }

    private static BuildResult Store(Session session, CommandLine line, WorkingContainer container, string destination)
    {
        var name = destination.StartsWith(LocalPrefix) ? destination[(destination.LastIndexOf(']') is var end and > 0 ? end + 1 : LocalPrefix.Length)..] : destination;
        return Commit(session, line, container, name.Length == 0 ? [] : [Checked(ImageNames.Normalise(name))]);
    }

    /// <summary>Makes the image, writes it where it is wanted, and keeps it only if it was there before.</summary>
    private static BuildResult Send(Session session, CommandLine line, WorkingContainer container, TransportReference target)
    {
        var before = session.Images.List().Select(static image => image.ManifestDigest).ToHashSet();
        using var sink = session.Transports.OpenSink(target);
        var options = PushFlags.Read(line.Flags);
        var result = Commit(session, line, container, []);
        var image = session.Image(result.ImageId);
        try
        {
            session.Pusher.Push(image, sink, options, line.Cancellation);
        }
        finally
        {
            if (!before.Contains(image.ManifestDigest))
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

    private static BuildResult Commit(Session session, CommandLine line, WorkingContainer container, IReadOnlyList<string> names)
    {
        if (line.Flags.Text("manifest") is { Length: > 0 } wanted)
        {
            // Found or made first: a name that can't be a list fails before anything is written.
            session.Lists.Create(Checked(ImageNames.Normalise(wanted)), amend: true, replace: false);
        }

        var result = CommitImage(session, line, container, names);
        if (line.Flags.Text("manifest") is { Length: > 0 } list)
        {
            session.Lists.AddBuilt(session.Lists.Get(list), session.Lists.Members.Describe(session.Image(result.ImageId)));
        }

        return result;
    }

    private static BuildResult CommitImage(Session session, CommandLine line, WorkingContainer container, IReadOnlyList<string> names)
    {
        var commit = new ContainerCommit(session.Services, session.Containers, line.Cancellation);
        var request = CommitFlags.Read(line.Flags, names);
        return line.Flags.Boolean("rm") && names.Count > 0 ? commit.CommitAndRemove(container, request) : commit.Commit(container, request);
    }

    private static string Checked(string name)
    {
        RegistryName.Parse(name);
        return name;
    }

    private static void Report(ParsedFlags flags, BuildResult result, string? target)
    {
        if (flags.Text("metadata-file") is { Length: > 0 } metadata)
        {
            File.WriteAllBytes(metadata, Metadata(result, target));
        }

        if (flags.Text("iidfile") is { Length: > 0 } file)
        {
            File.WriteAllText(file, $"sha256:{result.ImageId}");
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

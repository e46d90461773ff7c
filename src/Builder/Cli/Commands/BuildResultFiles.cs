using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

using Bld.Builder.Cli.Flags;
using Bld.Builder.Cli.Host;
using Bld.Builder.Engine;

namespace Bld.Builder.Cli.Commands;

/// <summary>The files that tell scripts what was built: <c>--iidfile</c>, <c>--iidfile-raw</c> and <c>--metadata-file</c>.</summary>
internal static class BuildResultFiles
{
    /// <summary>Whether the id goes to a file, and so not to standard output.</summary>
    public static bool HideId(ParsedFlags flags) => flags.Has("iidfile") || flags.Has("iidfile-raw");

    /// <summary>Refuses what could not be written at the end.</summary>
    /// <exception cref="UsageException">One file can't hold the ids of several images.</exception>
    public static void Check(ParsedFlags flags, int platforms)
    {
        if (platforms > 1 && HideId(flags))
        {
            throw new UsageException("--iidfile takes one image's id, but several platforms give several images; use --metadata-file, or build them one by one");
        }
    }

    /// <summary>Writes them.</summary>
    public static void Write(ParsedFlags flags, BuildResult result)
    {
        if (flags.Text("iidfile") is { } path)
        {
            HostFile.Write(path, $"sha256:{result.ImageId}");
        }

        if (flags.Text("iidfile-raw") is { } raw)
        {
            HostFile.Write(raw, result.ImageId);
        }

        if (flags.Text("metadata-file") is { } metadata)
        {
            HostFile.Write(metadata, Metadata(result));
        }
    }

    // The keys are those of docker buildx and Buildah.
    private static string Metadata(BuildResult result)
    {
        using var memory = new MemoryStream();
        using (var json = new Utf8JsonWriter(memory, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, Indented = true, IndentSize = 4 }))
        {
            json.WriteStartObject();
            json.WriteString("containerimage.config.digest", $"sha256:{result.ImageId}");
            json.WriteStartObject("containerimage.descriptor");
            json.WriteString("mediaType", result.Manifest.MediaType);
            json.WriteString("digest", result.Manifest.Digest.ToString());
            json.WriteNumber("size", result.Manifest.Size);
            json.WriteEndObject();
            json.WriteString("containerimage.digest", result.Manifest.Digest.ToString());
            if (result.Names.Count > 0)
            {
                json.WriteString("image.name", string.Join(',', result.Names));
            }

            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(memory.ToArray()) + "\n";
    }
}

using System.Text.Json;

using Bld.Runtime.Cgroups;

namespace Bld.Runtime.Oci;

/// <summary>
/// state.json, written and read by hand: it happens at every start, and a serializer's first use costs more than the start of
/// the container.
/// </summary>
internal static class OciStateFile
{
    internal static byte[] Write(OciState state)
    {
        using var buffer = new MemoryStream();
        using (var writer = new Utf8JsonWriter(buffer))
        {
            writer.WriteStartObject();
            writer.WriteString("ociVersion"u8, state.OciVersion);
            writer.WriteString("id"u8, state.Id);
            writer.WriteNumber("pid"u8, state.Pid);
            writer.WriteNumber("startTime"u8, state.StartTime);
            writer.WriteString("bundle"u8, state.Bundle);
            writer.WriteString("rootfs"u8, state.Rootfs);
            writer.WriteString("created"u8, state.Created);
            writer.WriteNumber("owner"u8, state.Owner);
            writer.WriteBoolean("ownProcesses"u8, state.OwnProcesses);
            WriteCgroups(writer, state.Cgroups);
            WriteAnnotations(writer, state.Annotations);
            writer.WriteEndObject();
        }

        return buffer.ToArray();
    }

    /// <exception cref="JsonException">It is no such file.</exception>
    internal static OciState Read(byte[] text)
    {
        using var document = JsonDocument.Parse(text);
        var root = document.RootElement;
        try
        {
            return new OciState
            {
                OciVersion = Text(root, "ociVersion"),
                Id = Text(root, "id"),
                Pid = root.GetProperty("pid").GetInt32(),
                StartTime = root.GetProperty("startTime").GetUInt64(),
                Bundle = Text(root, "bundle"),
                Rootfs = Text(root, "rootfs"),
                Created = Text(root, "created"),
                Owner = root.GetProperty("owner").GetUInt32(),
                OwnProcesses = root.GetProperty("ownProcesses").GetBoolean(),
                Cgroups = [.. root.GetProperty("cgroups").EnumerateArray().Select(ReadCgroup)],
                Annotations = root.TryGetProperty("annotations", out var annotations)
                    ? annotations.EnumerateObject().ToDictionary(static item => item.Name, static item => item.Value.GetString() ?? "", StringComparer.Ordinal)
                    : null,
            };
        }
        catch (Exception failure) when (failure is KeyNotFoundException or InvalidOperationException or FormatException)
        {
            throw new JsonException(failure.Message, failure);
        }
    }

    private static void WriteCgroups(Utf8JsonWriter writer, IReadOnlyList<CgroupDirectory> cgroups)
    {
        writer.WriteStartArray("cgroups"u8);
        foreach (var cgroup in cgroups)
        {
            writer.WriteStartObject();
            writer.WriteString("path"u8, cgroup.Path);
            writer.WriteBoolean("unified"u8, cgroup.IsUnified);
            writer.WriteString("controllers"u8, string.Join(',', cgroup.Controllers));
            if (cgroup.Unit is { } unit)
            {
                writer.WriteString("unit"u8, unit);
            }

            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    }

    private static void WriteAnnotations(Utf8JsonWriter writer, IReadOnlyDictionary<string, string>? annotations)
    {
        if (annotations is null)
        {
            return;
        }

        writer.WriteStartObject("annotations"u8);
        foreach (var (name, value) in annotations)
        {
            writer.WriteString(name, value);
        }

        writer.WriteEndObject();
    }

    private static CgroupDirectory ReadCgroup(JsonElement item) => new()
    {
        Path = Text(item, "path"),
        IsUnified = item.GetProperty("unified").GetBoolean(),
        Controllers = Text(item, "controllers").Split(',', StringSplitOptions.RemoveEmptyEntries),
        Unit = item.TryGetProperty("unit", out var unit) ? unit.GetString() : null,
    };

    private static string Text(JsonElement item, string name) => item.GetProperty(name).GetString() ?? "";
}

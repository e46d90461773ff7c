using System.Text.Encodings.Web;
using System.Text.Json;

using Bld.Builder.Store;
using Bld.Json;
using Bld.Registry;
using Bld.Runtime.Linux;

namespace Bld.Builder.Engine.History;

/// <summary>
/// The builds that the store remembers: <c>builds/TIME-PLACE-TEXT-NAME.json</c>, the newest hundred or so. The three short digests tell
/// which builds are of one project without a look into the files: its context's directory, its Dockerfile's text and its image's name.
/// Nothing here is synced: after a power loss a record may be missing or unreadable, and then there is none.
/// </summary>
internal sealed class BuildHistory(StateDirectory state)
{
    private const string Folder = "builds";
    private const string Trees = "trees";
    private const int Kept = 100;
    private const int Slack = 20;

    // Relaxed: it is no HTML, and a person can read the store.
    private static readonly JsonWriterOptions Readable = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>The records' names, the newest first.</summary>
    public IReadOnlyList<string> List()
    {
        var names = new List<string>();
        if (FileCalls.TryOpen(state.Handle, System.Text.Encoding.ASCII.GetBytes(Folder), OpenFlags.ReadOnly | OpenFlags.Directory, 0, out var directory) == Errno.None)
        {
            using (directory)
            {
                foreach (var entry in FileCalls.ReadDirectory(directory))
                {
                    var name = entry.Name.ToString();
                    if (name.EndsWith(".json"))
                    {
                        names.Add(name[..^".json".Length]);
                    }
                }
            }
        }

        // Names begin with the time, and directories are listed in the order of names.
        names.Reverse();
        return names;
    }

    /// <summary>A record; null when it is gone or can't be read.</summary>
    public BuildRecord? Read(string id) =>
        JsonMembers.TryParse<BuildRecord>(state.ReadFile($"{Folder}/{id}.json")) is { } record ? record with { Id = id } : null;

    /// <summary>The newest builds of the same project: same context, else same Dockerfile, else same image.</summary>
    public IEnumerable<BuildRecord> Before(BuildProject project)
    {
        const int MostLookedAt = 6;
        var ids = List();
        string[] likeness = [project.Place, project.Text, project.Name];
        var seen = new HashSet<string>();
        for (var i = 0; i < likeness.Length; i++)
        {
            var position = i + 1;
            foreach (var id in ids.Where(id => likeness[position - 1].Length > 0 && Part(id, position) == likeness[position - 1]).Take(MostLookedAt))
            {
                if (seen.Add(id) && Read(id) is { } record)
                {
                    yield return record;
                }
            }
        }
    }

    /// <summary>Writes a record, and now and then removes the oldest.</summary>
    public string Publish(BuildRecord record, BuildProject project)
    {
        var id = $"{record.Started.UtcDateTime:yyyyMMdd'T'HHmmss.fffffff}-{project.Place}-{project.Text}-{project.Name}";
        state.PublishFile($"{Folder}/{id}.json", record.ToJson(Readable), durable: false);
        var ids = List();
        if (ids.Count > Kept + Slack)
        {
            Remove(ids.Skip(Kept));
        }

        return id;
    }

    /// <summary>What a tree's digest was made of; null when nobody kept it.</summary>
    public byte[]? FindTree(string digest) => digest.StartsWith("sha256:") ? state.ReadFile(TreePath(digest)) : null;

    /// <summary>Keeps what a tree's digest was made of. A digest that is known costs a look, and gets the time of its last use.</summary>
    public void KeepTree(string digest, ReadOnlySpan<byte> lines)
    {
        var path = System.Text.Encoding.ASCII.GetBytes(TreePath(digest));
        if (FileCalls.TryStatus(state.Handle, path, out _) == Errno.None)
        {
            var now = DateTimeOffset.UtcNow;
            FileCalls.ChangeModifiedTime(state.Handle, path, new FileTime(now.ToUnixTimeSeconds(), 0));
            return;
        }

        state.PublishFile(TreePath(digest), lines, durable: false);
    }

    private static string TreePath(string digest) => $"{Folder}/{Trees}/{digest["sha256:".Length..]}";

    private static string Part(string id, int position)
    {
        var parts = id.Split('-');
        return position < parts.Length ? parts[position] : "";
    }

    /// <summary>Removes records, and the trees that no build has used since the last of them.</summary>
    private void Remove(IEnumerable<string> ids)
    {
        var newest = DateTime.MinValue;
        foreach (var id in ids)
        {
            var path = $"{state.Root}/{Folder}/{id}.json";
            var time = File.GetLastWriteTimeUtc(path);
            newest = time > newest ? time : newest;
            File.Delete(path);
        }

        var trees = $"{state.Root}/{Folder}/{Trees}";
        if (Directory.Exists(trees))
        {
            foreach (var path in Directory.EnumerateFiles(trees).Where(path => File.GetLastWriteTimeUtc(path) < newest))
            {
                File.Delete(path);
            }
        }
    }
}

/// <summary>What tells that two builds are of one project; each 8 hex digits, or empty.</summary>
/// <param name="Place">Of the context's directory, the Dockerfile's name and the platform.</param>
/// <param name="Text">Of the Dockerfile's text.</param>
/// <param name="Name">Of the image's first name without its tag.</param>
internal sealed record BuildProject(string Place, string Text, string Name)
{
    /// <summary>The project of a request.</summary>
    public static BuildProject Of(BuildRequest request)
    {
        var root = FileCalls.Status(request.Context.Root);
        var name = request.Names is [var first, ..] ? first.LastIndexOf(':') is var colon && colon > first.LastIndexOf('/') ? first[..colon] : first : "";
        return new BuildProject(
            Short($"{root.Device} {root.Inode} {request.DockerfileName} {request.Platform}"), Short(request.DockerfileText), name.Length > 0 ? Short(name) : "");
    }

    /// <summary>The beginning of a text's digest.</summary>
    public static string Short(string text) =>
        Convert.ToHexStringLower(Sha256Hash.HashData(System.Text.Encoding.UTF8.GetBytes(text)).AsSpan(0, 4));
}

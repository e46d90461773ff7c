using System.Globalization;
using System.Text;
using System.Text.Json;

using Bld.Builder.Snapshots;
using Bld.Builder.Store;
using Bld.Json;
using Bld.Runtime.Linux;

namespace Bld.Builder.Engine.Debugging;

/// <summary>A RUN that went wrong, as the store remembers it: <c>failed/ID/failure.json</c>, beside the files that it had written.</summary>
internal sealed record FailedStep : IJsonRecord<FailedStep>
{
    /// <summary>Its directory's name; begins with the time.</summary>
    public string Id { get; init; } = "";

    /// <summary>The words of the command line that built it, to build it again up to here.</summary>
    public required IReadOnlyList<string> CommandLine { get; init; }

    /// <summary>The directory that the command line was given in.</summary>
    public required string Directory { get; init; }

    public required string StageName { get; init; }

    public required int Number { get; init; }

    public required string Text { get; init; }

    /// <summary>The snapshot that it ran on; null for an empty root.</summary>
    public string? Parent { get; init; }

    public required int ExitCode { get; init; }

    static FailedStep IJsonRecord<FailedStep>.Read(JsonMembers json) => new()
    {
        CommandLine = json.Texts("commandLine") ?? throw JsonMembers.Missing("commandLine"),
        Directory = json.RequiredText("directory"),
        StageName = json.RequiredText("stageName"),
        Number = json.Int("number") ?? throw JsonMembers.Missing("number"),
        Text = json.RequiredText("text"),
        Parent = json.Text("parent"),
        ExitCode = json.Int("exitCode") ?? throw JsonMembers.Missing("exitCode"),
    };

    void IJsonWritable.Write(Utf8JsonWriter json)
    {
        json.Texts("commandLine", CommandLine);
        json.Text("directory", Directory);
        json.Text("stageName", StageName);
        json.Number("number", Number);
        json.Text("text", Text);
        json.Text("parent", Parent);
        json.Number("exitCode", ExitCode);
    }
}

/// <summary>Keeps the files of steps that failed, so that somebody can go in and look; the newest few, for a day.</summary>
internal sealed class FailedSteps(StateDirectory state)
{
    private const string Folder = "failed";
    private const int Kept = 5;
    private static readonly TimeSpan Life = TimeSpan.FromDays(1);

    // On a disk that is nearly full nothing is kept: the step may have failed for want of space, and the next one needs it.
    private const long LeastFreeBytes = 256L << 20;

    /// <summary>
    /// Takes the files of a step that failed, by a rename: they are where its snapshot would be. When that can't be done they are
    /// not kept, and the step's own failure is what is told.
    /// </summary>
    public void Keep(ActiveSnapshot active, FailedStep step)
    {
        try
        {
            if (new DriveInfo(state.Root).AvailableFreeSpace >= LeastFreeBytes)
            {
                KeepFiles(active, step);
            }
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // Nothing of it is there: the record comes first, and the files by one rename.
            return;
        }
    }

    private void KeepFiles(ActiveSnapshot active, FailedStep step)
    {
        var id = string.Create(CultureInfo.InvariantCulture, $"{DateTime.UtcNow:yyyyMMdd'T'HHmmss}-{active.Id.ToString()[..4]}");
        System.IO.Directory.CreateDirectory($"{state.Root}/{Folder}/{id}");
        state.PublishFile($"{Folder}/{id}/failure.json", step.ToJson(), durable: false);
        FileCalls.Rename(active.ScratchHandle, Encoding.UTF8.GetBytes($"{SnapshotStore.Publishing}/fs"), state.Handle, Encoding.UTF8.GetBytes($"{Folder}/{id}/fs"));
        Collect();
    }

    /// <summary>The steps, the newest first.</summary>
    public IEnumerable<FailedStep> List() => Ids().Select(Read).OfType<FailedStep>();

    /// <summary>The directory with a step's files.</summary>
    public string FilesOf(FailedStep step) => $"{state.Root}/{Folder}/{step.Id}/fs";

    /// <summary>Removes what is older than a day, and all but the newest few. Costs one look when there is nothing.</summary>
    public void Collect()
    {
        var ids = Ids();
        for (var i = 0; i < ids.Count; i++)
        {
            if (i >= Kept || DateTime.UtcNow - System.IO.Directory.GetLastWriteTimeUtc($"{state.Root}/{Folder}/{ids[i]}") > Life)
            {
                using var folder = FileCalls.Open(state.Handle, Encoding.ASCII.GetBytes(Folder), OpenFlags.ReadOnly | OpenFlags.Directory);
                FileCalls.RemoveTree(folder, Encoding.UTF8.GetBytes(ids[i]));
            }
        }
    }

    private List<string> Ids()
    {
        var ids = new List<string>();
        if (FileCalls.TryOpen(state.Handle, Encoding.ASCII.GetBytes(Folder), OpenFlags.ReadOnly | OpenFlags.Directory, 0, out var folder) == Errno.None)
        {
            using (folder)
            {
                ids.AddRange(FileCalls.ReadDirectory(folder).Select(static entry => entry.Name.ToString()));
            }
        }

        ids.Reverse();
        return ids;
    }

    private FailedStep? Read(string id) =>
        JsonMembers.TryParse<FailedStep>(state.ReadFile($"{Folder}/{id}/failure.json")) is { } step ? step with { Id = id } : null;
}

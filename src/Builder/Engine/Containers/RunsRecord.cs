using System.Text.Json;

using Bld.Json;

namespace Bld.Builder.Engine.Containers;

/// <summary>
/// <c>containers/ID/running.json</c>: what those know of each other whose commands run in a container at the same time. Each has a shared
/// flock of <c>running</c> beside it; the last of them takes both away. Read and written by who holds the container.
/// </summary>
internal sealed record RunsRecord : IJsonRecord<RunsRecord>
{
    /// <summary>The process in whose root the first of them runs; 0 when it can't be shared, or is: then it is what is mounted.</summary>
    public int Process { get; init; }

    /// <summary>When that process began.</summary>
    public ulong StartTime { get; init; }

    /// <summary>The directory in <c>tmp/</c> that takes the changes of the first.</summary>
    public string? Active { get; init; }

    /// <summary>Whether somebody asked for the mount by <c>bld mount</c>: otherwise it ends with the last command.</summary>
    public bool StaysMounted { get; init; }

    /// <summary>What had to be made in the root to mount on, and goes with the last command.</summary>
    public MountPlaces Places { get; init; } = new();

    static RunsRecord IJsonRecord<RunsRecord>.Read(JsonMembers json) => new()
    {
        Process = json.Int("process") ?? 0,
        StartTime = json.ULong("startTime") ?? 0,
        Active = json.Text("active"),
        StaysMounted = json.Flag("staysMounted") ?? false,
        Places = MountPlaces.Parse(json.Texts("made") ?? [], json.Texts("times") ?? []),
    };

    void IJsonWritable.Write(Utf8JsonWriter json)
    {
        json.Number("process", Process);
        json.Number("startTime", (long)StartTime);
        json.Text("active", Active);
        json.Flag("staysMounted", StaysMounted);
        json.Texts("made", Places.MadeTexts);
        json.Texts("times", Places.TimeTexts);
    }
}

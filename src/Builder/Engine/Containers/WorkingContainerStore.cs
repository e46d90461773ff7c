using System.Text;

using Bld.Builder.Snapshots;
using Bld.Builder.Store;
using Bld.Json;
using Bld.Runtime.Linux;

namespace Bld.Builder.Engine.Containers;

/// <summary>
/// The working containers of a state directory: <c>containers/ID/container.json</c>, and <c>containers/by-name/NAME</c>, a link that
/// finds one without reading all. The record is the truth: a link whose container has another name, or is gone, counts for nothing.
/// <para>
/// Making, renaming and removing are under the flock of <c>containers/</c>, which is held for microseconds; changing a record is under
/// that of <c>containers/ID/lock</c>; who writes to the root holds the container (<see cref="Hold"/>). Readers take no lock.
/// </para>
/// </summary>
internal sealed class WorkingContainerStore(StateDirectory state, SnapshotStore snapshots)
{
    private const string Names = "containers/by-name";
    private const int IdLength = 64;
    private const OpenFlags DirectoryItself = OpenFlags.ReadOnly | OpenFlags.Directory | OpenFlags.NoFollow;

    /// <summary>Makes a container.</summary>
    /// <param name="draft">What it is; id and name are chosen here.</param>
    /// <param name="name">The name that it must have; null takes the first free one of <paramref name="stem"/>, <c>stem-1</c>, <c>stem-2</c> …</param>
    /// <param name="stem">How the name begins when none is given.</param>
    /// <exception cref="BuildException">The name is taken.</exception>
    internal WorkingContainer Create(WorkingContainer draft, string? name, string stem)
    {
        // A container is no more lasting than what it stands on.
        state.Durability.Synchronize();
        using var place = state.CreateTemporary("container");
        FileCalls.MakeDirectory(place.Handle, "container"u8, 0x1C0);
        FileCalls.Open(place.Handle, "container/lock"u8, OpenFlags.WriteOnly | OpenFlags.Create | OpenFlags.Exclusive, 0x180).Dispose();
        draft = draft with { Id = HexName.Create() + HexName.Create() + HexName.Create() + HexName.Create() };
        using var held = state.Lock("containers", exclusive: true);
        var container = draft with { Name = name ?? FreeName(stem) };
        Claim(container.Name, container.Id);
        using (var file = FileCalls.Open(place.Handle, "container/container.json"u8, OpenFlags.WriteOnly | OpenFlags.Create | OpenFlags.Exclusive, 0x180))
        {
            FileCalls.WriteAll(file, container.ToJson());
            FileCalls.Synchronize(file);
        }

        FileCalls.Rename(place.Handle, "container"u8, state.Handle, Encoding.ASCII.GetBytes($"containers/{container.Id}"), replace: false);
        return container;
    }

    /// <summary>The container of a name, an id, or the beginning of one; null when there is none.</summary>
    /// <exception cref="BuildException">Several ids begin so.</exception>
    internal WorkingContainer? Find(string nameOrId)
    {
        if (FindName(nameOrId) is { } named)
        {
            return named;
        }

        if (nameOrId.Length is 0 or > IdLength || !nameOrId.All(char.IsAsciiHexDigitLower))
        {
            return null;
        }

        if (nameOrId.Length == IdLength)
        {
            return Read(nameOrId);
        }

        var found = Ids().FindAll(id => id.StartsWith(nameOrId));
        return found.Count > 1
            ? throw new BuildException($"'{nameOrId}' begins the ids of {found.Count} containers; give more digits")
            : found.Count == 1 ? Read(found[0]) : null;
    }

    /// <summary>The container of a name or an id.</summary>
    /// <exception cref="BuildException">There is none.</exception>
    internal WorkingContainer Get(string nameOrId) => Find(nameOrId) ?? throw new BuildException($"{nameOrId}: container not known");

    /// <summary>What lists show of all containers, the oldest first.</summary>
    internal IReadOnlyList<ContainerSummary> List()
    {
        // Not List.Sort: docs/decisions/0054.
        return [.. ReadAll<ContainerSummary>().OrderBy(static one => (one.Created, one.Id))];
    }

    /// <summary>All containers.</summary>
    internal IReadOnlyList<WorkingContainer> ListWhole() => ReadAll<WorkingContainer>();

    /// <summary>Changes a record as it is now, whatever others did to it since it was read.</summary>
    /// <exception cref="BuildException">The container was removed.</exception>
    internal WorkingContainer Update(string id, Func<WorkingContainer, WorkingContainer> change)
    {
        using var held = LockRecord(id);
        var changed = change(Read(id) ?? throw Gone(id));
        state.PublishFile($"containers/{id}/container.json", changed.ToJson());
        return changed;
    }

    /// <summary>Gives a container another name.</summary>
    /// <exception cref="BuildException">The name is taken.</exception>
    internal void Rename(WorkingContainer container, string name)
    {
        using var held = state.Lock("containers", exclusive: true);
        Claim(name, container.Id);
        Update(container.Id, record => record with { Name = name });
        FileCalls.TryUnlink(state.Handle, LinkPath(container.Name));
    }

    /// <summary>Takes a container for oneself, to write to its root; waits for whoever has it.</summary>
    internal HeldContainer Hold(ContainerSummary container, CancellationToken cancellation) =>
        HeldContainer.Take(state, this, snapshots, container.Id, toRemove: false, cancellation);

    /// <summary>Takes a container to remove it (<see cref="Remove"/>), whatever runs in it.</summary>
    internal HeldContainer HoldToRemove(ContainerSummary container, CancellationToken cancellation) =>
        HeldContainer.Take(state, this, snapshots, container.Id, toRemove: true, cancellation);

    /// <summary>Removes a container that is held: unmounted, out of sight by one rename, then its files and what only it knew of.</summary>
    internal void Remove(HeldContainer held)
    {
        var record = held.Record;
        held.Abandon();
        using var grave = state.CreateTemporary("removed");
        using (state.Lock("containers", exclusive: true))
        {
            if (FindName(record.Name)?.Id == record.Id)
            {
                FileCalls.TryUnlink(state.Handle, LinkPath(record.Name));
            }

            // Who changes the record at this moment would make it again.
            using var locked = LockRecord(record.Id);
            FileCalls.Rename(state.Handle, Encoding.ASCII.GetBytes($"containers/{record.Id}"), grave.Handle, "container"u8);
        }

        foreach (var change in record.Changes.Where(change => change != record.Committed))
        {
            if (SnapshotId.TryParse(change) is { } id)
            {
                snapshots.Remove(id);
            }
        }
    }

    internal WorkingContainer? Read(string id) => Read<WorkingContainer>(id);

    internal static BuildException Gone(string id) => new($"{id}: container not known; it was removed meanwhile");

    private T? Read<T>(string id)
        where T : ContainerSummary, IJsonRecord<T> => JsonMembers.TryParse<T>(state.ReadFile($"containers/{id}/container.json"));

    private List<T> ReadAll<T>()
        where T : ContainerSummary, IJsonRecord<T> => [.. Ids().Select(Read<T>).OfType<T>()];

    private FileLock LockRecord(string id)
    {
        if (FileCalls.TryOpen(state.Handle, Encoding.ASCII.GetBytes($"containers/{id}/lock"), OpenFlags.ReadWrite, 0, out var file) != Errno.None)
        {
            throw Gone(id);
        }

        return FileLock.Take(file, exclusive: true);
    }

    private WorkingContainer? FindName(string name) =>
        name.Length > 0 && FileCalls.TryReadLink(state.Handle, LinkPath(name), out var text) == Errno.None
            && Read(Encoding.ASCII.GetString(text.FileName)) is { } container && container.Name == name
            ? container
            : null;

    // One look for all that are taken; a link that a killed process left passes for a name.
    private string FreeName(string stem)
    {
        if (FindName(stem) is null)
        {
            return stem;
        }

        using var directory = FileCalls.Open(state.Handle, Encoding.ASCII.GetBytes(Names), DirectoryItself);
        var taken = FileCalls.ReadDirectory(directory).Select(static entry => entry.Name.ToString()).ToHashSet(StringComparer.Ordinal);
        var number = 1;
        while (taken.Contains(Escape($"{stem}-{number}")))
        {
            number++;
        }

        return $"{stem}-{number}";
    }

    /// <summary>Makes the link of a name; a stale one goes. The caller holds <c>containers/</c>.</summary>
    private void Claim(string name, string id)
    {
        if ((FindName(name) ?? (name.Length == IdLength && name.All(char.IsAsciiHexDigitLower) ? Read(name) : null)) is { } other)
        {
            throw new BuildException($"the container name \"{name}\" is already in use by {other.Id}; choose another, or remove that container by bld rm");
        }

        FileCalls.TryMakeDirectory(state.Handle, Encoding.ASCII.GetBytes(Names), 0x1C0);
        FileCalls.TryUnlink(state.Handle, LinkPath(name));
        FileCalls.MakeSymbolicLink(Encoding.ASCII.GetBytes($"../{id}"), state.Handle, LinkPath(name));
    }

    private static byte[] LinkPath(string name) => Encoding.UTF8.GetBytes($"{Names}/{Escape(name)}");

    // A name may hold anything; of a file's name it is only a part.
    private static string Escape(string name) => name is "." or ".." ? name.Replace(".", "%2E") : name.Replace("%", "%25").Replace("/", "%2F");

    private List<string> Ids()
    {
        using var directory = FileCalls.Open(state.Handle, "containers"u8, DirectoryItself);
        return FileCalls.ReadDirectory(directory).ConvertAll(static entry => entry.Name.ToString()).FindAll(static name => name.Length == IdLength);
    }
}

using Bld.Builder.Store;
using Bld.Runtime.Linux;
using Bld.Runtime.Rootless;
using Bld.Runtime.Spec;

using Microsoft.Win32.SafeHandles;

namespace Bld.Builder.Snapshots;

/// <summary>
/// How the ids of an image's files and those of a command on the host belong together, when the command has a user namespace of its own.
/// Snapshots keep the image's ids; what shifts them is the mount, or a change of owners where mounts can't.
/// </summary>
internal sealed class IdShift(IReadOnlyList<IdMapping> users, IReadOnlyList<IdMapping> groups) : IDisposable
{
    private const OpenFlags DirectoryItself = OpenFlags.ReadOnly | OpenFlags.Directory | OpenFlags.NoFollow;

    // No file has this id: -1 is none, and those next to it nobody gives out.
    private const uint Unused = uint.MaxValue - 1;
    private SafeFileHandle? _namespace;

    /// <summary>
    /// The user namespace that mounts take the shift from. It has an id for the host's root too, because overlay makes its own entries as
    /// who mounted it.
    /// </summary>
    private SafeFileHandle Namespace => _namespace ??= UserMaps.MakeNamespace(WithRoot(users), WithRoot(groups));

    /// <summary>Shows a detached tree, that was not shifted before, with the host's ids.</summary>
    internal Errno TryShow(SafeFileHandle tree) => MountCalls.TrySetIdMap(tree, recursive: false, Namespace);

    /// <summary>The host's ids of a user and a group inside.</summary>
    /// <exception cref="BuildException">One is not mapped.</exception>
    internal (uint User, uint Group) ToHost(uint user, uint group) => (ToHost(users, user), ToHost(groups, group));

    /// <summary>Gives a tree's files to the host's ids, or back to those inside.</summary>
    /// <exception cref="BuildException">A file belongs to an id that is not mapped.</exception>
    internal void ChangeOwners(SafeFileHandle tree, bool toHost) => ChangeOwners(tree, toHost, []);

    // A file of several names is changed once: the second time its owner would be the new one.
    private void ChangeOwners(SafeFileHandle tree, bool toHost, HashSet<ulong> linked)
    {
        using var directory = FileCalls.Open(tree, "."u8, DirectoryItself);
        foreach (var entry in FileCalls.ReadDirectory(directory))
        {
            var status = FileCalls.Status(directory, entry.Name.Span);
            if (status.IsDirectory)
            {
                using var child = FileCalls.Open(directory, entry.Name.Span, DirectoryItself);
                ChangeOwners(child, toHost, linked);
            }
            else if (status.Links == 1 || linked.Add(status.Inode))
            {
                ChangeOwner(directory, entry.Name.Span, status, toHost);
            }
        }

        ChangeOwner(directory, "."u8, FileCalls.Status(directory), toHost);
    }

    /// <inheritdoc/>
    public void Dispose() => _namespace?.Dispose();

    // chown(2) takes setuid bits and file capabilities away.
    private void ChangeOwner(SafeFileHandle directory, ReadOnlySpan<byte> name, FileStatus status, bool toHost)
    {
        var (user, group) = toHost ? ToHost(status.UserId, status.GroupId) : (ToInside(users, status.UserId), ToInside(groups, status.GroupId));
        if (user == status.UserId && group == status.GroupId)
        {
            return;
        }

        var capability = status.IsRegular ? FileCalls.Attribute(directory, name, "security.capability"u8) : null;
        FileCalls.ChangeOwner(directory, name, user, group);
        if (!status.IsSymbolicLink)
        {
            FileCalls.ChangeMode(directory, name, status.Permissions);
        }

        if (capability is not null)
        {
            _ = FileCalls.TrySetAttribute(directory, name, "security.capability"u8, capability);
        }
    }

    private static IdMapping? Find(IReadOnlyList<IdMapping> map, uint id, bool isHosts)
    {
        foreach (var range in map)
        {
            var first = isHosts ? range.HostId : range.ContainerId;
            if (id >= first && id - first < range.Size)
            {
                return range;
            }
        }

        return null;
    }

    private static uint ToHost(IReadOnlyList<IdMapping> map, uint id) =>
        Find(map, id, isHosts: false) is { } found
            ? id - found.ContainerId + found.HostId
            : throw new BuildException($"the command's user namespace has no id {id}, but its user or a file has it: map more with --userns-uid-map and --userns-gid-map");

    // What isn't mapped was never shifted.
    private static uint ToInside(IReadOnlyList<IdMapping> map, uint id) =>
        Find(map, id, isHosts: true) is { } found ? id - found.HostId + found.ContainerId : id;

    private static IReadOnlyList<IdMapping> WithRoot(IReadOnlyList<IdMapping> map) =>
        Find(map, 0, isHosts: true) is not null ? map : [.. map, new IdMapping { ContainerId = Unused, HostId = 0, Size = 1 }];
}

using Bld.Runtime.Init;
using Bld.Runtime.Linux;
using Bld.Runtime.Plans;
using Bld.Runtime.Spec;

using Microsoft.Win32.SafeHandles;

namespace Bld.Runtime;

/// <summary>
/// The trees that init could not make itself: in a user namespace root may be nobody on the host, who can't walk to a bundle, and ids
/// are mapped by whoever may mount the file system.
/// </summary>
internal static class ReachableTrees
{
    internal static void Add(ContainerRequest request, InheritedDescriptors inherited)
    {
        var isUser = UserNamespaceSpawn.IsWanted(request.Spec);
        var ownMounts = request.Spec.Linux?.Namespaces?.Any(static item => item.Type == "mount" && string.IsNullOrEmpty(item.Path)) == true;
        if (isUser && ownMounts && request is { Root: null, Spec.Root.Path: { Length: > 0 } path } && TryClone(path, recursive: true) is { } root)
        {
            inherited.Keep(root);
            inherited.Add(root);
            inherited.Root = inherited.Number(root);
        }

        var mounts = request.Spec.Mounts ?? [];
        for (var i = 0; i < mounts.Count; i++)
        {
            var options = MountOptions.Parse(mounts[i].Options ?? []);
            var isMapped = options.IdMap != 0 || mounts[i].UidMappings is { Count: > 0 };
            if ((!options.IsBind && mounts[i].Type != "bind") || (!isUser && !isMapped))
            {
                continue;
            }

            if (TryClone(mounts[i].Source ?? "", options.IsRecursive) is { } tree)
            {
                inherited.Keep(tree);
                if (isMapped)
                {
                    Map(request.Spec, mounts[i], options, tree);
                }

                inherited.Add(tree);
                inherited.Binds.Add(i, (inherited.Number(tree), !FileCalls.Status(tree).IsDirectory));
            }
            else if (isMapped)
            {
                throw new ContainerException($"mount {mounts[i].Destination}: source {mounts[i].Source} can't be cloned to map its ids", "mount", mounts[i].Source ?? "");
            }
        }
    }

    private static void Map(ContainerSpec spec, MountSpec mount, MountOptions options, SafeFileHandle tree)
    {
        var users = mount.UidMappings is { Count: > 0 } own ? own : spec.Linux?.UidMappings ?? [];
        var groups = mount.GidMappings is { Count: > 0 } ownGroups ? ownGroups : spec.Linux?.GidMappings ?? [];
        if (users.Count == 0 || groups.Count == 0)
        {
            throw new ContainerException($"mount {mount.Destination}: ids can be mapped only with uidMappings and gidMappings", "mount", mount.Destination);
        }

        using var mapping = UserNamespaceSpawn.Make(users, groups);
        var errno = MountCalls.TrySetIdMap(tree, options.IdMap == 2, mapping);
        if (errno != Errno.None)
        {
            var advice = errno == Errno.EINVAL ? ": the file system of the source does not support it" : "";
            throw new ContainerException($"map the ids of the mount {mount.Destination}: {errno.Describe()}{advice}", "mount", mount.Destination, errno);
        }
    }

    // Null where this process may not clone mounts: then it is root of the user namespace's owner, and init can walk as well as it.
    private static SafeFileHandle? TryClone(string path, bool recursive)
    {
        var errno = MountCalls.TryOpenTree(FileCalls.CurrentDirectory, PlanBuilder.Bytes(path), clone: true, recursive, out var tree);
        if (errno == Errno.None)
        {
            return tree;
        }

        tree.Dispose();
        return errno is Errno.EPERM or Errno.EINVAL ? null : throw new SetupFailure("open", path, errno);
    }
}

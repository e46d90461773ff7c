using Bld.Runtime.Init;
using Bld.Runtime.Linux;
using Bld.Runtime.Spec;

namespace Bld.Runtime.Plans;

/// <summary>The spec's mounts and the request's, as steps.</summary>
internal sealed class MountPlanner(ContainerRequest request, InheritedDescriptors inherited)
{
    internal MountStep[] Plan()
    {
        var steps = new List<MountStep>();
        var mounts = request.Spec.Mounts ?? [];
        for (var i = 0; i < mounts.Count; i++)
        {
            steps.Add(inherited.Binds.TryGetValue(i, out var tree) ? PlanTree(mounts[i], tree.Number, tree.IsFile) : Plan(mounts[i]));
        }

        foreach (var mount in request.Mounts)
        {
            steps.Add(Plan(mount));
        }

        return [.. steps];
    }

    private MountStep Plan(ContainerMount mount)
    {
        if (mount.Tree is not null)
        {
            return PlanTree(mount.Spec, inherited.Number(mount.Tree), FileCalls.Status(mount.Tree) is { IsDirectory: false });
        }

        var step = Plan(mount.Spec);
        if (mount.Content is { } content)
        {
            step.Kind = (int)MountKind.Content;
            step.Content = content.ToArray();
            step.Mode = mount.Mode;
            step.User = mount.Uid;
            step.Group = mount.Gid;
            step.IsFile = true;
        }

        return step;
    }

    // What is in hand needs no look at its source.
    private static MountStep PlanTree(MountSpec mount, int number, bool isFile)
    {
        var step = Plan(mount, isTree: true);
        step.Kind = (int)MountKind.Tree;
        step.Descriptor = number;
        step.IsFile = isFile;
        return step;
    }

    private static MountStep Plan(MountSpec mount, bool isTree = false)
    {
        var options = MountOptions.Parse(mount.Options ?? []);
        var isBind = !isTree && (options.IsBind || mount.Type == "bind");
        var step = new MountStep
        {
            Kind = (int)(isBind ? MountKind.Bind : mount.Type is "cgroup" or "cgroup2" ? MountKind.Cgroups : MountKind.FileSystem),
            Source = PlanBuilder.Bytes(mount.Source),
            Destination = PlanBuilder.Bytes(mount.Destination),
            Type = PlanBuilder.Bytes(mount.Type),
            Data = isBind ? [] : options.Data,
            AttributesSet = (uint)options.Set,
            AttributesCleared = (uint)options.Cleared,
            RecursiveSet = (uint)options.RecursiveSet,
            RecursiveCleared = (uint)options.RecursiveCleared,
            Propagation = options.Propagation,
            RecursivePropagation = options.RecursivePropagation,
            Recursive = options.IsRecursive,
            CopyUp = !isBind && !isTree && options.CopiesUp && mount.Type == "tmpfs",
        };
        if (isBind)
        {
            step.IsFile = IsFile(mount);
        }

        return step;
    }

    private static bool IsFile(MountSpec mount)
    {
        if (string.IsNullOrEmpty(mount.Source))
        {
            throw new ContainerException($"mount {mount.Destination}: it is a bind mount without a source", "mount", mount.Destination);
        }

        var errno = FileCalls.TryOpen(FileCalls.CurrentDirectory, PlanBuilder.Bytes(mount.Source), OpenFlags.Path, 0, out var source);
        if (errno != Errno.None)
        {
            throw new ContainerException(
                $"mount {mount.Destination}: source {mount.Source}: {errno.Describe()}", "mount", mount.Source, errno);
        }

        using (source)
        {
            return !FileCalls.Status(source).IsDirectory;
        }
    }
}

using Bld.Runtime.Linux;

using Microsoft.Win32.SafeHandles;

namespace Bld.Runtime.Init;

/// <summary>
/// Builds the container's tree on its root and makes it the root. Every mount is a descriptor first and is moved onto a
/// descriptor that openat2 resolved inside the root, so no link of an image leads a mount elsewhere
/// (CVE-2021-30465, CVE-2023-27561, CVE-2023-28642).
/// </summary>
internal sealed class InitMounts(InitPlan plan)
{
    /// <summary>Mounts, devices, masked and read-only paths; the process's root is still the host's.</summary>
    internal SafeFileHandle Build()
    {
        RootSwitch.StopPropagation(plan.RootPropagation);
        var trees = new TreeMaker();
        trees.Prepare(plan.Mounts);
        var root = RootSwitch.AttachRoot(plan);
        var targets = new MountTargets(root);
        foreach (var mount in plan.Mounts)
        {
            Attach(mount, trees, targets);
        }

        if (plan.MakeDevices)
        {
            new DeviceMaker(targets).Make(plan.Devices);
        }

        foreach (var path in plan.ReadOnlyPaths)
        {
            PathCovers.MakeReadOnly(targets, path);
        }

        using var covers = new PathCovers();
        foreach (var path in plan.MaskedPaths)
        {
            covers.Mask(targets, path);
        }

        return root;
    }

    /// <summary>Makes the tree the root of this mount namespace and drops the host's.</summary>
    internal void Enter(SafeFileHandle root)
    {
        RootSwitch.Enter(root, plan);
        if (plan.RootReadOnly)
        {
            SetupFailure.Check(
                MountCalls.TrySetAttributes(root, recursive: false, MountAttributeFlags.ReadOnly), "make the root read-only");
        }

        if (plan.RootPropagation != 0)
        {
            SetupFailure.Check(
                MountCalls.TrySetAttributes(
                    root, (plan.RootPropagation & RootSwitch.Recursive) != 0, MountAttributeFlags.None, MountAttributeFlags.None,
                    (ulong)(plan.RootPropagation & ~RootSwitch.Recursive)),
                "change propagation of the root");
        }
    }

    private static void Attach(MountStep mount, TreeMaker trees, MountTargets targets)
    {
        using var tree = trees.Make(mount);
        using var target = targets.Open(mount);
        var errno = MountCalls.TryMoveMount(tree, target);
        if (errno == Errno.EINVAL && FileCalls.Status(tree).IsDirectory != FileCalls.Status(target).IsDirectory)
        {
            errno = FileCalls.Status(tree).IsDirectory ? Errno.ENOTDIR : Errno.EISDIR;
        }

        SetupFailure.Check(errno, "mount", mount.Destination);
        if (mount.CopyUp)
        {
            TreeCopy.CopyUp(target, tree, mount.Data);
        }

        if (mount.Kind == (int)MountKind.Cgroups)
        {
            CgroupMounts.Fill(tree, mount);
        }
    }
}

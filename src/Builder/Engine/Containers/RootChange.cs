using Bld.Runtime.Linux;

using Microsoft.Win32.SafeHandles;

namespace Bld.Builder.Engine.Containers;

/// <summary>Writes to the root of a held container, as one more change that is complete or not there at all.</summary>
internal static class RootChange
{
    private const OpenFlags Directory = OpenFlags.ReadOnly | OpenFlags.Directory;

    /// <summary>Applies a change.</summary>
    /// <param name="services">The store's parts.</param>
    /// <param name="held">The container.</param>
    /// <param name="write">Gets the directory to write to, and a view of everything below it; null when that is nothing.</param>
    public static void Apply(EngineServices services, HeldContainer held, Action<SafeFileHandle, SafeFileHandle?> write)
    {
        var wasMounted = held.IsMounted;
        if (!held.TryUnmount())
        {
            // Somebody works in the mounted directory: then so do we.
            using var root = FileCalls.Open(held.MountPath, Directory);
            write(root, root);
            return;
        }

        try
        {
            using var active = services.Snapshots.Prepare(held.Record.Top);
            using (var view = held.Record.Top is { } top ? services.Snapshots.MountReadOnly(top) : null)
            {
                write(active.UpperHandle, view?.Root);
            }

            held.Push(services.Snapshots.Commit(active).Id);
        }
        finally
        {
            if (wasMounted)
            {
                held.Mount();
            }
        }
    }
}

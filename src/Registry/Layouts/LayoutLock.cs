using System.Runtime.InteropServices;

using Microsoft.Win32.SafeHandles;

namespace Bld.Registry;

/// <summary>
/// The flock(2) of a directory, held until this is disposed, or until the process ends in whatever way. Of the directory itself, so that
/// no file is left that belongs to no image.
/// </summary>
internal sealed partial class LayoutLock : IDisposable
{
    private readonly SafeFileHandle _directory;

    private LayoutLock(SafeFileHandle directory) => _directory = directory;

    /// <summary>Waits for the lock.</summary>
    /// <exception cref="RegistryException">The directory can't be opened or locked.</exception>
    internal static LayoutLock Take(string directory)
    {
        const int CloseOnExec = 0x80000;
        var handle = Open(directory, CloseOnExec);
        var error = handle.IsInvalid ? Marshal.GetLastPInvokeError() : Lock(handle);
        if (error != 0)
        {
            handle.Dispose();
            throw new RegistryException($"cannot lock the directory {directory}: {Marshal.GetPInvokeErrorMessage(error)}");
        }

        return new LayoutLock(handle);
    }

    public void Dispose() => _directory.Dispose();

    private static int Lock(SafeFileHandle directory)
    {
        const int Exclusive = 2;
        const int Interrupted = 4;
        int error;
        do
        {
            error = Lock(directory, Exclusive) < 0 ? Marshal.GetLastPInvokeError() : 0;
        }
        while (error == Interrupted);
        return IsUnknown(error) ? 0 : error;
    }

    /// <summary>
    /// Whether the file system has no such locks: one process alone can still write there. NFS makes them locks of ranges, which want a
    /// descriptor to write with (flock(2)), and a directory has none.
    /// </summary>
    private static bool IsUnknown(int error)
    {
        const int BadDescriptor = 9;
        const int NoLocks = 37;
        const int NoCall = 38;
        const int NotSupported = 95;
        return error is BadDescriptor or NoLocks or NoCall or NotSupported;
    }

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial SafeFileHandle Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "flock", SetLastError = true)]
    private static partial int Lock(SafeFileHandle file, int operation);
}

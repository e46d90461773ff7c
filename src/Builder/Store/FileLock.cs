using Bld.Runtime.Linux;

using Microsoft.Win32.SafeHandles;

namespace Bld.Builder.Store;

/// <summary>A flock(2) that is held until this is disposed, or until the process ends in whatever way.</summary>
internal sealed class FileLock : IDisposable
{
    private readonly SafeFileHandle _file;

    private FileLock(SafeFileHandle file) => _file = file;

    /// <summary>Waits for the lock on an opened file or directory, whose descriptor it then owns.</summary>
    internal static FileLock Take(SafeFileHandle file, bool exclusive)
    {
        try
        {
            FileCalls.Lock(file, exclusive);
            return new FileLock(file);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>The lock if nobody holds one against it, else null (and the descriptor is closed).</summary>
    internal static FileLock? TryTake(SafeFileHandle file, bool exclusive)
    {
        if (FileCalls.TryLock(file, exclusive))
        {
            return new FileLock(file);
        }

        file.Dispose();
        return null;
    }

    public void Dispose() => _file.Dispose();
}

using Bld.Runtime.Init;
using Bld.Runtime.Linux;

using Microsoft.Win32.SafeHandles;

namespace Bld.Runtime;

/// <summary>
/// The descriptors that init gets, each as a copy at a high number which is the same on both sides: so no pair of the spawn
/// can overwrite another's source, and low numbers stay free for the streams.
/// </summary>
internal sealed class InheritedDescriptors : IDisposable
{
    private readonly List<SafeFileHandle> _copies = [];
    private readonly Dictionary<SafeFileHandle, int> _numbers = [];

    /// <summary>Pairs of our number and the child's.</summary>
    internal List<(int Source, int Target)> Pairs { get; } = [];

    /// <summary>The namespaces that init is to join.</summary>
    internal List<JoinStep> Joins { get; } = [];

    /// <summary>Init's number of a pid namespace to join on the way into a user namespace; -1 for none.</summary>
    internal int PidNamespace { get; set; } = -1;

    /// <summary>Init's number of the root's tree, cloned here because init may not be able to reach its path; -1 leaves it to init.</summary>
    internal int Root { get; set; } = -1;

    /// <summary>Init's number of the socket that takes the descriptor of the system call filter's notifications; -1 for none.</summary>
    internal int SeccompSocket { get; set; } = -1;

    /// <summary>The trees of the spec's bind mounts, cloned here for the same reason, by their place in the list.</summary>
    internal Dictionary<int, (int Number, bool IsFile)> Binds { get; } = [];

    /// <summary>The number under which init finds the handle.</summary>
    internal int Number(SafeFileHandle handle) => _numbers[handle];

    internal void Add(SafeFileHandle handle)
    {
        if (!_numbers.ContainsKey(handle))
        {
            var number = Copy(handle);
            _numbers.Add(handle, number);
            Pairs.Add((number, number));
        }
    }

    /// <summary>Adds a handle as one of the standard streams.</summary>
    internal void AddStream(SafeFileHandle handle, int target) => Pairs.Add((Copy(handle), target));

    /// <summary>Takes over a handle that was opened for this start only, to be closed with it.</summary>
    internal void Keep(SafeFileHandle handle) => _copies.Add(handle);

    /// <summary>Closes this process's copy of a handle that the child has by now.</summary>
    internal void Release(SafeFileHandle handle)
    {
        var number = _numbers[handle];
        _copies.Find(copy => copy.DangerousGetHandle() == number)?.Dispose();
        _copies.RemoveAll(copy => copy.IsClosed);
    }

    /// <summary>The same, but the number stays taken, by another file: what init is given later must not get the number of what it has.</summary>
    internal void Vacate(SafeFileHandle handle, SafeFileHandle placeholder) => ProcessCalls.Replace(_numbers[handle], placeholder);

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var copy in _copies)
        {
            copy.Dispose();
        }

        _copies.Clear();
    }

    private int Copy(SafeFileHandle handle)
    {
        var copy = ProcessCalls.DuplicateHigh(handle);
        _copies.Add(copy);
        return (int)copy.DangerousGetHandle();
    }
}

namespace Bld.Runtime.Linux;

/// <summary>A system call that failed: what was tried, on what, and the kernel's reason.</summary>
/// <param name="operation">The call's name as a person knows it: <c>open</c>, <c>mount overlay</c>.</param>
/// <param name="path">What it was tried on; empty when the call has no object.</param>
/// <param name="errno">The kernel's reason.</param>
public sealed class LinuxException(string operation, string path, Errno errno)
    : IOException(Sentence(operation, path, errno))
{
    /// <summary>The call's name as a person knows it.</summary>
    public string Operation { get; } = operation;

    /// <summary>What it was tried on; empty when the call has no object.</summary>
    public string Path { get; } = path;

    /// <summary>The kernel's reason.</summary>
    public Errno Errno { get; } = errno;

    private static string Sentence(string operation, string path, Errno errno) =>
        path.Length == 0 ? $"{operation}: {errno.Describe()}" : $"{operation} {path}: {errno.Describe()}";
}

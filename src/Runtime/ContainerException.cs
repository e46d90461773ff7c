using Bld.Runtime.Linux;

namespace Bld.Runtime;

/// <summary>A container that could not be started: one sentence for a person, and the same as data.</summary>
/// <param name="message">The sentence.</param>
/// <param name="step">What was tried.</param>
/// <param name="path">On what; empty when it has no object.</param>
/// <param name="errno">The kernel's reason; <see cref="Errno.None"/> when it was no system call.</param>
/// <param name="exitCode">The exit code that fits: 127 no such command, 126 can't be executed, 125 anything else.</param>
public sealed class ContainerException(string message, string step = "", string path = "", Errno errno = Errno.None, int exitCode = 125)
    : Exception(message)
{
    /// <summary>What was tried.</summary>
    public string Step { get; } = step;

    /// <summary>On what; empty when it has no object.</summary>
    public string Path { get; } = path;

    /// <summary>The kernel's reason; <see cref="Errno.None"/> when it was no system call.</summary>
    public Errno Errno { get; } = errno;

    /// <summary>The exit code that fits.</summary>
    public int ExitCode { get; } = exitCode;
}

namespace Bld.Runtime;

/// <summary>
/// Where the program lies that the runtime starts beside itself: as a container's init, on the way into a user namespace, as the guard
/// of a network. It is this process's own executable, or a smaller one that starts quicker.
/// </summary>
public static class InitProgramPlace
{
    /// <summary>This process's own executable.</summary>
    internal const string Own = "/proc/self/exe";

    private static Lazy<string> s_path = new(static () => Own);

    /// <summary>The path.</summary>
    internal static string Path => s_path.Value;

    /// <summary>Says where a smaller one comes from. It is unpacked when the first is started, and found there afterwards.</summary>
    /// <param name="directory">A directory of this user's own; made if it is missing.</param>
    /// <param name="trailer">The last eight bytes of the program, compressed by gzip, the least significant first; 0 where there is none.</param>
    /// <param name="open">Opens it.</param>
    public static void Use(string directory, ulong trailer, Func<Stream?> open) => s_path = new(() => InitProgramFile.Find(directory, trailer, open) ?? Own);
}

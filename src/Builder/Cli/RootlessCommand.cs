using Bld.Runtime;
using Bld.Runtime.Rootless;

namespace Bld.Builder.Cli;

/// <summary>Commands of a user without privilege: they run as root of a user namespace.</summary>
internal static class RootlessCommand
{
    // These touch no image and no container.
    private static readonly string[] Unprivileged = ["version", "help", "login", "logout", "--version", "--help", "-v", "-h"];

    /// <summary>Whether the command line needs a user namespace, and is not in one yet.</summary>
    public static bool IsWanted(string[] words) => words.Length > 0 && RootlessStart.IsNeeded && !RootlessStart.IsMarked && !Unprivileged.Contains(words[0]);

    /// <summary>Runs the command line there; its exit code.</summary>
    public static int Run(string[] words)
    {
        try
        {
            return RootlessStart.Run(static message => Console.Error.WriteLine($"Warning: {message}"));
        }
        catch (ContainerException) when (Environment.IsPrivilegedProcess)
        {
            // A root who may not mount, in a container that allows no user namespaces: what needs no mount works all the same.
            return CommandRunner.Run(words);
        }
        catch (ContainerException exception)
        {
            return CommandRunner.Fail(exception);
        }
    }
}

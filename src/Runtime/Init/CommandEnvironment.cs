using System.Text;

using Bld.Runtime.Linux;
using Bld.Runtime.Users;

namespace Bld.Runtime.Init;

/// <summary>The command's environment: what was asked for, and HOME from the container's own /etc/passwd when it is missing or empty.</summary>
internal static class CommandEnvironment
{
    internal static byte[][] Complete(ProcessStep process)
    {
        if (Find(process.Environment, "HOME="u8) is { Length: > 0 })
        {
            return process.Environment;
        }

        using var root = FileCalls.Open(FileCalls.CurrentDirectory, "/"u8, OpenFlags.Path | OpenFlags.Directory);
        var home = new UserDatabase(root).FindHome(process.User) ?? "/";
        return [.. process.Environment.Where(static entry => !entry.AsSpan().StartsWith("HOME="u8)), Encoding.UTF8.GetBytes("HOME=" + home)];
    }

    /// <summary>This process's own, as exec takes it.</summary>
    /// <param name="but">The name of a variable that is left out; null for none.</param>
    internal static List<byte[]> OfThisProcess(string? but = null)
    {
        var entries = new List<byte[]>();
        foreach (System.Collections.DictionaryEntry entry in Environment.GetEnvironmentVariables())
        {
            if (!Equals(entry.Key, but))
            {
                entries.Add(Encoding.UTF8.GetBytes($"{entry.Key}={entry.Value}"));
            }
        }

        return entries;
    }

    /// <summary>The value of the entry that starts with <paramref name="prefix"/>; null when there is none.</summary>
    internal static byte[]? Find(byte[][] environment, ReadOnlySpan<byte> prefix)
    {
        foreach (var entry in environment)
        {
            if (entry.AsSpan().StartsWith(prefix))
            {
                return entry[prefix.Length..];
            }
        }

        return null;
    }
}

namespace Bld.Runtime.Tests;

/// <summary>What runs on this machine.</summary>
internal static class Processes
{
    /// <summary>Processes whose command line ends with the name (as path's end) and one argument.</summary>
    internal static int Count(string name, string argument)
    {
        var count = 0;
        foreach (var directory in Directory.GetDirectories("/proc"))
        {
            try
            {
                var words = File.ReadAllText(directory + "/cmdline").Split('\0', StringSplitOptions.RemoveEmptyEntries);
                count += words.Length == 2 && words[1] == argument && Path.GetFileName(words[0]) == name ? 1 : 0;
            }
            catch (IOException)
            {
                // Not a process, or one that ended meanwhile.
            }
            catch (UnauthorizedAccessException)
            {
                // Some entries of /proc are nobody's to read.
            }
        }

        return count;
    }
}

using System.Text;

using Bld.Builder.Store;

namespace Bld.Builder.Engine;

/// <summary>Explains a command that did not end well.</summary>
internal static class FailedCommand
{
    private const int NotFound = 127;
    private const int NotExecutable = 126;
    private const int OutOfMemoryKill = 137;
    private const int MostLines = 10;

    /// <summary>The error for a command, with its last lines and, for the codes that have a meaning of their own, what they mean.</summary>
    public static BuildException Describe(RunCommand command, int code, string tail)
    {
        var text = new StringBuilder($"process \"{command.Shown}\" did not complete successfully: exit code: {code}");
        text.Append(code switch
        {
            NotFound => " (the shell found no such command: is its package installed, and is it in PATH?)",
            NotExecutable => " (the command was found, but it may not be executed)",
            OutOfMemoryKill => " (killed: mostly because it took more memory than there is)",
            _ => "",
        });
        var lines = tail.TrimEnd('\n').Split('\n');
        if (tail.Trim().Length > 0)
        {
            text.Append("\nits last lines:");
            foreach (var line in lines.TakeLast(MostLines))
            {
                text.Append("\n  ").Append(line);
            }
        }

        return new BuildException(text.ToString()) { ExitCode = code };
    }
}

using System.Text;

namespace Bld.Builder.Cli;

/// <summary>Text that may be long, to standard output: in one piece, where <see cref="Console.Out"/> makes a system call of every 256 characters.</summary>
internal static class LongText
{
    /// <summary>Writes it.</summary>
    public static void Write(string text)
    {
        using var output = Console.OpenStandardOutput();
        output.Write(Encoding.UTF8.GetBytes(text));
    }
}

using System.Text;

using Bld.Runtime.Init;
using Bld.Runtime.Linux;

using Microsoft.Win32.SafeHandles;

namespace Bld.Runtime.Rootless;

/// <summary>Runs small programs of the host that do what takes more rights or knowledge than this one has.</summary>
internal static class HelperProgram
{
    private const int LongestOutput = 4096;
    private static readonly string[] Directories = ["/usr/bin", "/usr/local/bin", "/bin", "/usr/sbin", "/usr/libexec/podman", "/usr/lib/podman"];

    /// <summary>The first executable of that name in the places where such programs are installed.</summary>
    internal static string? Find(string name)
    {
        foreach (var directory in Directories)
        {
            var path = $"{directory}/{name}";
            if (File.Exists(path))
            {
                return path;
            }
        }

        return null;
    }

    /// <summary>Runs a program to its end: its exit code, and in one line what it said.</summary>
    /// <param name="path">The program.</param>
    /// <param name="arguments">The whole argv.</param>
    /// <param name="also">A descriptor that it finds as its number 3.</param>
    internal static (int Code, string Said) Run(string path, string[] arguments, SafeFileHandle? also = null)
    {
        using var output = ProcessCalls.MakeMemoryFile(default);
        using var nothing = FileCalls.Open("/dev/null", OpenFlags.ReadWrite);
        using var highOutput = ProcessCalls.DuplicateHigh(output);
        using var highNothing = ProcessCalls.DuplicateHigh(nothing);
        using var highAlso = also is null ? null : ProcessCalls.DuplicateHigh(also);
        var text = (int)highOutput.DangerousGetHandle();
        List<(int, int)> descriptors = [((int)highNothing.DangerousGetHandle(), 0), (text, 1), (text, 2)];
        if (highAlso is not null)
        {
            descriptors.Add(((int)highAlso.DangerousGetHandle(), 3));
        }

        var errno = ProcessCalls.TrySpawn(
            Encoding.UTF8.GetBytes(path), Array.ConvertAll(arguments, Encoding.UTF8.GetBytes), ["PATH=/usr/sbin:/usr/bin:/sbin:/bin"u8.ToArray()],
            descriptors, out var process);
        SetupFailure.Check(errno, "run", Encoding.UTF8.GetBytes(path));
        var code = ProcessCalls.WaitForExit(process);
        FileCalls.Seek(output, 0);
        return (code, Encoding.UTF8.GetString(ProcessCalls.ReadAll(output, LongestOutput)).Trim().ReplaceLineEndings("; "));
    }
}

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
        using var highAlso = also is null ? null : ProcessCalls.DuplicateHigh(also);
        List<(int, int)> descriptors = [];
        if (highAlso is not null)
        {
            descriptors.Add(((int)highAlso.DangerousGetHandle(), 3));
        }

        var process = Start(path, arguments, output, descriptors);
        var code = ProcessCalls.WaitForExit(process);
        return (code, Said(output));
    }

    /// <summary>Starts a program; its number.</summary>
    /// <param name="path">The program.</param>
    /// <param name="arguments">The whole argv.</param>
    /// <param name="output">Takes what it says.</param>
    /// <param name="descriptors">What it gets besides: pairs of this process's number and its own. The standard streams are added.</param>
    internal static int Start(string path, string[] arguments, SafeFileHandle output, List<(int Source, int Target)> descriptors)
    {
        using var nothing = FileCalls.Open("/dev/null", OpenFlags.ReadWrite);
        using var highOutput = ProcessCalls.DuplicateHigh(output);
        using var highNothing = ProcessCalls.DuplicateHigh(nothing);
        var text = (int)highOutput.DangerousGetHandle();
        descriptors.Add(((int)highNothing.DangerousGetHandle(), 0));
        descriptors.Add((text, 1));
        descriptors.Add((text, 2));
        var errno = ProcessCalls.TrySpawn(
            Encoding.UTF8.GetBytes(path), Array.ConvertAll(arguments, Encoding.UTF8.GetBytes), ["PATH=/usr/sbin:/usr/bin:/sbin:/bin"u8.ToArray()],
            descriptors, out var process);
        SetupFailure.Check(errno, "run", Encoding.UTF8.GetBytes(path));
        return process;
    }

    /// <summary>What a program has said, in one line.</summary>
    internal static string Said(SafeFileHandle output)
    {
        FileCalls.Seek(output, 0);
        return Encoding.UTF8.GetString(ProcessCalls.ReadAll(output, LongestOutput)).Trim().ReplaceLineEndings("; ");
    }
}

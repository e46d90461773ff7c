using System.Diagnostics;

namespace Bld.Builder.Tests.Layers;

/// <summary>Other people's programs, as judges.</summary>
internal static class Programs
{
    /// <summary>Runs a shell command and returns what it printed; fails the test when the command fails.</summary>
    internal static string Shell(string command, string directory)
    {
        var start = new ProcessStartInfo("/bin/bash", ["-euc", command])
        {
            WorkingDirectory = directory,
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using var process = Process.Start(start)!;
        var errors = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, $"{command}: {errors.Result}");
        return output;
    }
}

using System.Diagnostics;

using Bld.Builder.Cli.Flags;
using Bld.Builder.Store;

namespace Bld.Builder.Cli.Commands;

/// <summary>Puts Dockerfiles whose name ends in <c>.in</c> through the C preprocessor, as Buildah does.</summary>
internal static class Preprocessor
{
    /// <summary>Whether a file wants it.</summary>
    public static bool Takes(string name) => name.EndsWith(".in");

    // What cpp says of a line that begins with # and is no directive, which in these files is a comment.
    private const string Comment = "invalid preprocessing directive";

    /// <summary>The text that cpp makes, without comments; what it says on standard error is passed on as warnings.</summary>
    /// <param name="text">The file.</param>
    /// <param name="name">Its name, for errors.</param>
    /// <param name="includes">Directory that <c>#include "…"</c> looks in.</param>
    /// <param name="flags">The command line, for <c>--cpp-flag</c>.</param>
    /// <exception cref="BuildException">There is no cpp, or it fails.</exception>
    public static string Run(string text, string name, string includes, ParsedFlags flags)
    {
        var start = new ProcessStartInfo("cpp")
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        var extra = (Environment.GetEnvironmentVariable("BUILDAH_CPPFLAGS") ?? "").Split(' ', StringSplitOptions.RemoveEmptyEntries);
        foreach (var word in (string[])["-E", "-iquote", includes, "-traditional", "-undef", "-w", .. extra, .. flags.List("cpp-flag"), "-"])
        {
            start.ArgumentList.Add(word);
        }

        start.Environment["LC_ALL"] = "C";
        using var process = Start(start, name);
        var output = process.StandardOutput.ReadToEndAsync();
        var error = process.StandardError.ReadToEndAsync();
        process.StandardInput.Write(text);
        process.StandardInput.Close();
        process.WaitForExit();
        var said = error.GetAwaiter().GetResult().Split('\n', StringSplitOptions.RemoveEmptyEntries);
        var others = said.Where(static line => !line.Contains(Comment)).ToList();
        if (process.ExitCode != 0 && (others.Count == said.Length || others.Exists(static line => line.Contains("error:"))))
        {
            throw new BuildException($"the C preprocessor failed on {name}: {string.Join('\n', others)}");
        }

        foreach (var each in said)
        {
            Console.Error.WriteLine($"[Warning] {name}, C preprocessor: {each}");
        }

        return output.GetAwaiter().GetResult();
    }

    private static Process Start(ProcessStartInfo start, string name)
    {
        try
        {
            return Process.Start(start)!;
        }
        catch (System.ComponentModel.Win32Exception exception)
        {
            throw new BuildException($"{name} ends in .in, so it goes through the C preprocessor, but cpp can't be started: {exception.Message}; install the package cpp", exception);
        }
    }
}

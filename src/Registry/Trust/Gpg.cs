using System.Diagnostics;

namespace Bld.Registry;

/// <summary>The program gpg.</summary>
internal static class Gpg
{
    private const int MostOutput = 1 << 20;

    /// <summary>Refuses a key that can't sign, before anything is made to be signed.</summary>
    /// <exception cref="RegistryException">The user's keyring has no such secret key.</exception>
    internal static void CheckSecretKey(string key)
    {
        var (code, said) = Run(["--list-secret-keys", "--", key], [], out _);
        if (code != 0)
        {
            throw Failure(key, said);
        }
    }

    /// <summary>Signs with a key of the user's keyring; gives what was signed and the signature in one.</summary>
    /// <exception cref="RegistryException">It can't be done.</exception>
    internal static byte[] Sign(string key, byte[] content)
    {
        var (code, said) = Run(["--local-user", key, "--sign"], content, out var signed);
        return code == 0 ? signed : throw Failure(key, said);
    }

    /// <summary>Runs it without a terminal.</summary>
    /// <returns>Its exit code, and what it said. A code other than 0 when it gave more than <see cref="MostOutput"/>.</returns>
    /// <exception cref="RegistryException">There is no such program.</exception>
    internal static (int Code, string Said) Run(IReadOnlyList<string> arguments, byte[] input, out byte[] output)
    {
        try
        {
            using var process = Process.Start(new ProcessStartInfo("gpg", ["--batch", "--no-tty", .. arguments])
            {
                UseShellExecute = false,
                RedirectStandardInput = true,
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            })!;
            var said = process.StandardError.ReadToEndAsync();
            // It writes while it reads: who doesn't take that off it waits for ever.
            var content = Task.Run(() => ReadOutput(process));
            Give(process, input);
            output = content.GetAwaiter().GetResult();
            process.WaitForExit();
            return (process.ExitCode, said.GetAwaiter().GetResult());
        }
        catch (System.ComponentModel.Win32Exception exception)
        {
            throw new RegistryException("GPG signatures need the program gpg, which can't be run: install gnupg", exception);
        }
    }

    // What it can't use it doesn't read to its end; it says why.
    private static void Give(Process process, byte[] input)
    {
        try
        {
            process.StandardInput.BaseStream.Write(input);
            process.StandardInput.Close();
        }
        catch (IOException)
        {
            return;
        }
    }

    // A stranger's signature may unpack to any size.
    private static byte[] ReadOutput(Process process)
    {
        using var content = new MemoryStream();
        var buffer = new byte[81920];
        while (process.StandardOutput.BaseStream.Read(buffer) is var count and > 0)
        {
            content.Write(buffer, 0, count);
            if (content.Length > MostOutput)
            {
                process.Kill();
                return [];
            }
        }

        return content.ToArray();
    }

    private static RegistryException Failure(string key, string said) =>
        new($"cannot sign with \"{key}\": it is neither a file with a key nor one that gpg can sign with ({said.Trim().Split('\n')[^1]})");
}

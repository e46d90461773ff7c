using System.Diagnostics;

namespace Bld.Registry;

/// <summary>The program gpg.</summary>
internal static class Gpg
{
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
    /// <returns>Its exit code, and what it said.</returns>
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
            process.StandardInput.BaseStream.Write(input);
            process.StandardInput.Close();
            using var content = new MemoryStream();
            process.StandardOutput.BaseStream.CopyTo(content);
            process.WaitForExit();
            output = content.ToArray();
            return (process.ExitCode, said.GetAwaiter().GetResult());
        }
        catch (System.ComponentModel.Win32Exception exception)
        {
            throw new RegistryException("GPG signatures need the program gpg, which can't be run: install gnupg", exception);
        }
    }

    private static RegistryException Failure(string key, string said) =>
        new($"cannot sign with \"{key}\": it is neither a file with a key nor one that gpg can sign with ({said.Trim().Split('\n')[^1]})");
}

using System.ComponentModel;
using System.Diagnostics;

using Bld.Builder.Store;

namespace Bld.Builder.Engine;

/// <summary>An ssh agent that holds key files for a build: OpenSSH's <c>ssh-agent</c>, which ends with this object or with this process.</summary>
internal sealed class KeyAgent : IDisposable
{
    // The shell waits for the end of its input, which comes when this process dies too. It hands the keys over itself, because ssh-add
    // refuses files that others may read, which a build's keys often are.
    private const string Script = """
        trap 'kill "$SSH_AGENT_PID"' EXIT
        for key; do ssh-add -q - < "$key" || exit; done
        echo "$SSH_AUTH_SOCK"
        cat > /dev/null
        """;

    private readonly Process _process;

    /// <param name="keys">Files of private keys.</param>
    /// <exception cref="BuildException">There is no ssh-agent, or it doesn't take a key.</exception>
    public KeyAgent(IReadOnlyList<string> keys)
    {
        var start = new ProcessStartInfo("ssh-agent", ["sh", "-c", Script, "sh", .. keys])
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        // Nobody is asked for a passphrase: a build in a script would wait for ever.
        start.Environment["SSH_ASKPASS"] = "/bin/false";
        start.Environment["SSH_ASKPASS_REQUIRE"] = "force";
        try
        {
            _process = Process.Start(start)!;
        }
        catch (Win32Exception exception)
        {
            throw new BuildException($"--ssh: ssh-agent, which has to hold the keys, can't be started: {exception.Message}; install openssh-client, or give an agent's socket", exception);
        }

        if (_process.StandardOutput.ReadLine() is { Length: > 0 } socket)
        {
            Socket = socket;
            return;
        }

        var error = _process.StandardError.ReadToEnd().Trim();
        Dispose();
        throw new BuildException($"--ssh: ssh-add doesn't take the key {string.Join(" or ", keys)}: {(error.Length > 0 ? error : "it has a passphrase")}; a key with a passphrase can be in an agent whose socket is given");
    }

    /// <summary>Where it listens.</summary>
    public string Socket { get; } = "";

    /// <inheritdoc/>
    public void Dispose()
    {
        _process.StandardInput.Close();
        _process.WaitForExit();
        _process.Dispose();
    }
}

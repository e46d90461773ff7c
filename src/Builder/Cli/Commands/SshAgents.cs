using Bld.Builder.Cli.Flags;
using Bld.Builder.Engine;
using Bld.Runtime.Linux;

namespace Bld.Builder.Cli.Commands;

/// <summary>The agents that <c>--ssh</c> gives: the caller's by its socket, or one of this build's own for key files.</summary>
internal sealed class SshAgents : IDisposable
{
    private readonly Dictionary<string, string> _sockets = [];
    private readonly List<KeyAgent> _started = [];

    /// <summary>Where they listen, by id.</summary>
    public IReadOnlyDictionary<string, string> Sockets => _sockets;

    /// <summary>Reads <c>id</c>, <c>id=SOCKET</c> and <c>id=KEY[,KEY]</c>.</summary>
    /// <exception cref="Store.BuildException">What is named isn't there, or is no key.</exception>
    public static SshAgents Open(IReadOnlyList<string> texts)
    {
        var agents = new SshAgents();
        try
        {
            foreach (var text in texts)
            {
                agents.Add(text);
            }

            return agents;
        }
        catch
        {
            agents.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var agent in _started)
        {
            agent.Dispose();
        }
    }

    private void Add(string text)
    {
        var equals = text.IndexOf('=');
        var id = equals < 0 ? text : text[..equals];
        var named = equals < 0 ? "" : text[(equals + 1)..];
        var paths = named.Length > 0 ? named.Split(',')
            : Environment.GetEnvironmentVariable("SSH_AUTH_SOCK") is { Length: > 0 } own ? [own]
            : throw new UsageException($"--ssh {text}: SSH_AUTH_SOCK is not set; give the agent's socket as {id}=SOCKET");
        if (paths.FirstOrDefault(static path => !Path.Exists(path)) is { } missing)
        {
            throw new UsageException($"--ssh {text}: stat {missing}: no such file or directory");
        }

        if (paths.Any(IsSocket))
        {
            _sockets[id] = paths is [var socket] ? socket : throw new UsageException($"--ssh {text}: give one socket, or key files, and not both");
            return;
        }

        var agent = new KeyAgent(paths);
        _started.Add(agent);
        _sockets[id] = agent.Socket;
    }

    private static bool IsSocket(string path)
    {
        using var file = FileCalls.Open(FileCalls.CurrentDirectory, ByteString.From(path).Span, OpenFlags.Path);
        return FileCalls.Status(file).Kind == FileKind.Socket;
    }
}

using Bld.Builder.Cli.Flags;
using Bld.Registry;

namespace Bld.Builder.Cli.Commands;

/// <summary>A registry, or a part of one, and the file that keeps the credentials for it.</summary>
/// <param name="Key">Host, and maybe a path below it: what the file calls it by.</param>
/// <param name="File">The file.</param>
/// <param name="IsOnly">Whether no other file is looked at.</param>
internal sealed record LoginPlace(string Key, string File, bool IsOnly)
{
    /// <summary>Something to ask the registry for.</summary>
    public RegistryName Name => Key.IndexOf('/') is var slash and >= 0 ? new RegistryName(Key[..slash], Key[(slash + 1)..], "latest") : new RegistryName(Key, "", "latest");

    /// <summary>What a command line means.</summary>
    /// <param name="line">The command line.</param>
    /// <param name="missing">What to say when it names no registry.</param>
    public static LoginPlace Read(CommandLine line, string missing)
    {
        if (line.Arguments.Count != 1)
        {
            throw new UsageException(
                line.Arguments.Count == 0 ? missing : $"accepts one registry, but was given {line.Arguments.Count}");
        }

        var key = Normalise(line.Arguments[0]);
        return line.Flags.Has("compat-auth-file") && key.Contains('/')
            ? throw new UsageException($"Docker's files keep credentials for whole registries only: leave out --compat-auth-file, or log in to {key[..key.IndexOf('/')]}")
            : new LoginPlace(key, FileOf(line.Flags), line.Flags.Has("authfile") || line.Flags.Has("compat-auth-file"));
    }

    /// <summary>The file that a command line means.</summary>
    public static string FileOf(ParsedFlags flags) => (flags.Text("authfile"), flags.Text("compat-auth-file")) switch
    {
        ({ } own, null) => own,
        (null, { } docker) => docker,
        (null, null) => AuthFiles.Default,
        _ => throw new UsageException("--authfile and --compat-auth-file exclude each other"),
    };

    /// <summary>The credentials that are kept.</summary>
    public Credentials? Find()
    {
        var name = Name;
        return IsOnly ? AuthFile.TryRead(File)?.Find(name.Host, name.Repository) : AuthFiles.Find(name.Host, name.Repository, null);
    }

    /// <summary>Keeps credentials.</summary>
    public void Keep(Credentials credentials) => AuthFile.ReadOrCreate(File).Set(Key, credentials);

    /// <summary>Forgets them; false when there were none.</summary>
    public bool Forget() => AuthFile.TryRead(File)?.Remove(Key) ?? false;

    private static string Normalise(string text)
    {
        var scheme = text.IndexOf("://", StringComparison.Ordinal);
        var rest = (scheme < 0 ? text : text[(scheme + 3)..]).TrimEnd('/');
        rest = rest is "index.docker.io/v1" or "index.docker.io" or "registry-1.docker.io" ? "docker.io" : rest;
        return rest.Length == 0 || rest.AsSpan().ContainsAny(" \t@?#")
            ? throw new UsageException($"\"{text}\" is no registry: give HOST or HOST/NAMESPACE")
            : rest;
    }
}

using Bld.Builder.Cli.Flags;
using Bld.Builder.Engine;

namespace Bld.Builder.Cli.Commands;

/// <summary>What <c>--network</c> says.</summary>
/// <param name="Kind">The kind of network.</param>
/// <param name="Path">A network namespace's file; null for none.</param>
/// <param name="PastaOptions">Options of pasta(1), a word each.</param>
internal sealed record NetworkFlag(NetworkKind Kind, string? Path, IReadOnlyList<string> PastaOptions)
{
    private const string Pasta = "pasta:";
    private const string Slirp = "slirp4netns:";

    // What makes pasta find, hold and leave the namespace is our part.
    private static readonly string[] Own = ["-f", "--foreground", "-P", "--pid", "--netns", "--netns-only", "--no-netns-quit", "--userns", "--runas", "-h", "--help", "--version"];

    /// <summary>Reads it.</summary>
    /// <exception cref="UsageException">It is none.</exception>
    public static NetworkFlag Parse(string? text) => text switch
    {
        null or "" or "default" => Of(NetworkKind.Default),
        "host" => Of(NetworkKind.Host),
        "none" => Of(NetworkKind.None),
        "private" or "container" or "pasta" or "bridge" or "slirp4netns" => Of(NetworkKind.Private),
        _ when text.StartsWith(Pasta) => new NetworkFlag(NetworkKind.Private, null, [.. Words(text[Pasta.Length..]).Select(Checked)]),
        _ when text.StartsWith(Slirp) => new NetworkFlag(NetworkKind.Private, null, [.. Words(text[Slirp.Length..]).SelectMany(FromSlirp)]),
        _ when text.StartsWith("ns:") || text.StartsWith('/') => new NetworkFlag(NetworkKind.Joined, RunNamespaces.Parse("network", text), []),
        _ => throw new UsageException($"invalid network \"{text}\": use private, host, none, pasta:OPTION,… or ns:FILE"),
    };

    private static NetworkFlag Of(NetworkKind kind) => new(kind, null, []);

    private static string[] Words(string text) => text.Split(',', StringSplitOptions.RemoveEmptyEntries);

    /// <summary>An option of pasta that may be said.</summary>
    /// <exception cref="UsageException">It may not.</exception>
    public static string Checked(string word) => Own.Contains(word.Split('=')[0])
        ? throw new UsageException($"pasta's option {word} is bld's own part: leave it out")
        : word;

    // Commands get the same from pasta under other words.
    private static IEnumerable<string> FromSlirp(string option) => option.Split('=', 2) switch
    {
        ["allow_host_loopback", "true"] => ["--map-gw"],
        ["allow_host_loopback", "false"] or ["enable_ipv6", "true"] or ["port_handler", _] => [],
        ["enable_ipv6", "false"] => ["--ipv4-only"],
        ["mtu", var size] => ["--mtu", size],
        ["outbound_addr", var address] => ["--outbound", address],
        _ => throw new UsageException($"--network slirp4netns: private networks are pasta's, which has nothing for {option}: use allow_host_loopback, enable_ipv6, mtu or outbound_addr, or pasta's own options as pasta:OPTION,…"),
    };
}

using Bld.Builder.Cli.Flags;
using Bld.Builder.Engine.Images;
using Bld.Builder.Store;
using Bld.Registry;

namespace Bld.Builder.Cli.Commands;

/// <summary><c>bld login REGISTRY</c>: tries credentials and keeps them.</summary>
internal sealed class LoginCommand : Command
{
    public override IReadOnlyList<string> Names => ["login"];

    public override string Summary => "Log in to a registry";

    public override string Usage => "REGISTRY[/NAMESPACE]";

    public override IReadOnlyList<Flag> Flags =>
    [
        new("get-login", FlagKind.Boolean, "print the user that is logged in"),
        new("password", FlagKind.Text, "the password; others may see it, so better use --password-stdin", 'p'),
        new("password-stdin", FlagKind.Boolean, "read the password from standard input"),
        new("username", FlagKind.Text, "the user", 'u'),
        new("verbose", FlagKind.Boolean, "say where credentials are kept", 'v'),
        new("authfile", FlagKind.File, "file that keeps credentials, instead of the usual one"),
        new("compat-auth-file", FlagKind.File, "file of Docker's format that keeps credentials, instead of the usual one"),
        new("cert-dir", FlagKind.File, "directory with certificates for the registry"),
        new("tls-verify", FlagKind.Boolean, "whether the registry's certificate must be good; false allows plain HTTP"),
    ];

    // Flags may stand behind the registry, as many scripts have them.
    public override bool StopsAtArgument => false;

    public override int Run(CommandLine line)
    {
        var place = LoginPlace.Read(line, "please specify a registry to login to");
        var known = place.Find();
        if (line.Flags.Boolean("get-login"))
        {
            Console.Out.Write((known ?? throw new BuildException($"not logged into {place.Key}")).User + "\n");
            return 0;
        }

        // Somebody waits at the keyboard, and a registry has nothing to think about before it says who may come in.
        var access = RegistryFlags.Access(line.Flags, RegistryFlags.Read(line.Flags, makesAuthFile: true) with { Retries = 1, StallTimeout = TimeSpan.FromSeconds(30) });
        if (known is not null && !line.Flags.Has("username") && !line.Flags.Has("password") && !line.Flags.Boolean("password-stdin"))
        {
            Console.Out.Write($"Authenticating with existing credentials for {place.Key}\n");
            if (IsGood(place, known, access, line.Cancellation))
            {
                Console.Out.Write($"Existing credentials are valid. Already logged in to {place.Key}\n");
                return 0;
            }
        }

        var credentials = Ask(line.Flags, known);
        if (!IsGood(place, credentials, access, line.Cancellation))
        {
            throw new BuildException($"logging into \"{place.Key}\": invalid username/password");
        }

        place.Keep(credentials);
        Console.Out.Write((line.Flags.Boolean("verbose") ? $"Used:  {place.File}\n" : "") + "Login Succeeded!\n");
        return 0;
    }

    private static bool IsGood(LoginPlace place, Credentials credentials, RegistryAccess access, CancellationToken cancellation)
    {
        try
        {
            using var client = access.With(credentials).Open(place.Name);
            client.PingAsync(cancellation).GetAwaiter().GetResult();
            return true;
        }
        catch (RegistryException exception) when (exception.Status is System.Net.HttpStatusCode.Unauthorized or System.Net.HttpStatusCode.Forbidden)
        {
            return false;
        }
    }

    private static Credentials Ask(ParsedFlags flags, Credentials? known)
    {
        if (flags.Boolean("password-stdin"))
        {
            return flags.Has("password") ? throw new UsageException("can't specify both --password-stdin and --password")
                : flags.Text("username") is not { } name ? throw new UsageException("must provide --username with --password-stdin")
                : new Credentials(name, ReadAll());
        }

        var (user, password) = (flags.Text("username"), flags.Text("password"));
        if ((user is null || password is null) && Console.IsInputRedirected)
        {
            throw new UsageException("there is no terminal to ask for the user and the password: give --username, and --password-stdin");
        }

        user ??= CredentialPrompt.AskUser(known?.User);
        return new Credentials(user, password ?? CredentialPrompt.AskPassword());
    }

    // A password may hold anything but the newline that a file or echo ends with.
    private static string ReadAll()
    {
        var text = Console.In.ReadToEnd();
        return text.EndsWith("\r\n") ? text[..^2] : text.EndsWith('\n') ? text[..^1] : text;
    }
}

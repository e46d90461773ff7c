using Bld.Builder.Cli.Flags;
using Bld.Builder.Store;
using Bld.Registry;

namespace Bld.Builder.Cli.Commands;

/// <summary><c>bld logout REGISTRY</c>.</summary>
internal sealed class LogoutCommand : Command
{
    public override IReadOnlyList<string> Names => ["logout"];

    public override string Summary => "Log out of a registry";

    public override string Usage => "REGISTRY[/NAMESPACE]";

    public override IReadOnlyList<Flag> Flags =>
    [
        new("all", FlagKind.Boolean, "forget all credentials of the file", 'a'),
        new("authfile", FlagKind.File, "file that keeps credentials, instead of the usual one"),
        new("compat-auth-file", FlagKind.File, "file of Docker's format that keeps credentials, instead of the usual one"),
    ];

    public override bool StopsAtArgument => false;

    public override int Run(CommandLine line)
    {
        // A misspelt file has nobody to log out.
        RegistryFlags.AuthFile(line.Flags);
        if (line.Flags.Boolean("all"))
        {
            return line.Arguments.Count > 0 ? throw new UsageException("--all and a registry exclude each other") : LogoutAll(LoginPlace.FileOf(line.Flags));
        }

        var place = LoginPlace.Read(line, "registry must be given");
        if (place.Forget())
        {
            Console.Out.Write($"Removed login credentials for {place.Key}\n");
            return 0;
        }

        throw new BuildException(
            place.Find() is null
                ? $"not logged into {place.Key}"
                : $"not logged into {place.Key} by {place.File}: another file or program keeps its credentials; remove them there");
    }

    private static int LogoutAll(string path)
    {
        if (AuthFile.TryRead(path) is { } file)
        {
            foreach (var key in file.Keys)
            {
                file.Remove(key);
            }
        }

        Console.Out.Write("Removed login credentials for all registries\n");
        return 0;
    }
}

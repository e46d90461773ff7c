using Bld.Builder.Cli.Flags;
using Bld.Builder.Cli.Progress;
using Bld.Builder.Engine;

namespace Bld.Builder.Cli.Commands;

/// <summary><c>bld pull IMAGE</c>.</summary>
internal sealed class PullCommand : Command
{
    public override IReadOnlyList<string> Names => ["pull"];

    public override string Summary => "Bring an image into the store";

    public override string Usage => "IMAGE";

    public override IReadOnlyList<Flag> Flags =>
    [
        new("all-tags", FlagKind.Boolean, "pull every tag of the repository", 'a'),
        EncryptionFlags.OfPull,
        new("policy", FlagKind.Text, "always, missing (the default), newer or never"),
        new("quiet", FlagKind.Boolean, "print only the id", 'q'),
        .. RegistryFlags.Platform,
        .. RegistryFlags.All,
    ];

    public override int Run(CommandLine line)
    {
        if (line.Arguments.Count != 1)
        {
            throw new UsageException(line.Arguments.Count == 0 ? "an image name must be specified" : "too many arguments specified");
        }

        using var session = Session.Open(line.Flags);
        session.Puller.DecryptionKeys = EncryptionFlags.ReadKeys(line.Flags);
        var platform = RegistryFlags.ReadPlatform(line.Flags);
        using var transfers = line.Flags.Boolean("quiet") || line.Flags.Boolean("all-tags") ? null : TransferDisplay.Open();
        if (transfers is not null)
        {
            session.Puller.Progress = transfers.Move;
        }
        else if (!line.Flags.Boolean("quiet"))
        {
            session.Puller.Report = static text => Console.Error.WriteLine(text);
        }

        if (line.Flags.Boolean("all-tags"))
        {
            foreach (var name in session.Transports.ListTags(line.Arguments[0], line.Cancellation))
            {
                Console.Out.Write(session.Puller.Pull(name, platform, line.Cancellation).Stored.Id + "\n");
            }

            return 0;
        }

        var pulled = session.Puller.Ensure(line.Arguments[0], Policy(line.Flags.Text("policy")), platform, line.Cancellation);
        transfers?.Dispose();
        Console.Out.Write(pulled.Stored.Id + "\n");
        return 0;
    }

    private static PullPolicy Policy(string? text) => text switch
    {
        "always" => PullPolicy.Always,
        null or "missing" or "ifmissing" => PullPolicy.Missing,
        "newer" or "ifnewer" => PullPolicy.Newer,
        "never" => PullPolicy.Never,
        _ => throw new UsageException($"unsupported pull policy \"{text}\": use always, missing, never or newer"),
    };
}

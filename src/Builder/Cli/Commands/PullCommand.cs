using Bld.Builder.Cli.Flags;
using Bld.Builder.Cli.Progress;
using Bld.Builder.Engine;
using Bld.Builder.Engine.Images;
using Bld.Builder.Store;
using Bld.Registry;

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
        session.Puller.IsPlatformAsked = RegistryFlags.AsksPlatform(line.Flags);
        var platform = RegistryFlags.ReadPlatform(line.Flags);
        var policy = BudRequest.Policy(line.Flags.Text("policy"));

        // What may not be fetched has no tags but those of the store.
        var allTags = line.Flags.Boolean("all-tags") && policy != PullPolicy.Never;
        using var transfers = line.Flags.Boolean("quiet") || allTags ? null : TransferDisplay.Open();
        if (transfers is not null)
        {
            session.Puller.Progress = transfers.Move;
        }
        else if (!line.Flags.Boolean("quiet"))
        {
            session.Puller.Report = static text => Console.Error.WriteLine(text);
        }

        var pulled = allTags
            ? PullAllTags(session, line.Arguments[0], platform, line.Cancellation)
            : session.Puller.Ensure(line.Arguments[0], policy, platform, line.Cancellation);
        transfers?.Dispose();
        Console.Out.Write(pulled.Stored.Id + "\n");
        return 0;
    }

    /// <summary>The image of the first tag: of several ids a script could use none.</summary>
    private static PulledImage PullAllTags(Session session, string name, Platform platform, CancellationToken cancellation)
    {
        if (TransportReference.TryParse(name) is { Kind: not TransportKind.Registry })
        {
            throw new UsageException($"pulling all tags is not supported for {name[..name.IndexOf(':')]} transport: only registries have tags");
        }

        var pulled = session.Transports.ListTags(name, cancellation).Select(tag => session.Puller.Pull(tag, platform, cancellation)).ToList();
        return pulled is [var first, ..] ? first : throw new BuildException($"{name} has no tags");
    }
}

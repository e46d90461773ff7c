using Bld.Builder.Cli.Flags;
using Bld.Builder.Cli.Host;
using Bld.Builder.Engine.Containers;

namespace Bld.Builder.Cli.Commands;

/// <summary><c>bld from IMAGE</c>.</summary>
internal sealed class FromCommand : Command
{
    public override IReadOnlyList<string> Names => ["from"];

    public override string Summary => "Make a working container of an image, or of nothing (scratch)";

    public override string Usage => "IMAGE";

    public override IReadOnlyList<Flag> Flags => FromFlags.All;

    public override int Run(CommandLine line)
    {
        if (line.Arguments.Count == 0)
        {
            throw new UsageException("an image name (or \"scratch\") must be specified");
        }

        ContainerArguments.RefuseFlags(line);
        if (line.Arguments.Count > 1)
        {
            throw new UsageException("too many arguments specified");
        }

        using var session = Session.Open(line.Flags);
        session.Puller.DecryptionKeys = EncryptionFlags.ReadKeys(line.Flags);
        session.Puller.IsPlatformAsked = RegistryFlags.AsksPlatform(line.Flags);
        if (!line.Flags.Boolean("quiet"))
        {
            session.Puller.Report = static text => Console.Error.WriteLine(text);
        }

        var container = Make(session, line);
        if (line.Flags.Text("cidfile") is { Length: > 0 } file)
        {
            HostFile.Write(file, container.Id);
        }

        Console.Out.Write(container.Name + "\n");
        return 0;
    }

    /// <summary>Makes the container; a trigger that fails leaves none.</summary>
    private static WorkingContainer Make(Session session, CommandLine line)
    {
        var container = new ContainerMaker(session.Services, session.Containers).Make(line.Arguments[0], FromFlags.Read(line.Flags), line.Cancellation);
        try
        {
            new OnBuildTriggers(session.Services, session.Containers, static text => Console.Error.WriteLine($"warning: {text}"), line.Cancellation).Run(container);
            return container;
        }
        catch
        {
            using var held = session.Containers.HoldToRemove(container, CancellationToken.None);
            session.Containers.Remove(held);
            throw;
        }
    }
}

using Bld.Builder.Cli.Flags;
using Bld.Builder.Store;
using Bld.Runtime.Rootless;

namespace Bld.Builder.Cli.Commands;

/// <summary>
/// <c>bld unshare</c>: runs a command where this user is root and other users' files can be read and made: in the user namespace that
/// all commands of an ordinary user run in.
/// </summary>
internal sealed class UnshareCommand : Command
{
    public override IReadOnlyList<string> Names => ["unshare"];

    public override string Summary => "Run a command in the user namespace of rootless containers";

    public override string Usage => "[COMMAND [ARGUMENT...]]";

    public override IReadOnlyList<Flag> Flags => [new("mount", FlagKind.List, "mount a working container and set VARIABLE to its root, as [VARIABLE=]CONTAINER", 'm')];

    public override int Run(CommandLine line)
    {
        if (!RootlessStart.IsMarked)
        {
            throw new BuildException("please use unshare with rootless: root needs no user namespace, run the command itself");
        }

        IReadOnlyList<string> command = line.Arguments.Count > 0
            ? line.Arguments
            : [Environment.GetEnvironmentVariable("SHELL") is { Length: > 0 } shell ? shell : "/bin/sh"];
        throw ForegroundProgram.Become(command, [.. Mount(line)]);
    }

    /// <summary>The mounts end with the session; what was written through them is in the container when it is next used.</summary>
    private static IEnumerable<string> Mount(CommandLine line)
    {
        if (!line.Flags.Has("mount"))
        {
            yield break;
        }

        using var session = Session.Open(line.Flags);
        foreach (var text in line.Flags.List("mount"))
        {
            var equals = text.IndexOf('=');
            var container = ContainerArguments.Container(session, text[(equals + 1)..]);
            using var held = session.Containers.Hold(container, line.Cancellation);
            yield return $"{(equals < 0 ? container.Name : text[..equals])}={held.Mount()}";
        }
    }
}

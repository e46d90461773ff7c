using System.Text;
using System.Text.Json;

using Bld.Builder.Cli.Flags;
using Bld.Builder.Engine.Containers;
using Bld.Builder.Store;
using Bld.Json;
using Bld.Runtime.Rootless;

namespace Bld.Builder.Cli.Commands;

/// <summary><c>bld mount [CONTAINER…]</c>.</summary>
internal sealed class MountCommand : Command
{
    public override IReadOnlyList<string> Names => ["mount"];

    public override string Summary => "Mount the roots of working containers, or list those that are";

    public override string Usage => "[CONTAINER...]";

    public override IReadOnlyList<Flag> Flags =>
    [
        new("json", FlagKind.Boolean, "print JSON"),
        new("notruncate", FlagKind.Boolean, "accepted: nothing is truncated"),
    ];

    public override int Run(CommandLine line)
    {
        ContainerArguments.RefuseFlags(line);
        if (RootlessStart.IsForOneCommand && line.Arguments.Count > 0)
        {
            throw new BuildException("cannot mount in rootless mode: the mount would end with this command; run it in a session of bld unshare");
        }

        using var session = Session.Open(line.Flags);
        var mounts = new List<MountEntry>();
        if (line.Arguments.Count == 0)
        {
            List(session, mounts);
            Print(line, mounts);
            return 0;
        }

        try
        {
            return ContainerArguments.Each(line.Arguments, name => mounts.Add(Mount(session, name, line.Cancellation)));
        }
        finally
        {
            // What is mounted is told also when another couldn't be: somebody has to unmount it.
            if (mounts.Count > 0)
            {
                Print(line, mounts);
            }
        }
    }

    private static void Print(CommandLine line, List<MountEntry> mounts) => Console.Out.Write(
            line.Flags.Boolean("json") ? Encoding.UTF8.GetString(mounts.ToJson(new JsonWriterOptions { Indented = true, IndentSize = 4 })) + "\n"
            : line.Arguments.Count == 1 ? mounts[0].MountPoint + "\n"
            : string.Concat(mounts.Select(static mount => $"{mount.Container} {mount.MountPoint}\n")));

    private static MountEntry Mount(Session session, string name, CancellationToken cancellation)
    {
        var container = ContainerArguments.Container(session, name);
        using var held = session.Containers.Hold(container, cancellation);
        return new MountEntry(container.Name, held.Mount());
    }

    private static void List(Session session, List<MountEntry> mounts)
    {
        foreach (var container in session.Containers.List())
        {
            if (HeldContainer.IsMountedAt(session.State, container.Id))
            {
                mounts.Add(new MountEntry(container.Name, HeldContainer.PathOf(session.State, container.Id)));
            }
        }
    }
}

/// <summary>A mounted container as <c>mount --json</c> shows it.</summary>
internal sealed record MountEntry(string Container, string MountPoint) : IJsonWritable
{
    void IJsonWritable.Write(Utf8JsonWriter json)
    {
        json.Text("container", Container);
        json.Text("mountPoint", MountPoint);
    }
}

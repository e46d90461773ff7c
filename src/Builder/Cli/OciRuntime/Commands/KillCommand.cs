using Bld.Builder.Cli.Flags;

namespace Bld.Builder.Cli.OciRuntime.Commands;

/// <summary><c>bldrun kill</c>.</summary>
internal sealed class KillCommand : OciCommand
{
    public override string Name => "kill";

    public override string Summary => "Send a signal to a container: TERM, or the one that is named";

    public override string Usage => "ID [SIGNAL]";

    public override IReadOnlyList<Flag> Flags => [new("all", FlagKind.Boolean, "to all its processes", 'a')];

    public override int Run(OciCall call)
    {
        var words = call.Flags.Arguments;
        if (words.Count is 0 or > 2)
        {
            throw new UsageException("kill wants a container ID and at most one signal");
        }

        call.Root.Find(words[0]).Kill(SignalNumbers.Parse(words.Count > 1 ? words[1] : "TERM"), call.Flags.Boolean("all"));
        return 0;
    }
}

using Bld.Builder.Cli.Flags;

namespace Bld.Builder.Cli.OciRuntime.Commands;

/// <summary><c>bldrun delete</c>.</summary>
internal sealed class DeleteCommand : OciCommand
{
    public override string Name => "delete";

    public override string Summary => "Remove a container that has ended";

    public override IReadOnlyList<Flag> Flags => [new("force", FlagKind.Boolean, "kill it first; no error when there is none", 'f')];

    public override int Run(OciCall call)
    {
        var force = call.Flags.Boolean("force");
        if (!force)
        {
            call.Container.Delete(force, call.Log.Warn);
        }
        else if (call.Root.TryFind(call.Id) is { } container)
        {
            container.Delete(force, call.Log.Warn);
        }
        else
        {
            call.Root.Forget(call.Id);
        }

        return 0;
    }
}

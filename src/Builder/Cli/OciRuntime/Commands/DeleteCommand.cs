using Bld.Builder.Cli.Flags;
using Bld.Runtime;
using Bld.Runtime.Oci;

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
        else if (Find(call) is { } container)
        {
            container.Delete(force, call.Log.Warn);
        }
        else
        {
            call.Root.Forget(call.Id);
        }

        return 0;
    }

    // Null for what a killed "create" left, and for a state that can't be read.
    private static OciContainer? Find(OciCall call)
    {
        try
        {
            return call.Root.TryFind(call.Id);
        }
        catch (ContainerException failure) when (failure.Step == "read")
        {
            call.Log.Warn($"the state of \"{call.Id}\" is removed unread, and what may still run of it is left: {failure.Message}");
            return null;
        }
    }
}

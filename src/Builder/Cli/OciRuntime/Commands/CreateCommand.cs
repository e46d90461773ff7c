using Bld.Builder.Cli.Flags;
using Bld.Runtime.Oci;

namespace Bld.Builder.Cli.OciRuntime.Commands;

/// <summary><c>bldrun create</c>.</summary>
internal sealed class CreateCommand : OciCommand
{
    public override string Name => "create";

    public override string Summary => "Make a container whose command waits for start";

    public override IReadOnlyList<Flag> Flags => CreateFlags.All;

    public override int Run(OciCall call)
    {
        new OciCreation(call.Root, CreateFlags.Read(call)).Create();
        return 0;
    }
}

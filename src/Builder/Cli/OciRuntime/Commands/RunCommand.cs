using Bld.Builder.Cli.Flags;
using Bld.Runtime.Oci;
using Bld.Runtime.Terminals;

namespace Bld.Builder.Cli.OciRuntime.Commands;

/// <summary><c>bldrun run</c>.</summary>
internal sealed class RunCommand : OciCommand
{
    public override string Name => "run";

    public override string Summary => "Make a container and run its command to the end";

    public override IReadOnlyList<Flag> Flags =>
    [
        .. CreateFlags.All,
        new("detach", FlagKind.Boolean, "return when the command runs", 'd'),
        new("keep", FlagKind.Boolean, "leave the state of the ended container for delete"),
    ];

    public override int Run(OciCall call)
    {
        var options = CreateFlags.Read(call);
        if (call.Flags.Boolean("detach"))
        {
            new OciCreation(call.Root, options).RunDetached();
            return 0;
        }

        var creation = new OciCreation(call.Root, options);
        if (options.ConsoleSocket is not null || !creation.WantsTerminal)
        {
            return creation.Run(ForwardedSignals.To);
        }

        using var terminal = new TerminalRelay();
        return creation.Run(
            container =>
            {
                terminal.Attach();
                return ForwardedSignals.To(container);
            },
            terminal.Socket);
    }
}

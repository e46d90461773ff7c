
namespace Bld.Builder.Cli.OciRuntime.Commands;

/// <summary><c>bldrun start</c>.</summary>
internal sealed class StartCommand : OciCommand
{
    public override string Name => "start";

    public override string Summary => "Execute the command of a created container";

    public override int Run(OciCall call)
    {
        call.Container.Start(call.Log.Warn);
        return 0;
    }
}

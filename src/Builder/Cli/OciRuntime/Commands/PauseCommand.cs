
namespace Bld.Builder.Cli.OciRuntime.Commands;

/// <summary><c>bldrun pause</c>.</summary>
internal sealed class PauseCommand : OciCommand
{
    public override string Name => "pause";

    public override string Summary => "Stop all processes of a container where they are";

    public override int Run(OciCall call)
    {
        call.Container.Pause();
        return 0;
    }
}


namespace Bld.Builder.Cli.OciRuntime.Commands;

/// <summary><c>bldrun resume</c>.</summary>
internal sealed class ResumeCommand : OciCommand
{
    public override string Name => "resume";

    public override string Summary => "Let the processes of a paused container go on";

    public override int Run(OciCall call)
    {
        call.Container.Resume();
        return 0;
    }
}

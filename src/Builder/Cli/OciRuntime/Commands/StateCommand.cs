namespace Bld.Builder.Cli.OciRuntime.Commands;

/// <summary><c>bldrun state</c>.</summary>
internal sealed class StateCommand : OciCommand
{
    public override string Name => "state";

    public override string Summary => "Show the state of a container as JSON";

    public override int Run(OciCall call)
    {
        Console.Out.WriteLine(call.Container.Report().ToJson());
        return 0;
    }
}

using System.Text.Json;

using Bld.Runtime.Oci;

namespace Bld.Builder.Cli.OciRuntime.Commands;

/// <summary><c>bldrun state</c>.</summary>
internal sealed class StateCommand : OciCommand
{
    public override string Name => "state";

    public override string Summary => "Show the state of a container as JSON";

    public override int Run(OciCall call)
    {
        Console.Out.WriteLine(JsonSerializer.Serialize(call.Container.Report(), OciReportJson.Default.OciStateReport));
        return 0;
    }
}

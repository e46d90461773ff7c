using Bld.Runtime.Oci;

namespace Bld.Builder.Cli.OciRuntime.Commands;

/// <summary><c>bldrun features</c>.</summary>
internal sealed class FeaturesCommand : OciCommand
{
    public override string Name => "features";

    public override string Summary => "Show what this runtime can do as JSON";

    public override string Usage => "";

    public override int Run(OciCall call)
    {
        Console.Out.WriteLine(OciFeatures.ToJson());
        return 0;
    }
}

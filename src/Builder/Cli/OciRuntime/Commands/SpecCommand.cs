using Bld.Builder.Cli.Flags;
using Bld.Builder.Store;
using Bld.Runtime.Oci;

namespace Bld.Builder.Cli.OciRuntime.Commands;

/// <summary><c>bldrun spec</c>.</summary>
internal sealed class SpecCommand : OciCommand
{
    public override string Name => "spec";

    public override string Summary => "Write a config.json to start from";

    public override string Usage => "";

    public override IReadOnlyList<Flag> Flags =>
    [
        new("bundle", FlagKind.Text, "directory for it; the current one", 'b'),
        new("rootless", FlagKind.Boolean, "one for a user without privilege"),
    ];

    public override int Run(OciCall call)
    {
        var path = Path.Combine(call.Flags.Text("bundle") ?? ".", "config.json");
        if (File.Exists(path))
        {
            throw new BuildException($"{path} exists already: remove it first");
        }

        File.WriteAllBytes(path, SpecTemplate.Create(call.Flags.Boolean("rootless")).ToJson());
        return 0;
    }
}

using Bld.Builder.Cli.Flags;
using Bld.Builder.Store;

namespace Bld.Builder.Cli.Commands;

/// <summary><c>bld mkcw</c>: there so that its name and its flags get an answer.</summary>
internal sealed class MkcwCommand : Command
{
    private const string Refused = "refused: images for confidential workloads can't be made";

    public override IReadOnlyList<string> Names => ["mkcw"];

    public override string Summary => "Refused: images for confidential workloads can't be made";

    public override string Usage => "IMAGE NAME";

    public override IReadOnlyList<Flag> Flags =>
    [
        new("add-file", FlagKind.List, Refused),
        new("attestation-url", FlagKind.Text, Refused, 'u'),
        new("base-image", FlagKind.Text, Refused, 'b'),
        new("cpus", FlagKind.Text, Refused, 'c'),
        new("firmware-library", FlagKind.Text, Refused, 'f'),
        new("memory", FlagKind.Text, Refused, 'm'),
        new("passphrase", FlagKind.Text, Refused, 'p'),
        new("slop", FlagKind.Text, Refused, 's'),
        new("type", FlagKind.Text, Refused, 't'),
        new("workload-id", FlagKind.Text, Refused, 'w'),
    ];

    public override bool StopsAtArgument => false;

    public override int Run(CommandLine line) => throw new BuildException(
        "bld mkcw: images for confidential workloads need an encrypted disk image and an attestation server, which bld doesn't make; "
        + "build the image with bld and convert it with a tool of the platform (krunvm, libkrun)");
}

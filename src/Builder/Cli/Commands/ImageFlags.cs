using Bld.Builder.Cli.Flags;
using Bld.Builder.Engine;

namespace Bld.Builder.Cli.Commands;

/// <summary>The flags of <c>bld bud</c> about what comes out: the image's configuration, its manifest and the files that tell of it.</summary>
internal static class ImageFlags
{
    public static IReadOnlyList<Flag> All { get; } =
    [
        new("env", FlagKind.List, "environment variable of the image, as name=value; name alone takes the caller's value; ENV overrides it"),
        new("iidfile-raw", FlagKind.File, "file that gets the image's id, as HEX", Aliases: ["raw-iidfile"]),
        new("inherit-annotations", FlagKind.Boolean, "keep the annotations of the base image (default true)"),
        new("inherit-labels", FlagKind.Boolean, "keep the labels of the base image (default true)"),
        new("label", FlagKind.List, "label of the image, as name=value"),
        new("layer-label", FlagKind.List, "label of the images that --save-stages keeps, as name=value"),
        new("os-feature", FlagKind.List, "feature of the operating system that the image requires; NAME- takes one away"),
        new("os-version", FlagKind.Text, "version of the operating system that the image requires"),
        new("save-stages", FlagKind.Boolean, "keep an image of every stage that was built"),
        new("stage-labels", FlagKind.Boolean, "label the images with their stage's name and base; needs --save-stages"),
        .. MetadataFlags.All,
    ];

    /// <summary>Adds what the flags say to a request.</summary>
    /// <exception cref="UsageException">Two of them don't go together.</exception>
    public static BuildRequest Apply(BuildRequest request, ParsedFlags flags)
    {
        if (flags.Boolean("stage-labels") && !flags.Boolean("save-stages"))
        {
            throw new UsageException("--stage-labels needs --save-stages: without it there are no images of stages to label");
        }

        return request with
        {
            Metadata = MetadataFlags.Read(flags),
            Environment = NamedValues.OrCaller(flags.List("env")),
            InheritAnnotations = flags.Boolean("inherit-annotations", otherwise: true),
            InheritLabels = flags.Boolean("inherit-labels", otherwise: true),
            Labels = NamedValues.Pairs(flags.List("label")),
            StageImageLabels = NamedValues.Pairs(flags.List("layer-label")),
            OsFeatures = flags.List("os-feature"),
            OsVersion = flags.Text("os-version"),
            SaveStages = flags.Boolean("save-stages"),
            StageLabels = flags.Boolean("stage-labels"),
        };
    }
}

using Bld.Builder.Cli.Flags;
using Bld.Builder.Engine;

namespace Bld.Builder.Cli.Commands;

/// <summary>The flags of <c>bld bud</c> about what comes out: the image's configuration, its manifest and the files that tell of it.</summary>
internal static class ImageFlags
{
    public static IReadOnlyList<Flag> All { get; } =
    [
        new("annotation", FlagKind.List, "annotation of the manifest, as name=value"),
        new("created-annotation", FlagKind.Boolean, "annotate the manifest with the image's time (default true)"),
        new("env", FlagKind.List, "environment variable of the image, as name=value; name alone takes the caller's value; ENV overrides it"),
        new("identity-label", FlagKind.Boolean, "label the image with io.buildah.version (default false)"),
        new("iidfile", FlagKind.Text, "file that gets the image's id, as sha256:HEX"),
        new("iidfile-raw", FlagKind.Text, "file that gets the image's id, as HEX"),
        new("inherit-annotations", FlagKind.Boolean, "keep the annotations of the base image (default true)"),
        new("inherit-labels", FlagKind.Boolean, "keep the labels of the base image (default true)"),
        new("label", FlagKind.List, "label of the image, as name=value"),
        new("layer-label", FlagKind.List, "label of the images that --save-stages keeps, as name=value"),
        new("metadata-file", FlagKind.Text, "file that gets the image's digests and names as JSON"),
        new("omit-history", FlagKind.Boolean, "write no history"),
        new("os-feature", FlagKind.List, "feature of the operating system that the image requires; NAME- takes one away"),
        new("os-version", FlagKind.Text, "version of the operating system that the image requires"),
        new("save-stages", FlagKind.Boolean, "keep an image of every stage that was built"),
        new("stage-labels", FlagKind.Boolean, "label the images with their stage's name and base; needs --save-stages"),
        new("unsetannotation", FlagKind.List, "take an annotation of the base image away"),
        new("unsetenv", FlagKind.List, "take a variable out of the image's environment"),
        new("unsetlabel", FlagKind.List, "take a label of the base image away"),
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
            Annotations = NamedValues.Pairs(flags.List("annotation")),
            CreatedAnnotation = flags.Boolean("created-annotation", otherwise: true),
            Environment = NamedValues.OrCaller(flags.List("env")),
            IdentityLabel = flags.Boolean("identity-label"),
            InheritAnnotations = flags.Boolean("inherit-annotations", otherwise: true),
            InheritLabels = flags.Boolean("inherit-labels", otherwise: true),
            Labels = NamedValues.Pairs(flags.List("label")),
            StageImageLabels = NamedValues.Pairs(flags.List("layer-label")),
            OmitHistory = flags.Boolean("omit-history"),
            OsFeatures = flags.List("os-feature"),
            OsVersion = flags.Text("os-version"),
            SaveStages = flags.Boolean("save-stages"),
            StageLabels = flags.Boolean("stage-labels"),
            UnsetAnnotations = flags.List("unsetannotation"),
            UnsetEnvironment = flags.List("unsetenv"),
            UnsetLabels = flags.List("unsetlabel"),
        };
    }
}

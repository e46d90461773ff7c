using Bld.Builder.Cli.Flags;
using Bld.Builder.Engine;

namespace Bld.Builder.Cli.Commands;

/// <summary>The flags of <c>bld bud</c> and <c>bld commit</c> about the image that comes out, and the files that tell of it.</summary>
internal static class MetadataFlags
{
    public static IReadOnlyList<Flag> All { get; } =
    [
        new("annotation", FlagKind.List, "annotation of the manifest, as name=value"),
        new("created-annotation", FlagKind.Boolean, "annotate the manifest with the image's time (default true)"),
        new("identity-label", FlagKind.Boolean, "label the image with io.buildah.version (default false)"),
        new("iidfile", FlagKind.File, "file that gets the image's id, as sha256:HEX"),
        new("metadata-file", FlagKind.File, "file that gets the image's digests and names as JSON"),
        new("omit-history", FlagKind.Boolean, "write no history"),
        new("unsetannotation", FlagKind.List, "annotation of the base image to leave out"),
        new("unsetenv", FlagKind.List, "environment variable to leave out of the image"),
        new("unsetlabel", FlagKind.List, "label of the base image to leave out"),
    ];

    /// <summary>What the command line says.</summary>
    public static ImageMetadata Read(ParsedFlags flags) => new()
    {
        Annotations = NamedValues.Pairs(flags.List("annotation")),
        CreatedAnnotation = flags.Boolean("created-annotation", otherwise: true),
        IdentityLabel = flags.Boolean("identity-label"),
        OmitHistory = flags.Boolean("omit-history"),
        UnsetAnnotations = flags.List("unsetannotation"),
        UnsetEnvironment = flags.List("unsetenv"),
        UnsetLabels = flags.List("unsetlabel"),
    };
}

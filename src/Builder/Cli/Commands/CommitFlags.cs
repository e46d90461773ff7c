using Bld.Builder.Cli.Flags;
using Bld.Builder.Engine;
using Bld.Builder.Engine.Containers;

namespace Bld.Builder.Cli.Commands;

/// <summary>The flags of <c>bld commit</c>.</summary>
internal static class CommitFlags
{
    public static IReadOnlyList<Flag> All { get; } =
    [
        new("add-file", FlagKind.List, "file of the host for the image alone, as source[:destination]"),
        new("change", FlagKind.List, "instruction that changes the image's configuration, such as \"CMD sh\"", 'c'),
        .. PushFlags.Compression,
        new("config", FlagKind.File, "file with a configuration in JSON, whose values come before the container's"),
        new("disable-compression", FlagKind.Boolean, "accepted: the store keeps no tarballs, registries get compressed layers", 'D'),
        .. EncryptionFlags.OfPush,
        new("format", FlagKind.Text, "oci or docker (default: the container's)", 'f'),
        new("manifest", FlagKind.Text, "list of images that gets the image, too"),
        new("omit-timestamp", FlagKind.Boolean, "the same as --timestamp 0", Hidden: true),
        new("quiet", FlagKind.Boolean, "print only the image's id", 'q'),
        new("reference-time", FlagKind.File, "file whose time the image's becomes", Hidden: true),
        new("rewrite-timestamp", FlagKind.Boolean, "accepted: with a source date epoch times in the layer are always limited"),
        new("rm", FlagKind.Boolean, "remove the container afterwards"),
        new("pull", FlagKind.Text, "accepted without effect: no scanner's image is ever needed", Implied: "true"),
        PushSignature.Flag,
        new("source-date-epoch", FlagKind.Text, "seconds since 1970 that replace the time of the commit"),
        new("squash", FlagKind.Boolean, "one layer for everything, the base included"),
        new("timestamp", FlagKind.Text, "seconds since 1970 that every time becomes"),
        .. MetadataFlags.All,
        .. SbomFlags.OfCommit,
        .. RegistryFlags.All,
    ];

    /// <summary>What the command line asks for.</summary>
    public static CommitRequest Read(ParsedFlags flags, IReadOnlyList<string> names)
    {
        string[] times = ["timestamp", "omit-timestamp", "reference-time", "source-date-epoch"];
        if (times.Count(flags.Has) > 1)
        {
            throw new UsageException("only one of --timestamp, --omit-timestamp, --reference-time and --source-date-epoch can be given: the last is the latest time of a file, the others are every file's");
        }

        if (flags.Boolean("disable-compression") && (flags.Boolean("force-compression") || flags.Text("compression-format") is not (null or "none")))
        {
            throw new UsageException("--disable-compression leaves layers as they are, which --compression-format and --force-compression forbid: give one or the others");
        }

        return new CommitRequest
        {
            Names = names,
            Metadata = MetadataFlags.Read(flags),
            Format = (flags.Text("format") ?? Environment.GetEnvironmentVariable("BUILDAH_FORMAT")) is { } format ? BudRequest.Format(format) : null,
            Squash = flags.Boolean("squash"),
            Timestamp = flags.Boolean("omit-timestamp") ? 0
                : flags.Text("reference-time") is { } reference ? new DateTimeOffset(File.GetLastWriteTimeUtc(reference)).ToUnixTimeSeconds()
                : flags.Number("timestamp"),
            SourceDateEpoch = times[..3].Any(flags.Has) ? null
                : flags.Text("source-date-epoch") is { } epoch ? SourceDateEpoch.Parse(epoch, "--source-date-epoch")
                : SourceDateEpoch.Parse(Environment.GetEnvironmentVariable(SourceDateEpoch.Name), "the environment"),
            Changes = flags.List("change"),
            AddFiles = flags.List("add-file"),
            Config = flags.Text("config") is { } file ? File.ReadAllBytes(file) : null,
        };
    }
}

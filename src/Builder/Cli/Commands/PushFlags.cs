using Bld.Builder.Cli.Flags;
using Bld.Builder.Cli.Settings;
using Bld.Builder.Engine;
using Bld.Builder.Engine.Images;
using Bld.Registry;

namespace Bld.Builder.Cli.Commands;

/// <summary>The flags of the commands that write images elsewhere.</summary>
internal static class PushFlags
{
    /// <summary>Of lists only.</summary>
    public static Flag Variants { get; } =
        new("add-compression", FlagKind.List, "make each image of the list to be had in this compression too, and leave the one that it has: gzip, zstd, zstd:chunked");

    /// <summary>Those that say how layers are compressed.</summary>
    public static IReadOnlyList<Flag> Compression { get; } =
    [
        new("compression-format", FlagKind.Text, "for a registry or an archive: gzip (the default), zstd, or zstd:chunked, of which single files can be fetched"),
        new("compression-level", FlagKind.Text, "how hard to compress: 1 to 9 for gzip, 1 to 20 for zstd"),
        new("force-compression", FlagKind.Boolean, "compress anew what is compressed otherwise"),
    ];

    /// <summary>All of them.</summary>
    public static IReadOnlyList<Flag> All { get; } =
    [
        .. Compression,
        new("format", FlagKind.Text, "oci or docker, instead of the image's own format", 'f'),
        new("digestfile", FlagKind.File, "file that gets the digest of what was written"),
        new("quiet", FlagKind.Boolean, "print nothing", 'q'),
        PushSignature.Flag,
        .. EncryptionFlags.OfPush,
        new("rm", FlagKind.Boolean, "remove a list from the store afterwards; images stay"),
        .. RegistryFlags.All,
    ];

    /// <summary>How the command line wants images written.</summary>
    public static PushOptions Read(ParsedFlags flags)
    {
        var format = Format(flags.Text("format"));
        var encryption = EncryptionFlags.Read(flags, format);
        return ReadCompression(flags, format) with
        {
            Format = encryption is null ? format : ImageFormat.Oci,
            Encryption = encryption,
            Variants = ReadVariants(flags, format),
            Report = flags.Boolean("quiet") ? null : static text => Console.Error.WriteLine(text),
        };
    }

    /// <summary>How the command line wants layers compressed.</summary>
    /// <param name="flags">The command line.</param>
    /// <param name="target">The images' format; null for their own.</param>
    public static PushOptions ReadCompression(ParsedFlags flags, ImageFormat? target = null) =>
        Read(flags.Text("compression-format"), flags.Text("compression-level"), flags.Boolean("force-compression"), target);

    /// <summary>How layers are to be compressed; where no format is said as containers.conf has it, which Docker's format may have no media types for.</summary>
    public static PushOptions Read(string? format, string? levelText, bool force, ImageFormat? target = null)
    {
        var usual = format is null && target is not ImageFormat.Docker ? ContainersConfiguration.Compression() : default;
        var compression = usual.Format is { } configured ? Named(configured, "compression_format in containers.conf: ") : Named(format ?? "gzip");
        levelText ??= usual.Level;
        var level = levelText is null ? (long?)null
            : long.TryParse(levelText, out var number) ? number
            : throw new UsageException($"the compression level \"{levelText}\" is no whole number");
        var highest = compression == LayerCompression.Gzip ? 9 : 22;
        return level is < 1 || level > highest
            ? throw new UsageException($"the compression level {level} is not between 1 and {highest}")
            : new PushOptions
            {
                Compression = compression,
                Level = (int?)level,
                Force = force || format is not null,
            };
    }

    private static List<LayerCompression> ReadVariants(ParsedFlags flags, ImageFormat? format)
    {
        var variants = flags.List(Variants.Name).SelectMany(static text => text.Split(',')).Select(static text => Named(text)).Distinct().ToList();
        return format is ImageFormat.Docker && variants.Exists(static each => each is not LayerCompression.Gzip)
            ? throw new UsageException($"--{Variants.Name} needs --format oci: Docker's format has no media types for zstd")
            : variants;
    }

    private static LayerCompression Named(string format, string origin = "") => format switch
    {
        "gzip" => LayerCompression.Gzip,
        "zstd" => LayerCompression.Zstd,
        "zstd:chunked" => LayerCompression.ZstdChunked,
        _ => throw new UsageException($"{origin}unknown compression format \"{format}\": use gzip, zstd or zstd:chunked"),
    };

    private static ImageFormat? Format(string? text) => text switch
    {
        null => null,
        "oci" => ImageFormat.Oci,
        "docker" or "v2s2" => ImageFormat.Docker,
        "v2s1" => throw new UsageException("Docker's schema 1 is not written by anybody any more: use oci or docker"),
        _ => throw new UsageException($"unknown format \"{text}\": use oci or docker"),
    };
}

using Bld.Builder.Cli.Flags;
using Bld.Builder.Engine;
using Bld.Builder.Engine.Images;
using Bld.Builder.Layers.Encryption;

namespace Bld.Builder.Cli.Commands;

/// <summary>The flags that encrypt layers which leave the store and decrypt those that come in.</summary>
internal static class EncryptionFlags
{
    private const string Keys = "encryption-key";
    private const string Layers = "encrypt-layer";
    private const string DecryptionKeys = "decryption-key";

    /// <summary>Of commands that write images elsewhere.</summary>
    public static IReadOnlyList<Flag> OfPush { get; } =
    [
        new(Keys, FlagKind.List, "who may read the layers: jwe:FILE with a public key (PEM) to encrypt them for"),
        new(Layers, FlagKind.List, "layer to encrypt, 0 for the lowest or -1 for the highest (default: all)"),
    ];

    /// <summary>Of commands that bring images in.</summary>
    public static Flag OfPull { get; } =
        new(DecryptionKeys, FlagKind.List, "private key for encrypted layers: FILE, or FILE:pass=TEXT, FILE:file=FILE, FILE:fd=NUMBER with its passphrase");

    /// <summary>What is to be encrypted; null for nothing.</summary>
    /// <param name="flags">The command line.</param>
    /// <param name="format">The format that it asks for; null for none.</param>
    /// <exception cref="UsageException">It can't be so.</exception>
    public static LayerEncryption? Read(ParsedFlags flags, ImageFormat? format)
    {
        var keys = Split(flags.List(Keys));
        if (keys.Count == 0)
        {
            return flags.Has(Layers) ? throw new UsageException($"--{Layers} can only be used with --{Keys}") : null;
        }

        return format == ImageFormat.Docker
            ? throw new UsageException($"--{Keys} needs --format oci: Docker's format has no media types for encrypted layers")
            : new LayerEncryption(keys.ConvertAll(RecipientKey.Read), Split(flags.List(Layers)).ConvertAll(Place).ToArray());
    }

    /// <summary>What encrypted layers are opened with.</summary>
    public static IReadOnlyList<DecryptionKey> ReadKeys(ParsedFlags flags) => [.. flags.List(DecryptionKeys).SelectMany(SplitFiles).Select(DecryptionKey.Read)];

    /// <summary>Refuses to encrypt what stays in the store.</summary>
    /// <exception cref="UsageException">It was asked for.</exception>
    public static void Refuse(ParsedFlags flags)
    {
        if (flags.Has(Keys) || flags.Has(Layers))
        {
            throw new UsageException($"--{Keys} encrypts what leaves the store, which itself holds images as they are: give a destination such as docker://NAME");
        }
    }

    private static int Place(string text) =>
        int.TryParse(text, System.Globalization.NumberStyles.AllowLeadingSign, null, out var place)
            ? place
            : throw new UsageException($"invalid argument \"{text}\" for \"--{Layers}\" flag: it must be a whole number");

    // What follows a colon is a passphrase up to its end, whatever is in it: a part taken for a file's name would be shown in an error.
    private static List<string> SplitFiles(string text)
    {
        var colon = text.IndexOf(':');
        var files = Split([colon < 0 ? text : text[..colon]]);
        if (colon >= 0 && files.Count > 0)
        {
            files[^1] += text[colon..];
        }

        return files;
    }

    // Buildah's flags of these kinds take several values with commas between, too.
    private static List<string> Split(IReadOnlyList<string> values) => [.. values.SelectMany(static value => value.Split(',', StringSplitOptions.RemoveEmptyEntries))];
}

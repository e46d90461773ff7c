using Bld.Builder.Cli.Flags;
using Bld.Builder.Engine.Images;
using Bld.Registry;

namespace Bld.Builder.Cli.Commands;

/// <summary>The kinds of <c>--output</c>.</summary>
internal enum OutputKind
{
    /// <summary>The root file system in a directory.</summary>
    Local,

    /// <summary>The root file system in a tar file.</summary>
    Tar,

    /// <summary>The image in an OCI layout, or a tar file with one.</summary>
    Oci,

    /// <summary>The image in a tar file as <c>docker save</c> writes it.</summary>
    Docker,

    /// <summary>The image in the store, and maybe in registries.</summary>
    Image,

    /// <summary>The image at the place that a <c>--tag</c> with a transport names.</summary>
    Elsewhere,

    /// <summary>Nowhere: the build is for its steps, and the image gets no name.</summary>
    Cache,
}

/// <summary>One <c>--output</c> of <c>bld bud</c>.</summary>
internal sealed record BudOutput
{
    /// <summary>The flags of <c>bld bud</c> that say where results go besides the store.</summary>
    public static IReadOnlyList<Flag> Flags { get; } =
    [
        new("manifest", FlagKind.Text, "list that the image is put in; made when it isn't there"),
        new("output", FlagKind.List, "where the result goes too: DIR, -, or type=local|tar|oci|docker|image|registry|cacheonly[,dest=…][,name=…]", 'o'),
        new("push", FlagKind.Boolean, "push the image to the registries of its names"),
        .. AttestFlags.All,
        .. SbomFlags.OfBuild,
    ];

    public required OutputKind Kind { get; init; }

    /// <summary>File or directory; <c>-</c> is standard output. Null where none is needed.</summary>
    public string? Destination { get; init; }

    /// <summary>Names of the image there.</summary>
    public IReadOnlyList<string> Names { get; init; } = [];

    /// <summary>Whether each platform's files get a directory of their own; null where only several are to.</summary>
    public bool? SplitsPlatforms { get; init; }

    /// <summary>Whether an OCI layout goes into a tar file.</summary>
    public bool IsArchive { get; init; } = true;

    /// <summary>Whether the image is pushed to its names.</summary>
    public bool IsPushed { get; init; }

    public PushOptions Options { get; init; } = new();

    /// <summary>The place of <see cref="OutputKind.Elsewhere"/>.</summary>
    public TransportReference? Target { get; init; }

    /// <summary>Whether it goes to a registry.</summary>
    public bool GoesToRegistry => IsPushed || Target is { Kind: TransportKind.Registry };

    /// <summary>Whether it goes to standard output, where then nothing else may go.</summary>
    public bool UsesStandardOutput => Destination == "-";

    /// <summary>All that a command line asks for.</summary>
    /// <exception cref="UsageException">One of them can't be understood.</exception>
    public static IReadOnlyList<BudOutput> ReadAll(ParsedFlags flags)
    {
        var options = PushFlags.ReadCompression(flags);
        var outputs = flags.List("output").Select(Parse).ToList();
        if (flags.Boolean("push"))
        {
            outputs.Add(new BudOutput { Kind = OutputKind.Image, IsPushed = true, Options = options });
        }

        var elsewhere = flags.List("tag").Select(ImageDestination.Parse).Select(static tag => tag.Target).OfType<TransportReference>();
        outputs.AddRange(elsewhere.Select(target => new BudOutput { Kind = OutputKind.Elsewhere, Target = target, Options = options }));

        return outputs.Count(static each => each.UsesStandardOutput) > 1 ? throw new UsageException("only one --output can go to standard output") : outputs;
    }

    /// <summary>Whether the build is for its steps alone, whatever names it is given.</summary>
    public static bool IsForCacheAlone(ParsedFlags flags) => flags.List("output").Any(static text => text.Contains('=') && Attributes(text).GetValueOrDefault("type") == "cacheonly");

    private static BudOutput Parse(string text)
    {
        if (!text.Contains('='))
        {
            return new BudOutput { Kind = text == "-" ? OutputKind.Tar : OutputKind.Local, Destination = text };
        }

        var values = Attributes(text);
        var output = Create(text, values);
        string[] known = ["type", "dest", "name", "push", "tar", "compression", "compression-level", "force-compression", "oci-mediatypes", "rewrite-timestamp", "platform-split"];
        return values.Keys.FirstOrDefault(key => !known.Contains(key)) is { } unknown
            ? throw new UsageException($"--output {text}: {unknown} is not known; there are {string.Join(", ", known)}")
            : output;
    }

    private static BudOutput Create(string text, Dictionary<string, string> values)
    {
        var kind = values.GetValueOrDefault("type") switch
        {
            "local" or null => OutputKind.Local,
            "tar" => OutputKind.Tar,
            "oci" => OutputKind.Oci,
            "docker" => OutputKind.Docker,
            "image" or "registry" => OutputKind.Image,
            "cacheonly" => OutputKind.Cache,
            var other => throw new UsageException($"--output {text}: the type {other} is not known: use local, tar, oci, docker, image, registry or cacheonly"),
        };
        var destination = values.GetValueOrDefault("dest");
        if (kind is not (OutputKind.Image or OutputKind.Cache) && string.IsNullOrEmpty(destination))
        {
            // As other builders: an archive without a place goes to standard output.
            destination = kind == OutputKind.Local ? throw new UsageException($"--output {text}: the destination is missing: add dest=DIRECTORY") : "-";
        }

        if (kind == OutputKind.Local && destination == "-")
        {
            throw new UsageException($"--output {text}: a directory can't go to standard output: use type=tar");
        }

        return new BudOutput
        {
            Kind = kind,
            Destination = destination,
            Names = values.TryGetValue("name", out var names) ? [.. names.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)] : [],
            SplitsPlatforms = !values.TryGetValue("platform-split", out var split) ? null
                : ParsedFlags.Truth(split) ?? throw new UsageException($"--output {text}: platform-split={split}: it must be true or false"),
            IsArchive = values.GetValueOrDefault("tar") is not "false",
            IsPushed = values.GetValueOrDefault("type") == "registry" || values.GetValueOrDefault("push") is "true",
            Options = PushFlags.Read(values.GetValueOrDefault("compression"), values.GetValueOrDefault("compression-level"), values.GetValueOrDefault("force-compression") is "true"),
        };
    }

    /// <summary>Attributes of a flag, <c>name=value</c> with commas between; one without a value is true.</summary>
    internal static Dictionary<string, string> Attributes(string text)
    {
        var values = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var field in Fields(text))
        {
            var equals = field.IndexOf('=');
            values[(equals < 0 ? field : field[..equals]).Trim()] = equals < 0 ? "true" : field[(equals + 1)..].Trim();
        }

        return values;
    }

    // Fields are separated by commas, and one that holds commas stands in double quotes.
    private static IEnumerable<string> Fields(string text)
    {
        var (start, isQuoted) = (0, false);
        for (var i = 0; i <= text.Length; i++)
        {
            isQuoted ^= i < text.Length && text[i] == '"';
            if (i == text.Length || (text[i] == ',' && !isQuoted))
            {
                yield return text[start..i].Replace("\"", "");
                start = i + 1;
            }
        }
    }
}

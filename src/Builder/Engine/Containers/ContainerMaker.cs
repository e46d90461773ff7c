using System.Text.Json;

using Bld.Builder.Engine.Images;
using Bld.Builder.Store;
using Bld.Registry;

namespace Bld.Builder.Engine.Containers;

/// <summary>What <c>bld from</c> is asked for.</summary>
internal sealed record ContainerOptions
{
    /// <summary>The container's name; null makes one of the image's.</summary>
    public string? Name { get; init; }

    /// <summary>What the name that is made ends with; null for the usual.</summary>
    public string? Suffix { get; init; }

    public PullPolicy PullPolicy { get; init; }

    public Platform Platform { get; init; } = Platform.Host;

    public ImageFormat Format { get; init; }

    public RunSettings Run { get; init; } = new();
}

/// <summary>Makes working containers of images.</summary>
internal sealed class ContainerMaker(EngineServices services, WorkingContainerStore containers)
{
    private const string Scratch = "scratch";
    private const string UsualSuffix = "working-container";
    private const string BaseName = "org.opencontainers.image.base.name";
    private const string BaseDigest = "org.opencontainers.image.base.digest";

    /// <summary>Makes a container of an image, which is pulled as the policy says, or of nothing (<c>scratch</c>).</summary>
    /// <exception cref="BuildException">The image can't be had, or the name is taken.</exception>
    public WorkingContainer Make(string image, ContainerOptions options, CancellationToken cancellation)
    {
        if (image is Scratch or "")
        {
            return containers.Create(OfNothing(options), options.Name, options.Suffix ?? UsualSuffix);
        }

        var pulled = services.Puller.Ensure(image, options.PullPolicy, options.Platform, cancellation);
        var name = NameOf(image, pulled.Stored);
        return containers.Create(OfImage(pulled, name, options), options.Name, $"{Stem(name)}-{options.Suffix ?? UsualSuffix}");
    }

    private static WorkingContainer OfNothing(ContainerOptions options) => new()
    {
        Id = "",
        Name = "",
        Created = DateTimeOffset.UtcNow,
        Config = new ImageConfig
        {
            Architecture = options.Platform.Architecture,
            Variant = options.Platform.Variant,
            Os = options.Platform.Os,
            Config = new ContainerConfig(),
        },
        Annotations = new(StringComparer.Ordinal) { [BaseName] = "", [BaseDigest] = "" },
        Format = options.Format,
        Run = options.Run,
    };

    private WorkingContainer OfImage(PulledImage image, string name, ContainerOptions options) => new()
    {
        Id = "",
        Name = "",
        Created = DateTimeOffset.UtcNow,
        Image = name,
        ImageId = image.Stored.Id,
        ImageDigest = image.Stored.ManifestDigest.ToString(),
        Manifest = JsonDocument.Parse(services.Images.ReadManifest(image.Stored)).RootElement,
        Base = [.. image.Snapshots.Select(static snapshot => snapshot.ToString())],
        Config = image.Config,
        Annotations = Inherited(image, name),
        Format = options.Format,
        Run = options.Run,
    };

    private static SortedDictionary<string, string> Inherited(PulledImage image, string name)
    {
        var annotations = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (var (key, value) in image.Manifest.Annotations ?? [])
        {
            annotations[key] = value;
        }

        annotations[BaseName] = name;
        annotations[BaseDigest] = image.Stored.ManifestDigest.ToString();
        return annotations;
    }

    /// <summary>Of the image's names the one that was asked for, or its first; without any, what was asked for.</summary>
    private static string NameOf(string asked, StoredImage image)
    {
        var candidates = ImageNames.Candidates(TransportReference.TryParse(asked) is { Kind: TransportKind.Registry } registry ? registry.Path : asked);
        return candidates.FirstOrDefault(image.Names.Contains)
            ?? (image.Names is [var first, ..] ? first : image.Id.StartsWith(ImageNames.WithoutStore(asked).Replace("sha256:", "")) ? image.Id : asked);
    }

    /// <summary>How the containers of an image are called: by the last part of its name, without tag and digest.</summary>
    private static string Stem(string name)
    {
        const int ShortId = 12;
        if (TransportReference.TryParse(name) is not null)
        {
            return name[..name.IndexOf(':')];
        }

        var last = name[(name.LastIndexOf('/') + 1)..];
        var end = last.AsSpan().IndexOfAny(':', '@');
        last = end < 0 ? last : last[..end];
        return last.Length == 64 && last.All(char.IsAsciiHexDigitLower) ? last[..ShortId] : last;
    }
}

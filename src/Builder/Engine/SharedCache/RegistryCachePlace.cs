using System.Net;
using System.Text.Json;

using Bld.Builder.Cache;
using Bld.Builder.Engine.Images;
using Bld.Registry;

namespace Bld.Builder.Engine.SharedCache;

/// <summary>
/// A repository of a registry: the tag <c>TAG-KEY</c> for each step (<c>bld-KEY</c> when the reference has no tag). Where the reference's
/// own tag is an image with an inline cache, that is read too.
/// </summary>
internal sealed class RegistryCachePlace : ICachePlace
{
    private const int LongestPrefix = 63;
    private readonly RegistryClient _client;
    private readonly string _prefix;
    private readonly Platform _platform;
    private readonly bool _mayBeImage;
    private readonly Lock _gate = new();
    private IReadOnlyDictionary<CacheKey, SharedStep>? _inline;

    /// <param name="reference">Names the repository.</param>
    /// <param name="transports">Opens it.</param>
    /// <param name="platform">Whose image is meant where the tag is that of several.</param>
    public RegistryCachePlace(CacheReference reference, ImageTransports transports, Platform platform)
    {
        var name = ImageNames.WithDefaultHost(reference.Place);
        var parsed = RegistryName.Parse(name);
        _mayBeImage = name.EndsWith($":{parsed.Reference}", StringComparison.Ordinal) || name.EndsWith($"@{parsed.Reference}", StringComparison.Ordinal);
        _prefix = _mayBeImage && !parsed.Reference.Contains(':') ? parsed.Reference[..Math.Min(parsed.Reference.Length, LongestPrefix)] : "bld";
        _platform = platform;
        Name = reference.Place;
        (_client, Sink) = transports.OpenRepository(parsed);
        Source = new RegistrySource(_client, parsed, top: null);
    }

    public string Name { get; }

    public IImageSource Source { get; }

    public IImageSink Sink { get; }

    public SharedStep? Find(CacheKey key, CancellationToken cancellation) =>
        Inline(cancellation).TryGetValue(key, out var step) ? step
        : TryRead(Tag(key), cancellation) is { } raw ? SharedStep.TryRead(raw, key)
        : null;

    public void Publish(SharedStep step, Platform platform, CancellationToken cancellation)
    {
        var (manifest, config, bytes) = step.ToImage(platform);
        Publish(Tag(step.Key), manifest, config, bytes, cancellation);
    }

    public SharedMount[] FindMounts(CacheKey key, CancellationToken cancellation)
    {
        var begin = $"{_prefix}-";
        return SharedMount.ReadNewest(MountTags(begin + SharedMount.Prefix(key), cancellation), begin, key, tag => TryRead(tag, cancellation));
    }

    public void Publish(SharedMount mount, Platform platform, CancellationToken cancellation)
    {
        var (manifest, config, bytes) = mount.ToImage(platform);
        Publish($"{_prefix}-{mount.Name}", manifest, config, bytes, cancellation);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Sink.Dispose();
        Source.Dispose();
    }

    private string Tag(CacheKey key) => $"{_prefix}-{key.Hex}";

    private void Publish(string tag, RawManifest manifest, Descriptor config, byte[] configBytes, CancellationToken cancellation)
    {
        Sink.PutBlobAsync(config, () => new MemoryStream(configBytes), cancellation).GetAwaiter().GetResult();
        _client.PutManifestAsync(tag, manifest, cancellation).GetAwaiter().GetResult();
    }

    private string[] MountTags(string begin, CancellationToken cancellation)
    {
        try
        {
            var tags = _client.ListTagsAfterAsync(begin, SharedMount.MostRead, cancellation).GetAwaiter().GetResult();
            return [.. tags.Where(tag => tag.StartsWith(begin, StringComparison.Ordinal))];
        }
        catch (RegistryException exception) when (exception.Status is HttpStatusCode.NotFound or HttpStatusCode.MethodNotAllowed)
        {
            // No such repository as yet, or a registry that lists nothing.
            return [];
        }
    }

    private RawManifest? TryRead(string reference, CancellationToken cancellation)
    {
        try
        {
            return _client.GetManifestAsync(reference, cancellation).GetAwaiter().GetResult();
        }
        catch (RegistryException exception) when (exception.Status == HttpStatusCode.NotFound)
        {
            return null;
        }
    }

    private IReadOnlyDictionary<CacheKey, SharedStep> Inline(CancellationToken cancellation)
    {
        lock (_gate)
        {
            return _inline ??= _mayBeImage ? ReadInline(cancellation) : new Dictionary<CacheKey, SharedStep>();
        }
    }

    private IReadOnlyDictionary<CacheKey, SharedStep> ReadInline(CancellationToken cancellation)
    {
        try
        {
            var raw = TryRead(_client.Name.Reference, cancellation);
            if (raw is not null && MediaTypes.IsIndex(raw.MediaType))
            {
                var chosen = PlatformChoice.Choose(ImageIndex.Parse(raw.Content), _platform);
                raw = chosen is null ? null : TryRead(chosen.Digest.ToString(), cancellation);
            }

            var manifest = raw is null ? null : ImageManifest.Parse(raw.Content);
            return manifest is null || !InlineCache.IsIn(manifest)
                ? new Dictionary<CacheKey, SharedStep>()
                : InlineCache.Read(manifest, ImageConfig.Parse(Documents.ReadAsync(Source, manifest.Config, cancellation).GetAwaiter().GetResult()));
        }
        catch (JsonException exception)
        {
            throw new RegistryException($"{_client.Name} is no image: {exception.Message}", exception);
        }
    }
}

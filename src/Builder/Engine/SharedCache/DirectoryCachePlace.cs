using Bld.Builder.Cache;
using Bld.Registry;

namespace Bld.Builder.Engine.SharedCache;

/// <summary>
/// A directory that is an OCI image layout, with a named image for each step. The layout changes its index under a lock, so several
/// builds may write to it at once.
/// </summary>
internal sealed class DirectoryCachePlace : ICachePlace
{
    private const string Begin = "bld-";
    private readonly string _path;
    private readonly Lazy<OciLayout> _layout;
    private readonly Lazy<Dictionary<string, Descriptor>> _index;

    /// <param name="path">The directory.</param>
    /// <param name="writes">Whether it is made where it is missing.</param>
    public DirectoryCachePlace(string path, bool writes)
    {
        _path = path;
        _layout = new Lazy<OciLayout>(() => writes ? OciLayout.OpenOrCreate(path) : OciLayout.Open(path));
        _index = new Lazy<Dictionary<string, Descriptor>>(ReadIndex);
    }

    public string Name => _path;

    public IImageSource Source => new LayoutSource(_layout.Value, null);

    public IImageSink Sink => new LayoutSink(_layout.Value, []);

    public SharedStep? Find(CacheKey key, CancellationToken cancellation)
    {
        if (!_index.Value.TryGetValue(NameOf(key), out var descriptor))
        {
            return null;
        }

        using var source = Source;
        return SharedStep.TryRead(source.GetManifestAsync(descriptor, cancellation).GetAwaiter().GetResult(), key);
    }

    public void Publish(SharedStep step, Platform platform, CancellationToken cancellation)
    {
        var (manifest, config, bytes) = step.ToImage(platform);
        Publish(NameOf(step.Key), manifest, config, bytes, cancellation);
    }

    public SharedMount[] FindMounts(CacheKey key, CancellationToken cancellation)
    {
        using var source = Source;
        string[] names = [.. _index.Value.Keys.Where(name => name.StartsWith(Begin + SharedMount.Prefix(key)))];
        return SharedMount.ReadNewest(
            names, Begin, key, name => source.GetManifestAsync(_index.Value[name], cancellation).GetAwaiter().GetResult());
    }

    public void Publish(SharedMount mount, Platform platform, CancellationToken cancellation)
    {
        var (manifest, config, bytes) = mount.ToImage(platform);
        Publish(Begin + mount.Name, manifest, config, bytes, cancellation);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
    }

    private static string NameOf(CacheKey key) => Begin + key.Hex;

    private void Publish(string name, RawManifest manifest, Descriptor config, byte[] configBytes, CancellationToken cancellation)
    {
        _layout.Value.WriteBlob(config.Digest, configBytes);
        using var sink = new LayoutSink(_layout.Value, [name]);
        sink.PutManifestAsync(manifest, isTop: true, cancellation).GetAwaiter().GetResult();
    }

    private Dictionary<string, Descriptor> ReadIndex()
    {
        var index = new Dictionary<string, Descriptor>(StringComparer.Ordinal);
        foreach (var manifest in _layout.Value.ReadIndex().Manifests)
        {
            if (manifest.Annotations?.GetValueOrDefault(OciLayout.ReferenceName) is { } name)
            {
                index[name] = manifest;
            }
        }

        return index;
    }
}

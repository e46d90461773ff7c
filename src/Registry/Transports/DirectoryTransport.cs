namespace Bld.Registry;

/// <summary>An image in a directory as skopeo's <c>dir:</c> lays it out, to read: <c>manifest.json</c> and blobs by their hex digits.</summary>
public sealed class DirectorySource(string path) : IImageSource
{
    public string Origin => path;

    public Task<RawManifest> GetManifestAsync(CancellationToken cancellation) => ReadAsync("manifest.json", null);

    public Task<RawManifest> GetManifestAsync(Descriptor manifest, CancellationToken cancellation) => ReadAsync($"{manifest.Digest.Hex}.manifest.json", manifest.Digest);

    public Task<Stream> OpenBlobAsync(Descriptor blob, CancellationToken cancellation)
    {
        try
        {
            return Task.FromResult<Stream>(new VerifyingStream(File.OpenRead($"{path}/{blob.Digest.Hex}"), blob, path));
        }
        catch (Exception exception) when (exception is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new RegistryException($"the blob {blob.Digest} is missing in {path}", exception);
        }
    }

    public void Dispose()
    {
    }

    private async Task<RawManifest> ReadAsync(string file, Digest? digest)
    {
        try
        {
            var content = await File.ReadAllBytesAsync($"{path}/{file}");
            return digest is { } expected && expected.OfSameKind(content) is var actual && actual != expected
                ? throw new RegistryException($"the content of {path}/{file} is damaged: its digest is {actual}")
                : new RawManifest(content, ManifestMediaType.Of(content, null, path));
        }
        catch (Exception exception) when (exception is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new RegistryException($"{path} is no image directory: it has no {file}", exception);
        }
    }
}

/// <summary>An image in a directory, to write. The manifest comes last.</summary>
public sealed class DirectorySink : IImageSink
{
    private readonly string _path;

    /// <param name="path">The directory: new, empty, or with an image that is replaced.</param>
    /// <exception cref="RegistryException">It holds something else.</exception>
    public DirectorySink(string path)
    {
        _path = path;
        Directory.CreateDirectory(path);
        var version = $"{path}/version";
        if (!File.Exists(version) && Directory.EnumerateFileSystemEntries(path).Any())
        {
            throw new RegistryException($"{path} holds something else than an image, which would be overwritten: give a new or an empty directory");
        }

        File.WriteAllText(version, "Directory Transport Version: 1.1\n");
    }

    public string Target => _path;

    public LayerForm Form => LayerForm.AsIs;

    public RegistryName? Registry => null;

    public Task<bool> HasBlobAsync(Digest digest, CancellationToken cancellation) => Task.FromResult(File.Exists($"{_path}/{digest.Hex}"));

    public Task<bool> TryMountAsync(Digest digest, string repository, CancellationToken cancellation) => Task.FromResult(false);

    public async Task PutBlobAsync(Descriptor blob, Func<Stream> open, CancellationToken cancellation)
    {
        await using var source = new VerifyingStream(open(), blob, _path);
        await ProduceBlobAsync(
            target =>
            {
                source.CopyTo(target, 1 << 17);
                return blob.Digest;
            },
            cancellation);
    }

    public Task<(Digest Digest, long Size)> ProduceBlobAsync(Func<Stream, Digest> produce, CancellationToken cancellation)
    {
        var temporary = $"{_path}/.{Guid.NewGuid():N}";
        try
        {
            Digest digest;
            long size;
            using (var file = new FileStream(temporary, FileMode.CreateNew, FileAccess.Write))
            {
                digest = produce(file);
                size = file.Length;
            }

            File.Move(temporary, $"{_path}/{digest.Hex}", overwrite: true);
            return Task.FromResult((digest, size));
        }
        catch
        {
            File.Delete(temporary);
            throw;
        }
    }

    public async Task PutManifestAsync(RawManifest manifest, bool isTop, CancellationToken cancellation)
    {
        var temporary = $"{_path}/.{Guid.NewGuid():N}";
        await File.WriteAllBytesAsync(temporary, manifest.Content, cancellation);
        File.Move(temporary, isTop ? $"{_path}/manifest.json" : $"{_path}/{manifest.Digest.Hex}.manifest.json", overwrite: true);
    }

    public void Dispose()
    {
    }
}

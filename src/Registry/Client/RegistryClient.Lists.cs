using System.Net;
using System.Text.Json;

namespace Bld.Registry;

/// <summary>What a repository has: tags, and what refers to a manifest.</summary>
public sealed partial class RegistryClient
{
    private const int MostPages = 10_000;

    /// <summary>All tags of the repository, page by page.</summary>
    public async Task<IReadOnlyList<string>> ListTagsAsync(CancellationToken cancellation)
    {
        var tags = new List<string>();
        Uri? page = Path("tags/list?n=1000");
        for (var pages = 0; page is not null; pages++)
        {
            if (pages == MostPages)
            {
                throw new RegistryException($"{_name.Host} lists the tags of {_name.Repository} without end");
            }

            using var response = await _connection.SendAsync(new RegistryRequest(HttpMethod.Get, page, Pull), cancellation);
            await CheckAsync(response, cancellation);
            tags.AddRange(ReadTags(await BoundedContent.ReadAsync(response, LargestManifest, "the list of tags", _options.StallTimeout, cancellation)));
            page = NextPage(response);
        }

        return tags;
    }

    /// <summary>
    /// The tags that come behind a text in the order of names, at least <paramref name="count"/> if there are so many; a registry that lists
    /// no part of them gives all.
    /// </summary>
    public async Task<IReadOnlyList<string>> ListTagsAfterAsync(string last, int count, CancellationToken cancellation)
    {
        using var response = await _connection.SendAsync(new RegistryRequest(HttpMethod.Get, Path($"tags/list?n={count}&last={last}"), Pull), cancellation);
        await CheckAsync(response, cancellation);
        return [.. ReadTags(await BoundedContent.ReadAsync(response, LargestManifest, "the list of tags", _options.StallTimeout, cancellation))];
    }

    /// <summary>The manifests that refer to another one, by the referrers API or, where a registry has none, by its tag.</summary>
    public async Task<ImageIndex> GetReferrersAsync(Digest subject, CancellationToken cancellation)
    {
        using var response = await _connection.SendAsync(new RegistryRequest(HttpMethod.Get, Path($"referrers/{subject}"), Pull), cancellation);
        if (response.StatusCode != HttpStatusCode.NotFound)
        {
            await CheckAsync(response, cancellation);
            return ParseIndex(await BoundedContent.ReadAsync(response, LargestManifest, "the list of referrers", _options.StallTimeout, cancellation));
        }

        return await FindManifestAsync(FallbackTag(subject), cancellation) is null
            ? new ImageIndex { MediaType = MediaTypes.OciIndex, Manifests = [] }
            : ParseIndex((await GetManifestAsync(FallbackTag(subject), cancellation)).Content);
    }

    /// <summary>Publishes a manifest that refers to another one, so that the other's referrers list it.</summary>
    public async Task PutReferrerAsync(Digest subject, RawManifest manifest, Descriptor listed, CancellationToken cancellation)
    {
        using var response = await _connection.SendAsync(
            new RegistryRequest(HttpMethod.Put, Path($"manifests/{manifest.Digest}"), Push)
            {
                Content = () => new ByteArrayContent(manifest.Content) { Headers = { ContentType = new(manifest.MediaType) } },
            },
            cancellation);
        await CheckAsync(response, cancellation);
        if (response.Headers.Contains("OCI-Subject"))
        {
            return;
        }

        // The registry doesn't keep such lists: the client does, under a tag (distribution-spec, "Referrers Tag Schema").
        var known = await GetReferrersAsync(subject, cancellation);
        if (known.Manifests.All(each => each.Digest != listed.Digest))
        {
            var index = known with { MediaType = MediaTypes.OciIndex, Manifests = [.. known.Manifests, listed] };
            await PutManifestAsync(FallbackTag(subject), new RawManifest(index.ToJson(), MediaTypes.OciIndex), cancellation);
        }
    }

    private static string FallbackTag(Digest subject) => $"{subject.Algorithm}-{subject.Hex}";

    private ImageIndex ParseIndex(byte[] content)
    {
        try
        {
            return ImageIndex.Parse(content);
        }
        catch (JsonException exception)
        {
            throw new RegistryException($"{_name.Host} gave a list of referrers that can't be read: {exception.Message}", exception);
        }
    }

    private IEnumerable<string> ReadTags(byte[] content)
    {
        try
        {
            using var document = JsonDocument.Parse(content);
            return document.RootElement.TryGetProperty("tags", out var tags) && tags.ValueKind == JsonValueKind.Array
                ? [.. tags.EnumerateArray().Select(static tag => tag.GetString() ?? "")]
                : [];
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            throw new RegistryException($"{_name.Host} gave a list of tags that can't be read: {exception.Message}", exception);
        }
    }

    // Link: </v2/NAME/tags/list?n=…&last=…>; rel="next"
    private static Uri? NextPage(HttpResponseMessage response)
    {
        if (!response.Headers.TryGetValues("Link", out var links) || links.FirstOrDefault(static link => link.Contains("rel=\"next\"")) is not { } next)
        {
            return null;
        }

        var (start, end) = (next.IndexOf('<') + 1, next.IndexOf('>'));
        return end > start && Uri.TryCreate(next[start..end], UriKind.RelativeOrAbsolute, out var page) ? page : null;
    }
}

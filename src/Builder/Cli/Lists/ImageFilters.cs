using System.Globalization;

using Bld.Builder.Cli.Flags;
using Bld.Builder.Engine.Images;
using Bld.Builder.Store;
using Bld.Dockerfile;
using Bld.Registry;

namespace Bld.Builder.Cli.Lists;

/// <summary>
/// The <c>--filter</c>s of a list of images. Filters of different keys must all hold; of several with one key one is enough, except
/// labels, which must all be there.
/// </summary>
internal sealed class ImageFilters
{
    private readonly Session _session;
    private readonly List<(string Group, bool Negated, Predicate<StoredImage> Holds)> _filters = [];

    private ImageFilters(Session session) => _session = session;

    /// <summary>Reads filters.</summary>
    /// <exception cref="UsageException">One can't be understood.</exception>
    /// <exception cref="BuildException">One names an image that isn't there.</exception>
    public static ImageFilters Parse(Session session, IReadOnlyList<string> texts)
    {
        var filters = new ImageFilters(session);
        foreach (var text in texts)
        {
            var filter = FilterText.Parse(text);
            var group = filter.Key == "label" ? text : filter.Key;
            filters._filters.Add((group, filter.Negated, filters.Predicate(filter)));
        }

        return filters;
    }

    /// <summary>Whether an image is wanted.</summary>
    public bool Admit(StoredImage image) =>
        _filters.TrueForAll(filter => !filter.Negated || !filter.Holds(image))
        && _filters.Where(static filter => !filter.Negated).GroupBy(static filter => filter.Group, StringComparer.Ordinal)
            .All(group => group.Any(filter => filter.Holds(image)));

    private Predicate<StoredImage> Predicate(FilterText filter)
    {
        switch (filter.Key)
        {
            case "after" or "since":
                var earlier = Named(filter).Created;
                return image => image.Created > earlier;
            case "before":
                var later = Named(filter).Created;
                return image => image.Created < later;
            case "until":
                var limit = Moment(filter.Value);
                return image => image.Created < limit;
            case "dangling":
                var dangling = filter.Truth();
                return image => image.Names.Count == 0 == dangling;
            case "intermediate":
                // Steps' results are snapshots here, not images: an image that only others are built on doesn't exist.
                var intermediate = filter.Truth();
                return _ => !intermediate;
            case "readonly":
                var readOnly = filter.Truth();
                return _ => !readOnly;
            case "manifest":
                var manifest = filter.Truth();
                return image => image.IsIndex == manifest;
            case "containers":
                var used = filter.Value == "external" ? false : filter.Truth();
                var ids = _session.Containers.List().Select(static container => container.ImageId).ToHashSet(StringComparer.Ordinal);
                return image => ids.Contains(image.Id) == used;
            case "id":
                var prefix = filter.Value.StartsWith("sha256:") ? filter.Value[7..] : filter.Value;
                return image => image.Id.StartsWith(prefix);
            case "digest":
                return image => image.ManifestDigest.ToString().StartsWith(filter.Value);
            case "label":
                return image => HasLabel(image, filter.Value);
            case "reference":
                return Reference(filter.Value);
            default:
                throw new UsageException($"unsupported image filter \"{filter.Key}\"");
        }
    }

    private StoredImage Named(FilterText filter) =>
        _session.FindImage(filter.Value)
        ?? throw new BuildException($"could not find local image for filter \"{filter.Key}\"=\"{filter.Value}\": {filter.Value}: image not known");

    private bool HasLabel(StoredImage image, string wanted)
    {
        if (image.IsIndex || ImageConfig.Parse(_session.Images.ReadConfig(image)).Config?.Labels is not { } labels)
        {
            return false;
        }

        var equals = wanted.IndexOf('=');
        var (name, value) = equals < 0 ? (wanted, null) : (wanted[..equals], wanted[(equals + 1)..]);
        return name.Contains('*')
            ? labels.Any(label => Glob.Matches(name, label.Key) && (value is null || Glob.Matches(value, label.Value)))
            : labels.TryGetValue(name, out var found) && (value is null || found == value || (value.Contains('*') && Glob.Matches(value, found)));
    }

    // A pattern may name the whole, leave out the host or the path, and leave out the tag.
    private Predicate<StoredImage> Reference(string pattern)
    {
        var exact = _session.FindImage(pattern);
        return image => image.ManifestDigest == exact?.ManifestDigest || image.Names.Any(name => Forms(name).Any(form => Glob.Matches(pattern, form)));
    }

    private static IEnumerable<string> Forms(string name)
    {
        for (var rest = name; ; rest = rest[(rest.IndexOf('/') + 1)..])
        {
            yield return rest;
            if (ImageNames.SplitTag(rest) is (var repository, { }))
            {
                yield return repository;
            }

            if (!rest.Contains('/'))
            {
                yield break;
            }
        }
    }

    private static DateTimeOffset Moment(string text)
    {
        if (long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds))
        {
            return DateTimeOffset.FromUnixTimeSeconds(seconds);
        }

        if (DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time))
        {
            return time;
        }

        try
        {
            return DateTimeOffset.UtcNow - TimeSpan.FromMicroseconds(GoDuration.Parse(text) / 1000.0);
        }
        catch (DockerfileException)
        {
            throw new UsageException($"invalid value \"{text}\" for the filter until: use a time, seconds since 1970, or a duration such as 24h");
        }
    }
}

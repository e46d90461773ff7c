using Bld.Builder.Engine.Containers;
using Bld.Builder.Store;
using Bld.Registry;

namespace Bld.Builder.Engine.Images;

/// <summary>
/// Removes images by the rules that people know: a name of several is only taken away; an image that a working container was made of
/// stays unless it is forced; bases without a name that nothing else is built on go with what was built on them.
/// </summary>
/// <param name="images">Where they are.</param>
/// <param name="containers">The containers that may be using them.</param>
/// <param name="report">Gets a line for each name and each image that goes.</param>
/// <param name="cancellation">Stops waiting for a container that is to go too.</param>
internal sealed class ImageRemover(ImageStore images, WorkingContainerStore containers, Action<string> report, CancellationToken cancellation)
{
    // The containers of each image that has some.
    private readonly Lazy<Dictionary<string, List<ContainerSummary>>> _users = new(() => containers.List()
        .GroupBy(static container => container.ImageId, StringComparer.Ordinal).ToDictionary(static group => group.Key, static group => group.ToList(), StringComparer.Ordinal));

    /// <summary>Removes what a name or an id means.</summary>
    /// <param name="image">The image.</param>
    /// <param name="name">The normalised name by which it was asked for; null for an id.</param>
    /// <param name="force">Whether several names, and containers, don't matter.</param>
    /// <exception cref="BuildException">A container uses it, or it has several names and was asked for by its id.</exception>
    public void Remove(StoredImage image, string? name, bool force)
    {
        if (name is not null && image.Names.Count > 1)
        {
            images.Untag(name);
            report($"untagged: {name}");
            return;
        }

        if (name is null && image.Names.Count > 1 && !force)
        {
            throw new BuildException(
                $"unable to delete image \"{image.Id}\" by ID with more than one tag ([{string.Join(' ', image.Names)}]): please force removal");
        }

        FreeFromContainers(image.Id, force);
        Delete([image, .. Parents(image)]);
    }

    /// <summary>Removes every image with all its names.</summary>
    /// <param name="force">Whether containers don't matter.</param>
    /// <param name="attempt">Runs what fails for an image that a container uses; that image stays.</param>
    public void RemoveAll(bool force, Action<Action> attempt)
    {
        var free = new List<StoredImage>();
        foreach (var same in images.List().GroupBy(static image => image.Id, StringComparer.Ordinal))
        {
            attempt(() =>
            {
                FreeFromContainers(same.Key, force);
                free.AddRange(same);
            });
        }

        Delete(free);
    }

    /// <summary>Removes every image that has no name and that no container was made of.</summary>
    public void RemoveDangling()
    {
        var all = images.List();

        // The members of a list need no name of their own.
        var members = all.Where(static image => image.IsIndex && image.Names.Count > 0)
            .SelectMany(image => ImageIndex.Parse(images.ReadManifest(image)).Manifests).Select(static member => member.Digest).ToHashSet();
        Delete([.. all.Where(image => image.Names.Count == 0 && !IsUsed(image) && !members.Contains(image.ManifestDigest))]);
    }

    /// <summary>Removes every image that no container was made of; with force the containers too.</summary>
    public void RemoveUnused(bool force)
    {
        if (force)
        {
            RemoveAll(force, static free => free());
        }
        else
        {
            Delete([.. images.List().Where(image => !IsUsed(image))]);
        }
    }

    private bool IsUsed(StoredImage image) => _users.Value.ContainsKey(image.Id);

    private void Delete(IReadOnlyList<StoredImage> gone)
    {
        images.Remove(gone);
        foreach (var image in gone)
        {
            foreach (var name in image.Names)
            {
                report($"untagged: {name}");
            }

            report(image.Id);
        }
    }

    private void FreeFromContainers(string imageId, bool force)
    {
        if (!_users.Value.TryGetValue(imageId, out var users))
        {
            return;
        }

        foreach (var container in users)
        {
            if (!force)
            {
                throw new BuildException(
                    $"image used by {container.Id}: image is in use by a container: consider listing external containers and force-removing image: bld rm {container.Name} removes the container, rmi --force both");
            }

            using var held = containers.HoldToRemove(container, cancellation);
            containers.Remove(held);
        }

        _users.Value.Remove(imageId);
    }

    /// <summary>The images without a name that this one was built on, the nearest first, while nothing else is built on them.</summary>
    private List<StoredImage> Parents(StoredImage image)
    {
        var unnamed = images.ListUnnamed().Where(other => other.ManifestDigest != image.ManifestDigest && !other.IsIndex && !IsUsed(other)).ToList();
        if (image.IsIndex || unnamed.Count == 0)
        {
            return [];
        }

        var child = Config(image);
        var bases = unnamed.Select(other => (Image: other, Config: Config(other))).Where(other => IsBuiltOn(child, other.Config))
            .OrderByDescending(static other => other.Config.History?.Count ?? 0).ToList();

        // The configurations of all others are read only when there is one that may go.
        var others = bases.Count == 0 ? [] : images.List().Where(other => other.ManifestDigest != image.ManifestDigest && !other.IsIndex)
            .Select(other => (Image: other, Config: Config(other))).ToList();
        var parents = new List<StoredImage>();
        foreach (var candidate in bases)
        {
            others.RemoveAll(other => other.Image.ManifestDigest == candidate.Image.ManifestDigest);
            if (others.Exists(other => IsBuiltOn(other.Config, candidate.Config)))
            {
                break;
            }

            parents.Add(candidate.Image);
        }

        return parents;
    }

    private ImageConfig Config(StoredImage image) => ImageConfig.Parse(images.ReadConfig(image));

    private static bool IsBuiltOn(ImageConfig child, ImageConfig parent)
    {
        var (history, earlier) = (child.History ?? [], parent.History ?? []);
        return parent.RootFs.DiffIds.Count > 0
            && earlier.Count < history.Count
            && child.RootFs.DiffIds.Take(parent.RootFs.DiffIds.Count).SequenceEqual(parent.RootFs.DiffIds)
            && history.Take(earlier.Count).SequenceEqual(earlier);
    }
}

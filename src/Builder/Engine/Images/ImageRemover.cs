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
    /// <summary>Removes what a name or an id means.</summary>
    /// <param name="image">The image.</param>
    /// <param name="name">The normalised name by which it was asked for; null for an id.</param>
    /// <param name="force">Whether several names, and containers, don't matter.</param>
    /// <exception cref="BuildException">A container uses it, or it has several names and was asked for by its id.</exception>
    /// <param name="everyName">Whether all its names are meant, as by <c>--all</c>.</param>
    public void Remove(StoredImage image, string? name, bool force, bool everyName = false)
    {
        if (name is not null && image.Names.Count > 1)
        {
            images.Untag(name);
            report($"untagged: {name}");
            return;
        }

        if (name is null && image.Names.Count > 1 && !force && !everyName)
        {
            throw new BuildException(
                $"unable to delete image \"{image.Id}\" by ID with more than one tag ([{string.Join(' ', image.Names)}]): please force removal");
        }

        FreeFromContainers(image, force);
        var parents = Parents(image);
        Delete(image);
        foreach (var parent in parents)
        {
            Delete(parent);
        }
    }

    /// <summary>Removes every image that has no name and that no container was made of.</summary>
    public void RemoveDangling()
    {
        var used = UsedIds();
        var all = images.List();

        // The members of a list need no name of their own.
        var members = all.Where(static image => image.IsIndex && image.Names.Count > 0)
            .SelectMany(image => ImageIndex.Parse(images.ReadManifest(image)).Manifests).Select(static member => member.Digest).ToHashSet();
        foreach (var image in all.Where(image => image.Names.Count == 0 && !used.Contains(image.Id) && !members.Contains(image.ManifestDigest)).ToList())
        {
            Delete(image);
        }
    }

    /// <summary>Removes every image that no container was made of; with force the containers too.</summary>
    public void RemoveUnused(bool force)
    {
        var used = force ? [] : UsedIds();
        foreach (var image in images.List().Where(image => !used.Contains(image.Id)).ToList())
        {
            FreeFromContainers(image, force);
            Delete(image);
        }
    }

    private HashSet<string> UsedIds() => containers.List().Select(static container => container.ImageId).ToHashSet(StringComparer.Ordinal);

    private void Delete(StoredImage image)
    {
        images.Remove(image);
        foreach (var name in image.Names)
        {
            report($"untagged: {name}");
        }

        report(image.Id);
    }

    private void FreeFromContainers(StoredImage image, bool force)
    {
        foreach (var container in containers.List().Where(container => container.ImageId == image.Id))
        {
            if (!force)
            {
                throw new BuildException(
                    $"image used by {container.Id}: image is in use by a container: consider listing external containers and force-removing image: bld rm {container.Name} removes the container, rmi --force both");
            }

            using var held = containers.HoldToRemove(container, cancellation);
            containers.Remove(held);
        }
    }

    /// <summary>The images without a name that this one was built on, the nearest first, while nothing else is built on them.</summary>
    private List<StoredImage> Parents(StoredImage image)
    {
        // The configurations of all others are read only when there is an image without a name at all.
        var others = images.List().Where(other => other.ManifestDigest != image.ManifestDigest && !other.IsIndex).ToList();
        if (image.IsIndex || !others.Exists(static other => other.Names.Count == 0))
        {
            return [];
        }

        var configs = others.ToDictionary(static other => other.ManifestDigest, other => ImageConfig.Parse(images.ReadConfig(other)));
        var child = ImageConfig.Parse(images.ReadConfig(image));
        var used = UsedIds();
        var parents = new List<StoredImage>();
        foreach (var candidate in others.Where(other => other.Names.Count == 0 && !used.Contains(other.Id))
            .OrderByDescending(other => configs[other.ManifestDigest].History?.Count ?? 0))
        {
            var config = configs[candidate.ManifestDigest];
            if (!IsBuiltOn(child, config))
            {
                continue;
            }

            if (others.Exists(other => other != candidate && !parents.Contains(other) && IsBuiltOn(configs[other.ManifestDigest], config)))
            {
                break;
            }

            parents.Add(candidate);
        }

        return parents;
    }

    private static bool IsBuiltOn(ImageConfig child, ImageConfig parent)
    {
        var (history, earlier) = (child.History ?? [], parent.History ?? []);
        return parent.RootFs.DiffIds.Count > 0
            && earlier.Count < history.Count
            && child.RootFs.DiffIds.Take(parent.RootFs.DiffIds.Count).SequenceEqual(parent.RootFs.DiffIds)
            && history.Take(earlier.Count).SequenceEqual(earlier);
    }
}

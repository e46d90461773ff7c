using Bld.Builder.Context;
using Bld.Builder.Store;
using Bld.Registry;

namespace Bld.Builder.Engine;

/// <summary>The contexts that <c>--build-context NAME=…</c> gives; they replace images and stages of their names.</summary>
internal sealed class NamedContexts(EngineServices services, BuildRequest request, CancellationToken cancellation) : IDisposable
{
    private const string OciLayout = "oci-layout://";
    private static readonly string[] Images = ["docker-image://", "container-image://", "docker://"];
    private readonly OnceEach _opened = new();

    /// <summary>The image that a name was given as; null when it was given none, or a directory.</summary>
    public StageResult? TryFindImage(string name, Platform platform)
    {
        if (!request.NamedContexts.TryGetValue(name, out var value) || Reference(value) is not { } reference)
        {
            return null;
        }

        if (reference == "scratch")
        {
            return StageBases.Scratch(platform);
        }

        return (StageResult)_opened.Get(
            $"image {platform} {reference}", () => StageBases.FromImage(services.Puller.Ensure(reference, request.PullPolicy, platform, cancellation)));
    }

    /// <summary>Whether a name was given as something else than an image.</summary>
    public bool IsDirectory(string name) =>
        request.NamedContexts.TryGetValue(name, out var value) && Reference(value) is null;

    /// <summary>The tree that a name was given as; null when it was given none, or an image.</summary>
    public CopySource? TryFindDirectory(string name)
    {
        if (!IsDirectory(name))
        {
            return null;
        }

        var value = request.NamedContexts[name];
        return ((BuildContext)_opened.Get($"directory {value}", () => Open(name, value))).Source;
    }

    /// <summary>Begins to bring what a name was given as; what goes wrong comes out when it is asked for.</summary>
    public void Begin(string name, Platform platform) =>
        _opened.Begin($"ahead {platform} {name}", () => TryFindImage(name, platform) ?? (object)TryFindDirectory(name)!);

    /// <summary>The image that a value names; null when it names something else.</summary>
    private static string? Reference(string value) =>
        value.StartsWith(OciLayout) ? "oci:" + Layout(value[OciLayout.Length..])
        : Images.FirstOrDefault(value.StartsWith) is { } prefix ? value[prefix.Length..]
        : null;

    /// <summary>DIR, DIR:NAME, DIR@sha256:… or DIR:NAME@sha256:…, where the digest decides.</summary>
    private static string Layout(string text)
    {
        var digest = text.LastIndexOf("@sha256:", StringComparison.Ordinal);
        if (digest < 0)
        {
            return text;
        }

        var name = text.IndexOf(':', StringComparison.Ordinal);
        return $"{text[..Math.Min(name, digest)]}:{text[digest..]}";
    }

    private BuildContext Open(string name, string value)
    {
        var root = new ContextOpener(services.State, request.Access, cancellation).Open(value);
        return root.DockerfileText is null
            ? BuildContext.Open(root.Root, null, null, root.Owned)
            : throw new BuildException($"the named context \"{name}\" is neither a directory nor a tarball nor a git repository: {value}");
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _opened.Wait();
        foreach (var context in _opened.Made.OfType<BuildContext>())
        {
            context.Dispose();
        }
    }
}

using Bld.Builder.Store;

namespace Bld.Builder.Engine.SourceImages;

/// <summary>A directory that is made under another name beside its own, and gets its own by one rename; what isn't published goes.</summary>
internal sealed class NewDirectory : IDisposable
{
    private readonly string _target;
    private bool _isPublished;

    private NewDirectory(string target, string path)
    {
        _target = target;
        Path = path;
    }

    /// <summary>Where to write.</summary>
    public string Path { get; }

    /// <summary>Begins one.</summary>
    /// <param name="target">The name that it will get.</param>
    /// <param name="doing">What for, as errors say.</param>
    /// <exception cref="BuildException">Something is there already.</exception>
    public static NewDirectory Begin(string target, string doing)
    {
        target = System.IO.Path.TrimEndingDirectorySeparator(System.IO.Path.GetFullPath(target));
        if (System.IO.Path.Exists(target))
        {
            throw new BuildException($"{doing}: \"{target}\" already exists");
        }

        var path = $"{target}.{Guid.NewGuid():N}";
        Directory.CreateDirectory(path);
        return new NewDirectory(target, path);
    }

    /// <summary>Gives it its name.</summary>
    public void Publish()
    {
        Directory.Move(Path, _target);
        _isPublished = true;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (!_isPublished)
        {
            Directory.Delete(Path, recursive: true);
        }
    }
}

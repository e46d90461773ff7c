using System.Text;

using Bld.Builder.Store;
using Bld.Runtime.Linux;

using Microsoft.Win32.SafeHandles;

namespace Bld.Builder.Context;

/// <summary>The files that a build may use: a directory of the host, or one that was unpacked or cloned for the build.</summary>
internal sealed class BuildContext : IDisposable
{
    private readonly IDisposable? _owned;

    private BuildContext(SafeFileHandle root, IgnoreRules rules, IDisposable? owned)
    {
        _owned = owned;
        Root = root;
        Source = new CopySource(root, rules, KeepsOwners: false, "the build context");
    }

    /// <summary>The directory itself, ignored files included.</summary>
    public SafeFileHandle Root { get; }

    /// <summary>When what was fetched was made, in seconds since 1970; null when nothing says so, as for a directory of the host.</summary>
    public Func<long?> Time { get; init; } = static () => null;

    /// <summary>What instructions see of it.</summary>
    public CopySource Source { get; }

    /// <summary>Makes a context of an open directory.</summary>
    /// <param name="root">The directory; disposed of with the context.</param>
    /// <param name="dockerfileName">The Dockerfile's path in it, whose own ignore file comes first; null when it lies elsewhere.</param>
    /// <param name="ignoreFile">A file of the host with rules that replace those of the context (<c>--ignorefile</c>).</param>
    /// <param name="owned">Removed with the context.</param>
    /// <param name="store">The store's path in it, which nothing may copy into itself; null when it lies elsewhere.</param>
    /// <param name="time">Says when it was made; null for a context that doesn't know.</param>
    /// <exception cref="BuildException">Its rules can't be read.</exception>
    public static BuildContext Open(
        SafeFileHandle root, string? dockerfileName, string? ignoreFile, IDisposable? owned = null, string? store = null, Func<long?>? time = null) =>
        new(root, store is null ? ReadRules(root, dockerfileName, ignoreFile) : ReadRules(root, dockerfileName, ignoreFile).Without(store, "bld: it is the store, --root"), owned) { Time = time ?? (static () => null) };

    /// <summary>The text of a file in the context; null when it isn't there.</summary>
    public string? ReadText(string path) => ReadText(Root, path);

    /// <inheritdoc/>
    public void Dispose()
    {
        Root.Dispose();
        _owned?.Dispose();
    }

    /// <summary>The rules of the given file, or of the ignore file that a directory has.</summary>
    internal static IgnoreRules ReadRules(SafeFileHandle root, string? dockerfileName, string? ignoreFile)
    {
        if (ignoreFile is not null)
        {
            return IgnoreRules.Parse(File.ReadAllText(ignoreFile), ignoreFile);
        }

        string[] own = dockerfileName is null ? [] : [.. IgnoreFilesOf(dockerfileName)];
        foreach (var name in (string[])[.. own, ".containerignore", ".dockerignore"])
        {
            if (ReadText(root, name) is { } text)
            {
                return IgnoreRules.Parse(text, name);
            }
        }

        return IgnoreRules.None;
    }

    /// <summary>The ignore files that a Dockerfile can have for itself; the first that is there counts.</summary>
    public static IEnumerable<string> IgnoreFilesOf(string dockerfile) => [dockerfile + ".dockerignore", dockerfile + ".containerignore"];

    /// <summary>The text of a file below a directory, links followed inside it; null when it isn't there.</summary>
    public static string? ReadText(SafeFileHandle root, string path)
    {
        var errno = FileCalls.TryOpenResolving(
            root, Encoding.UTF8.GetBytes(path), OpenFlags.ReadOnly | OpenFlags.NonBlocking, 0, ResolveFlags.InRoot | ResolveFlags.NoMagicLinks, out var file);
        if (errno is Errno.ENOENT or Errno.ENOTDIR)
        {
            return null;
        }

        if (errno != Errno.None)
        {
            throw new BuildException($"cannot read \"{path}\" in the build context: {errno.Describe()}");
        }

        using (file)
        {
            if (FileCalls.Status(file).Kind == FileKind.Directory)
            {
                throw new BuildException($"\"{path}\" in the build context is a directory, not a file");
            }

            return Encoding.UTF8.GetString(StateDirectory.ReadToEnd(file));
        }
    }
}

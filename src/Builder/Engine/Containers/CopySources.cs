using Bld.Builder.Context;
using Bld.Builder.Copy;
using Bld.Builder.Store;
using Bld.Runtime.Linux;

using Microsoft.Win32.SafeHandles;

namespace Bld.Builder.Engine.Containers;

/// <summary>Where <c>bld copy</c> and <c>bld add</c> take from: the host, a container or an image, URLs and repositories.</summary>
internal sealed class CopySources(EngineServices services, ContainerCopyRequest request, CancellationToken cancellation) : IDisposable
{
    private readonly List<IDisposable> _owned = [];

    /// <summary>A copying for each group of neighbours that lie in one place.</summary>
    public IReadOnlyList<Copier> Open(CopyRequest copy)
    {
        var remote = new RemoteSources(services.State, new RemoteAccess(new Dictionary<string, SecretSource>(), new Dictionary<string, string>(), request.Fetching), cancellation);
        _owned.Add(remote);
        CheckChecksum();
        var copiers = new List<Copier>();
        var words = request.Sources;
        for (var i = 0; i < words.Count;)
        {
            var count = words.Skip(i).TakeWhile(word => !IsRemote(word)).Count();
            copiers.Add(count > 0
                ? Local(copy with { Sources = [.. words.Skip(i).Take(count)], Unpacks = request.IsAdd })
                : Remote(words[i], copy, remote));
            i += Math.Max(1, count);
        }

        return copiers;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        for (var i = _owned.Count - 1; i >= 0; i--)
        {
            _owned[i].Dispose();
        }
    }

    private bool IsRemote(string word) => request.From is null && RemoteSource.IsRemote(word);

    private void CheckChecksum()
    {
        if (request.Checksum is { Length: > 0 } && (request.Sources.Count != 1 || !IsRemote(request.Sources[0])))
        {
            throw new BuildException("--checksum is for one source, a URL or a git repository");
        }
    }

    private Copier Local(CopyRequest copy)
    {
        if (request.From is { } from)
        {
            var root = new RootFinder(services, cancellation).Find(from);
            _owned.Add(root);
            return request.ContextDirectory is { } part ? Below(part, OpenBelow(root, part), keepsOwners: true, $"{part} of {root.Name}", "/", copy)
                : new Copier(root.Source with { Rules = IgnoreRules.Of(request.RootExcludes) }, copy, cancellation);
        }

        if (request.ContextDirectory is { } context)
        {
            return Below(context, OpenDirectory(context), keepsOwners: false, $"the directory {context}", Environment.CurrentDirectory, copy);
        }

        // "/./" is where --parents begins to keep directories.
        var here = Escaped(Environment.CurrentDirectory);
        var sources = copy.Sources.Select(word => word.StartsWith('/') ? word : request.Parents ? $"{here}/./{word}" : $"{here}/{word}");
        return new Copier(new CopySource(OpenDirectory("/"), IgnoreRules.None, KeepsOwners: false, "the host"), copy with { Sources = [.. sources] }, cancellation);
    }

    /// <summary>A copying from a context directory, whose absolute sources may name it themselves.</summary>
    private Copier Below(string context, SafeFileHandle directory, bool keepsOwners, string name, string origin, CopyRequest copy)
    {
        var full = Path.GetFullPath(context, origin).TrimEnd('/');
        var sources = copy.Sources.Select(word => word == full || word.StartsWith(full + "/") ? "/" + word[full.Length..].TrimStart('/') : word);
        return new Copier(new CopySource(directory, Rules(directory), keepsOwners, name), copy with { Sources = [.. sources] }, cancellation);
    }

    private Copier Remote(string word, CopyRequest copy, RemoteSources remote)
    {
        if (!RemoteSource.IsGit(word))
        {
            var checksum = request.Checksum is { Length: > 0 } text ? SourceChecksum.Parse(text) : null;
            var (directory, _) = remote.Url(word, checksum);
            return new Copier(
                RemoteSources.Tree(directory, GitReference.WithoutCredentials(word)), copy with { Sources = [Download.NameOf(word)], IsLiteral = true }, cancellation);
        }

        var reference = GitReference.Parse(word);
        if (request.Checksum is { Length: > 0 } wanted)
        {
            reference = reference with { Checksum = wanted };
        }

        var commit = remote.Repository(reference).Resolve();
        var files = remote.CheckOut(reference, commit, reference.KeepGitDirectory ?? false);
        return new Copier(RemoteSources.Tree(files, reference.Shown), copy with { Sources = [reference.Subdirectory ?? "/"], IsLiteral = true }, cancellation);
    }

    private IgnoreRules Rules(SafeFileHandle context) =>
        BuildContext.ReadRules(context, dockerfileName: null, request.IgnoreFile).Then(IgnoreRules.Of(request.RootExcludes));

    private SafeFileHandle OpenBelow(FoundRoot root, string path)
    {
        var errno = FileCalls.TryOpenResolving(
            root.Root, ByteString.From(path.TrimStart('/')).Span, OpenFlags.ReadOnly | OpenFlags.Directory, 0, ResolveFlags.InRoot | ResolveFlags.NoMagicLinks, out var directory);
        if (errno != Errno.None)
        {
            throw new BuildException($"cannot open the directory {path} of {root.Name}: {errno.Describe()}");
        }

        _owned.Add(directory);
        return directory;
    }

    private SafeFileHandle OpenDirectory(string path)
    {
        var full = ByteString.From(Path.GetFullPath(path));
        var errno = FileCalls.TryOpen(FileCalls.CurrentDirectory, full.Span, OpenFlags.ReadOnly | OpenFlags.Directory, 0, out var directory);
        if (errno != Errno.None)
        {
            throw new BuildException($"cannot open the directory {path}: {errno.Describe()}");
        }

        _owned.Add(directory);
        return directory;
    }

    // The working directory is no pattern, whatever its name.
    private string Escaped(string path) =>
        request.IsLiteral ? path : string.Concat(path.Select(static character => character is '*' or '?' or '[' or '\\' ? $"\\{character}" : $"{character}"));
}

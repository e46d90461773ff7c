using Bld.Builder.Context;
using Bld.Builder.Store;

namespace Bld.Builder.Engine;

/// <summary>
/// What ADD takes from elsewhere, each fetched once a build, and side by side with others when it begins before its step does. The
/// files stay until the build ends.
/// </summary>
internal sealed class RemoteFetches(StateDirectory state, RemoteAccess access, CancellationToken cancellation) : IDisposable
{
    private const int AtOnce = 6;
    private readonly SemaphoreSlim _slots = new(AtOnce);
    private readonly OnceEach _all = new();

    /// <summary>Begins to fetch the file of a URL.</summary>
    public void BeginUrl(string url, SourceChecksum? checksum) => _all.Begin(UrlKey(url, checksum), () => Fetch(Download(url, checksum)));

    /// <summary>Begins to ask which commit a reference means.</summary>
    public void BeginCommit(GitReference reference) => _all.Begin(CommitKey(reference), () => Fetch(Resolve(reference)));

    /// <summary>Begins to fetch a repository's files.</summary>
    public void BeginCheckOut(GitReference reference, bool keepsGitDirectory) =>
        _all.Begin($"ahead {CommitKey(reference)} {keepsGitDirectory}", () => GetCheckOut(reference, GetCommit(reference), keepsGitDirectory));

    /// <summary>A directory that holds the file of a URL and nothing else.</summary>
    /// <exception cref="BuildException">It can't be fetched, or isn't what the checksum says.</exception>
    public TemporaryDirectory GetUrl(string url, SourceChecksum? checksum) =>
        ((Fetched)_all.Get(UrlKey(url, checksum), () => Fetch(Download(url, checksum)))).Directory!;

    /// <summary>The commit that a reference means.</summary>
    /// <exception cref="BuildException">The repository can't be asked, or has no such thing.</exception>
    public GitCommit GetCommit(GitReference reference) => ((Fetched)_all.Get(CommitKey(reference), () => Fetch(Resolve(reference)))).Commit!;

    /// <summary>A directory with a repository's files at a commit.</summary>
    /// <exception cref="BuildException">They can't be fetched.</exception>
    public TemporaryDirectory GetCheckOut(GitReference reference, GitCommit commit, bool keepsGitDirectory)
    {
        var fetched = _all.Get(
            $"tree {CommitKey(reference)} {commit.Id} {keepsGitDirectory} {reference.Submodules}",
            () => Fetch(sources => new Fetched(sources, sources.CheckOut(reference, commit, keepsGitDirectory), null)));
        return ((Fetched)fetched).Directory!;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _all.Wait();
        foreach (var fetched in _all.Made.OfType<Fetched>())
        {
            fetched.Owner.Dispose();
        }

        _slots.Dispose();
    }

    private static string UrlKey(string url, SourceChecksum? checksum) => $"url {checksum?.Text} {url}";

    private static string CommitKey(GitReference reference) => $"commit {reference.Url} {reference.Ref} {reference.Checksum}";

    private static Func<RemoteSources, Fetched> Download(string url, SourceChecksum? checksum) =>
        sources => new Fetched(sources, sources.Url(url, checksum).Directory, null);

    private static Func<RemoteSources, Fetched> Resolve(GitReference reference) =>
        sources => new Fetched(sources, null, sources.Repository(reference).Resolve());

    private Fetched Fetch(Func<RemoteSources, Fetched> fetch)
    {
        _slots.Wait(cancellation);
        var sources = new RemoteSources(state, access, cancellation);
        try
        {
            return fetch(sources);
        }
        catch
        {
            sources.Dispose();
            throw;
        }
        finally
        {
            _slots.Release();
        }
    }

    /// <summary>What came of a fetch.</summary>
    private sealed class Fetched(RemoteSources owner, TemporaryDirectory? directory, GitCommit? commit)
    {
        public RemoteSources Owner => owner;

        public TemporaryDirectory? Directory => directory;

        public GitCommit? Commit => commit;
    }
}

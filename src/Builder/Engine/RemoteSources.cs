using Bld.Builder.Context;
using Bld.Builder.Store;

namespace Bld.Builder.Engine;

/// <summary>Sources that lie elsewhere, fetched into temporary directories that go when the instruction is done.</summary>
internal sealed class RemoteSources(StateDirectory state, RemoteAccess access, CancellationToken cancellation) : IDisposable
{
    private readonly List<TemporaryDirectory> _directories = [];

    /// <summary>Fetches the file of a URL into a directory that holds nothing else.</summary>
    public (TemporaryDirectory Directory, DownloadedFile File) Url(string url, SourceChecksum? checksum)
    {
        var directory = Create();
        return (directory, Download.Fetch(url, directory.Path, checksum, access.Authorization(url), access.Fetching, cancellation));
    }

    /// <summary>A repository, to be asked for its commit.</summary>
    public GitRepository Repository(GitReference reference) => new(reference, access.GitEnvironment(reference.Url), cancellation);

    /// <summary>A directory with a repository's files at a commit.</summary>
    public TemporaryDirectory CheckOut(GitReference reference, GitCommit commit, bool keepsGitDirectory)
    {
        var directory = Create();
        Repository(reference).CheckOut(directory.Path, commit, keepsGitDirectory);
        return directory;
    }

    /// <summary>An empty directory.</summary>
    public TemporaryDirectory Create()
    {
        var directory = state.CreateTemporary("source");
        _directories.Add(directory);
        return directory;
    }

    /// <summary>What was fetched, as COPY sees it.</summary>
    public static CopySource Tree(TemporaryDirectory directory, string name) =>
        new(directory.Handle, IgnoreRules.None, KeepsOwners: false, name);

    /// <inheritdoc/>
    public void Dispose() => _directories.ForEach(static directory => directory.Dispose());
}

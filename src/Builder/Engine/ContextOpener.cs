using Bld.Builder.Context;
using Bld.Builder.Copy;
using Bld.Builder.Layers;
using Bld.Builder.Store;
using Bld.Runtime.Linux;

using Microsoft.Win32.SafeHandles;

namespace Bld.Builder.Engine;

/// <summary>A context's root as it was found, without its ignore rules yet.</summary>
/// <param name="Root">The directory; the receiver disposes of it.</param>
/// <param name="HostPath">Its path when it is a directory of the host; null for what was fetched or unpacked.</param>
/// <param name="DockerfileText">The Dockerfile, when the context is nothing but one.</param>
/// <param name="Owned">Removed with the context.</param>
internal sealed record ContextRoot(SafeFileHandle Root, string? HostPath, string? DockerfileText, IDisposable? Owned)
{
    /// <summary>When what was fetched was made, in seconds since 1970; null when nothing says so.</summary>
    public Func<long?> Time { get; init; } = static () => null;
}

/// <summary>
/// Opens contexts: a directory, a git repository, an http URL of a tarball or of a Dockerfile, a local tarball, <c>-</c> for standard
/// input with either of these.
/// </summary>
internal sealed class ContextOpener(StateDirectory state, RemoteAccess access, CancellationToken cancellation)
{
    private const string StandardInput = "-";

    /// <summary>Whether a repository's own directory comes with its files, where its URL doesn't say.</summary>
    public bool KeepsGitDirectory { get; init; }

    /// <summary>Opens what a text means.</summary>
    /// <exception cref="BuildException">It isn't there, or can't be fetched.</exception>
    public ContextRoot Open(string where)
    {
        if (Directory.Exists(where))
        {
            return new ContextRoot(OpenDirectory(where), where, null, null);
        }

        var sources = new RemoteSources(state, access, cancellation);
        try
        {
            return RemoteSource.IsGit(where) ? Git(GitReference.Parse(where), sources)
                : RemoteSource.IsUrl(where) ? Url(where, sources)
                : where == StandardInput ? Archive(ReadInput(sources), sources)
                : File.Exists(where) ? LocalFile(where, sources)
                : throw new BuildException($"cannot open the build context \"{where}\": no such file or directory");
        }
        catch
        {
            sources.Dispose();
            throw;
        }
    }

    private static SafeFileHandle OpenDirectory(string path)
    {
        var errno = FileCalls.TryOpen(FileCalls.CurrentDirectory, ByteString.From(path).Span, OpenFlags.ReadOnly | OpenFlags.Directory, 0, out var root);
        return errno == Errno.None ? root : throw new BuildException($"cannot open the build context \"{path}\": {errno.Describe()}");
    }

    private ContextRoot Url(string url, RemoteSources sources)
    {
        var file = sources.Url(url, checksum: null).File;
        return Archive(file.Path, sources) with { Time = () => SourceTimes.OfFile(file, cancellation) };
    }

    private ContextRoot Git(GitReference reference, RemoteSources sources)
    {
        var commit = sources.Repository(reference).Resolve();
        var directory = sources.CheckOut(reference, commit, reference.KeepGitDirectory ?? KeepsGitDirectory);
        const ResolveFlags InRoot = ResolveFlags.InRoot | ResolveFlags.NoMagicLinks;
        var path = ByteString.From(reference.Subdirectory ?? ".");
        var errno = FileCalls.TryOpenResolving(directory.Handle, path.Span, OpenFlags.ReadOnly | OpenFlags.Directory, 0, InRoot, out var root);
        return errno == Errno.None
            ? new ContextRoot(root, null, null, sources) { Time = () => SourceTimes.OfRepository(sources, reference, cancellation) }
            : throw new BuildException($"{reference.Shown} has no directory \"{reference.Subdirectory}\" at {commit.Id}: {errno.Describe()}");
    }

    private ContextRoot Archive(string path, RemoteSources sources)
    {
        using var file = File.OpenRead(path);
        using var tar = Archives.TryOpen(file);
        var directory = sources.Create();
        string? text = null;
        if (tar is not null)
        {
            ArchiveUnpacker.Unpack(tar, directory.Handle, null, ByteString.Empty, new UnpackOptions(), cancellation);
        }
        else
        {
            file.Position = 0;
            using var reader = new StreamReader(file);
            text = reader.ReadToEnd();
        }

        return new ContextRoot(FileCalls.Open(directory.Handle, "."u8, OpenFlags.ReadOnly | OpenFlags.Directory), null, text, sources);
    }

    /// <summary>A tarball, or else a Dockerfile whose directory is the context.</summary>
    private ContextRoot LocalFile(string path, RemoteSources sources)
    {
        var root = Archive(path, sources);
        if (root.DockerfileText is null)
        {
            return root;
        }

        root.Root.Dispose();
        sources.Dispose();
        var directory = Path.GetDirectoryName(Path.GetFullPath(path))!;
        return new ContextRoot(OpenDirectory(directory), directory, root.DockerfileText, null);
    }

    private static string ReadInput(RemoteSources sources)
    {
        var path = $"{sources.Create().Path}/input";
        using var input = Console.OpenStandardInput();
        using var file = File.Create(path);
        input.CopyTo(file);
        return path;
    }
}

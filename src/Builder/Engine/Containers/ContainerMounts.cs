using System.Text;

using Bld.Builder.Copy;
using Bld.Builder.Snapshots;
using Bld.Builder.Store;
using Bld.Dockerfile;
using Bld.Runtime.Linux;
using Bld.Runtime.Users;

using Microsoft.Win32.SafeHandles;

namespace Bld.Builder.Engine.Containers;

/// <summary>The <c>--mount</c>s of one <c>bld run</c>: places of the host, of images, caches and tmpfs.</summary>
internal sealed class ContainerMounts(
    EngineServices services, ContainerRun run, string user, SafeFileHandle view, CancellationToken cancellation) : IDisposable
{
    private readonly List<IDisposable> _owned = [];
    private readonly HeldCaches _caches = new();
    private readonly VolumeMounts _volumes = new(services.Snapshots);

    /// <summary>Makes the mounts, in the order of the command line.</summary>
    public IReadOnlyList<PreparedMount> Prepare()
    {
        var flags = run.Mounts.Select(static text => (Flag: MountFlag.Parse(text), Text: text)).ToList();
        _caches.Take(flags.Select(static each => each.Flag), CacheId, OpenCache);
        return [.. flags.Select(each => Mount(each.Flag, each.Text))];
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        for (var i = _owned.Count - 1; i >= 0; i--)
        {
            _owned[i].Dispose();
        }

        _caches.Dispose();
        _volumes.Dispose();
    }

    private PreparedMount Mount(MountFlag flag, string text) => flag.Type switch
    {
        MountType.Bind => flag.From is null ? Bind(flag, text) : OfImage(flag),
        MountType.Cache => Cache(flag),
        MountType.Tmpfs => TmpfsMount.Of(flag, Target(flag)),
        _ => throw new BuildException($"--mount type={flag.Type.ToString().ToLowerInvariant()} is for RUN in a Dockerfile: bld run has bind, cache and tmpfs"),
    };

    /// <summary>A place of the host. What a command writes there is gone with it, as with RUN's: <c>--volume</c> is what lasts.</summary>
    private PreparedMount Bind(MountFlag flag, string text)
    {
        var source = OpenSource(flag, text);
        var status = FileCalls.Status(source);
        var path = $"/proc/self/fd/{source.DangerousGetHandle()}";
        if (!flag.IsReadOnly && status.IsRegular)
        {
            return Copy(flag, path, status);
        }

        var options = flag.Extras.Select(static extra => extra.StartsWith("bind-propagation=") ? extra["bind-propagation=".Length..] : extra)
            .Select(static extra => extra is "bind-nonrecursive" ? "bind" : extra is "relabel=shared" ? "z" : extra is "relabel=private" ? "Z" : extra)
            .Append(flag.IsReadOnly ? "ro" : "rw");
        var volume = Volume.Parse($"/:/:{string.Join(',', options)}") with
        {
            Source = path,
            Target = Target(flag),
            IsOverlay = !flag.IsReadOnly && status.IsDirectory,
        };
        var owner = new UserDatabase(view).Resolve(user);
        try
        {
            return _volumes.Make(volume, owner.Uid, owner.Gid);
        }
        catch (BuildException exception) when (volume.IsOverlay && OverlayMount.IsUnavailable(exception))
        {
            return CopyTree(flag, path);
        }
    }

    /// <summary>The source; with a context directory that is its root, and no link leaves it.</summary>
    private SafeFileHandle OpenSource(MountFlag flag, string text)
    {
        if (run.ContextDirectory is { } context)
        {
            var directory = Open(FileCalls.CurrentDirectory, Path.GetFullPath(context), default, context);
            return Open(directory, (flag.Source ?? "").TrimStart('/'), ResolveFlags.InRoot | ResolveFlags.NoMagicLinks, $"{flag.Source} in {context}");
        }

        return flag.Source is { Length: > 0 } source
            ? Open(FileCalls.CurrentDirectory, Path.GetFullPath(source), default, Path.GetFullPath(source))
            : throw new BuildException($"invalid mount \"{text}\": must set volume source (src=DIRECTORY), or --contextdir");
    }

    private SafeFileHandle Open(SafeFileHandle root, string path, ResolveFlags resolve, string name)
    {
        var errno = FileCalls.TryOpenResolving(root, Encoding.UTF8.GetBytes(path), OpenFlags.Path, 0, resolve, out var file);
        if (errno != Errno.None)
        {
            throw new BuildException($"--mount type=bind: stat {name}: {errno.Describe()}");
        }

        _owned.Add(file);
        return file;
    }

    private PreparedMount CopyTree(MountFlag flag, string path)
    {
        var active = services.Snapshots.Prepare(null);
        _owned.Add(active);
        using var source = FileCalls.Open(path, OpenFlags.ReadOnly | OpenFlags.Directory);
        PlainTreeCopy.Copy(source, active.UpperHandle);
        Metadata.Copy(source, active.UpperHandle);
        return PreparedMount.OfTree(Target(flag), Clone(active.UpperHandle, recursive: false), isDirectory: true, ["rw"]);
    }

    private static PreparedMount Copy(MountFlag flag, string path, FileStatus status)
    {
        using var file = FileCalls.Open(path, OpenFlags.ReadOnly);
        return PreparedMount.OfFile(Target(flag), StateDirectory.ReadToEnd(file), status.Permissions, ["rw"]) with
        {
            UserId = status.UserId,
            GroupId = status.GroupId,
        };
    }

    private static string Target(MountFlag flag) =>
        flag.Target is { } target && target.StartsWith('/') ? target
        : throw new BuildException($"--mount: the target \"{flag.Target}\" must be an absolute path");

    private PreparedMount OfImage(MountFlag flag)
    {
        var containerOrImage = new RootFinder(services, cancellation).Find(flag.From!);
        _owned.Add(containerOrImage);
        var opened = FileCalls.OpenInRoot(containerOrImage.Root, ByteString.From((flag.Source ?? "/").TrimStart('/')).Span, OpenFlags.Path);
        _owned.Add(opened);
        return PreparedMount.OfTree(Target(flag), Clone(opened, recursive: false), FileCalls.Status(opened).IsDirectory, ["ro", "nosuid", "nodev"]);
    }

    private static string CacheId(MountFlag flag) => flag.Id ?? Target(flag);

    private CacheMount OpenCache(string id, CacheSharing sharing, MountFlag first) => CacheMount.Open(
        services.State, id, sharing, fresh: false,
        directory =>
        {
            FileCalls.ChangeOwner(directory, first.UserId ?? 0, first.GroupId ?? 0);
            FileCalls.ChangeMode(directory, first.Mode ?? 0x1ED);
        },
        cancellation);

    private PreparedMount Cache(MountFlag flag)
    {
        var (id, path) = (CacheId(flag), RootPath.Clean(flag.Source ?? ""));
        var directory = _caches[id].Directory;
        if (path.Length > 0)
        {
            _owned.Add(directory = _caches[id].OpenInside(path, id));
        }

        return PreparedMount.OfTree(Target(flag), Clone(directory, recursive: false), true, [flag.IsReadOnly ? "ro" : "rw", "nosuid", "nodev"]) with { IsCache = true };
    }

    private SafeFileHandle Clone(SafeFileHandle tree, bool recursive)
    {
        var clone = MountTree.Of(tree, recursive);
        _owned.Add(clone);
        return clone;
    }
}

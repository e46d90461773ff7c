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
    private readonly VolumeMounts _volumes = new(services.Snapshots);

    /// <summary>Makes the mounts, in the order of the command line.</summary>
    public IReadOnlyList<PreparedMount> Prepare() =>
        [.. run.Mounts.Select(Mount)];

    /// <inheritdoc/>
    public void Dispose()
    {
        for (var i = _owned.Count - 1; i >= 0; i--)
        {
            _owned[i].Dispose();
        }

        _volumes.Dispose();
    }

    private PreparedMount Mount(string text)
    {
        var flag = MountFlag.Parse(text);
        return flag.Type switch
        {
            MountType.Bind => flag.From is null ? Bind(flag, text) : OfImage(flag),
            MountType.Cache => Cache(flag),
            MountType.Tmpfs => Tmpfs(flag),
            _ => throw new BuildException($"--mount type={flag.Type.ToString().ToLowerInvariant()} is for RUN in a Dockerfile: bld run has bind, cache and tmpfs"),
        };
    }

    /// <summary>Here a bind is writable unless it says otherwise; RUN's is not.</summary>
    private PreparedMount Bind(MountFlag flag, string text)
    {
        if (flag.Source is not { Length: > 0 } source)
        {
            throw new BuildException($"invalid mount \"{text}\": source is missing");
        }

        var options = flag.Extras.Select(static extra => extra.StartsWith("bind-propagation=") ? extra["bind-propagation=".Length..] : extra)
            .Select(static extra => extra is "bind-nonrecursive" ? "bind" : extra is "relabel=shared" ? "z" : extra is "relabel=private" ? "Z" : extra)
            .Append(IsReadOnly(text) ? "ro" : "rw");
        var path = Path.GetFullPath(source, run.ContextDirectory is { } context ? Path.GetFullPath(context) : Environment.CurrentDirectory);
        var volume = Volume.Parse($"/:/:{string.Join(',', options)}") with { Source = path, Target = Target(flag) };
        var owner = new UserDatabase(view).Resolve(user);
        return _volumes.Make(volume, owner.Uid, owner.Gid);
    }

    private static bool IsReadOnly(string text) =>
        text.Split(',').Any(static field => field is "ro" or "readonly" or "read-only" or "ro=true" or "readonly=true" or "read-only=true" or "rw=false");

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

    private PreparedMount Cache(MountFlag flag)
    {
        var cache = CacheMount.Open(services.State, flag.Id ?? Target(flag), flag.Sharing, fresh: false, directory =>
        {
            FileCalls.ChangeOwner(directory, flag.UserId ?? 0, flag.GroupId ?? 0);
            FileCalls.ChangeMode(directory, flag.Mode ?? 0x1ED);
        });
        _owned.Add(cache);
        return PreparedMount.OfTree(Target(flag), Clone(cache.Directory, recursive: false), true, [flag.IsReadOnly ? "ro" : "rw", "nosuid", "nodev"]);
    }

    private static PreparedMount Tmpfs(MountFlag flag)
    {
        List<string> options = ["nosuid", "nodev", flag.IsReadOnly ? "ro" : "rw"];
        if (flag.Size is { } size)
        {
            options.Add($"size={size.ToString(System.Globalization.CultureInfo.InvariantCulture)}");
        }

        foreach (var extra in flag.Extras)
        {
            options.Add(
                extra.StartsWith("tmpfs-size=") ? "size=" + extra["tmpfs-size=".Length..]
                : extra.StartsWith("tmpfs-mode=") ? "mode=" + extra["tmpfs-mode=".Length..]
                : throw new BuildException($"--mount type=tmpfs: the option \"{extra}\" is not supported"));
        }

        return PreparedMount.OfMemory(Target(flag), options);
    }

    private SafeFileHandle Clone(SafeFileHandle tree, bool recursive)
    {
        var errno = MountCalls.TryOpenTree(tree, default, clone: true, recursive, out var clone);
        if (errno != Errno.None)
        {
            throw new LinuxException("open_tree", "", errno);
        }

        _owned.Add(clone);
        return clone;
    }
}

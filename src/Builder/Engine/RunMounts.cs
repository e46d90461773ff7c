using System.Globalization;

using Bld.Builder.Cache;
using Bld.Builder.Context;
using Bld.Builder.Copy;
using Bld.Builder.Store;
using Bld.Dockerfile;
using Bld.Runtime.Linux;

using Microsoft.Win32.SafeHandles;

namespace Bld.Builder.Engine;

/// <summary>
/// The <c>--mount</c>s of one RUN: what they add to the cache key, and, when the command has to run, the mounts themselves.
/// Every mount is a descriptor without a place in the host's tree, so a killed build leaves none; secrets live in a tmpfs only.
/// </summary>
internal sealed class RunMounts(BuildSession session, StageState state, SourceFinder sources) : IDisposable
{
    private readonly List<MountFlag> _flags = [];
    private readonly List<IDisposable> _owned = [sources];
    private readonly List<string> _environment = [];
    private readonly List<(MountFlag Flag, string Digest)> _bound = [];
    private readonly HeldCaches _caches = new();
    private IReadOnlyList<PreparedMount>? _prepared;
    private int _agents;

    /// <summary>Variables that mounts set (<c>SSH_AUTH_SOCK</c>, <c>type=secret,env=</c>); filled by <see cref="Prepare"/>.</summary>
    public IReadOnlyList<string> Environment => _environment;

    /// <summary>Adds a mount as the instruction has it, with its words expanded.</summary>
    public void Add(MountFlag flag) => _flags.Add(flag);

    /// <summary>Adds what the result depends on: for binds the content of what is bound, for the others only how they are mounted.</summary>
    public void AddTo(CacheKeyBuilder inputs)
    {
        foreach (var flag in _flags)
        {
            inputs.Add("mount", $"{flag.Type} {Target(flag)} {flag.Id} {flag.Sharing} {flag.IsReadOnly} {flag.Size} {flag.Mode} {flag.UserId} {flag.GroupId} {flag.Environment}{string.Concat(flag.Extras.Select(static word => " " + word))}{(flag.Type == MountType.Cache && flag.From is null ? flag.Source : null)}");
            if (flag.Type == MountType.Bind || flag.From is not null)
            {
                var notes = new TreeNotes();
                var digest = Tree(sources.Find(flag.From), Source(flag)).ContentDigest(session.Services.Digests, notes).ToString();
                inputs.Add($"content of {flag.From ?? "context"} {Source(flag)}", digest).Detail(digest, notes.Lines);
                _bound.Add((flag, digest));
            }
        }
    }

    /// <summary>Whether files of the host that the command could read are others than those that <see cref="AddTo"/> saw.</summary>
    public bool HaveSourcesChanged() => _bound.Any(each =>
        (each.Flag.From is null || session.Request.NamedContexts.ContainsKey(each.Flag.From)) && ContentNow(each.Flag) != each.Digest);

    private string? ContentNow(MountFlag flag)
    {
        try
        {
            return Tree(sources.Find(flag.From), Source(flag)).ContentDigest(session.Services.Digests).ToString();
        }
        catch (Exception exception) when (exception is BuildException or LinuxException)
        {
            // It is gone, or just going.
            return null;
        }
    }

    /// <summary>Makes the mounts, in the order of the instruction; a second call gives the same ones.</summary>
    public IReadOnlyList<PreparedMount> Prepare()
    {
        if (_prepared is not null)
        {
            return _prepared;
        }

        _caches.Take(_flags, CacheId, OpenCache);
        var mounts = new List<PreparedMount>();
        foreach (var flag in _flags)
        {
            var mount = flag.Type switch
            {
                MountType.Bind => Bind(flag),
                MountType.Cache => Cache(flag),
                MountType.Tmpfs => TmpfsMount.Of(flag, Target(flag)),
                MountType.Secret => Secret(flag),
                MountType.Ssh => Ssh(flag),
                _ => throw new BuildException($"unsupported mount type \"{flag.Type}\""),
            };
            if (mount is not null)
            {
                mounts.Add(mount);
            }
        }

        return _prepared = mounts;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        for (var i = _owned.Count - 1; i >= 0; i--)
        {
            _owned[i].Dispose();
        }

        _caches.Dispose();
    }

    private static string Source(MountFlag flag) => flag.Source ?? "/";

    private string Target(MountFlag flag)
    {
        if (flag.Target is null)
        {
            return "";
        }

        var target = flag.Target.StartsWith('/') ? flag.Target : $"{state.WorkingDirectory.TrimEnd('/')}/{flag.Target}";
        return RootPath.Clean(target).Length > 0
            ? target
            : throw new BuildException("invalid mount target \"/\": a mount there would hide the whole root; choose a directory below it");
    }

    private PreparedMount Bind(MountFlag flag)
    {
        var source = sources.Find(flag.From);
        if (!flag.IsReadOnly)
        {
            return WritableBind(flag, source);
        }

        // What the ignore rules hide must not be seen: then what is left is copied, else the tree itself is bound.
        var selected = source.Rules.HasRules ? Materialise(source, Source(flag)) : Open(source.Root, Source(flag));
        return PreparedMount.OfTree(Target(flag), Clone(selected), FileCalls.Status(selected).IsDirectory, Options(flag));
    }

    /// <summary>Writes go to a copy that is thrown away.</summary>
    private PreparedMount WritableBind(MountFlag flag, CopySource source)
    {
        var copy = Materialise(source, Source(flag));
        return PreparedMount.OfTree(Target(flag), Clone(copy), FileCalls.Status(copy).IsDirectory, Options(flag));
    }

    private CacheMount OpenCache(string id, CacheSharing sharing, MountFlag first)
    {
        var fresh = !session.Request.UseCache && session.EmptiedCaches.TryAdd(id, true);
        IReadOnlyList<string> shared = [];
        var mount = CacheMount.Open(session.Services.State, id, sharing, fresh, directory => shared = Fill(directory, first, id), session.Cancellation);
        try
        {
            mount.Remember(shared);
        }
        catch
        {
            mount.Dispose();
            throw;
        }

        session.UsedCaches[id] = true;
        return mount;
    }

    private PreparedMount Cache(MountFlag flag)
    {
        var id = CacheId(flag);
        return PreparedMount.OfTree(Target(flag), Clone(Selected(_caches[id], flag, id)), true, Options(flag)) with { IsCache = true };
    }

    /// <summary>The directory of a cache that a mount's source names; with <c>from</c> the source was what the cache began with.</summary>
    private SafeFileHandle Selected(CacheMount cache, MountFlag flag, string id)
    {
        if (flag.From is not null || RootPath.Clean(Source(flag)) is not { Length: > 0 } path)
        {
            return cache.Directory;
        }

        var selected = cache.OpenInside(path, id);
        _owned.Add(selected);
        return selected;
    }

    // Set-user-id programs and devices are never of use there, whatever the flag says.
    private static IReadOnlyList<string> Options(MountFlag flag) =>
        [flag.IsReadOnly ? "ro" : "rw", "nosuid", "nodev", .. flag.ForbidsPrograms ? (string[])["noexec"] : []];

    /// <summary>
    /// What tells caches apart: the id, what <c>BUILDKIT_CACHE_MOUNT_NS</c> puts before it, and whose it is, since a cache that belongs
    /// to one user is of no use to another.
    /// </summary>
    private string CacheId(MountFlag flag)
    {
        var id = flag.Id ?? $"/{RootPath.Clean(Target(flag))}";
        if (session.Request.BuildArguments.GetValueOrDefault(SpecialArguments.CacheNamespace) is { Length: > 0 } prefix)
        {
            id = $"{prefix}/{id}";
        }

        return flag is { UserId: null, GroupId: null, Mode: null }
            ? id
            : string.Create(CultureInfo.InvariantCulture, $"{id} for {flag.UserId ?? 0}:{flag.GroupId ?? 0} {Convert.ToString(flag.Mode ?? 0x1ED, 8)}");
    }

    /// <summary>Gives a new cache its first content: what other machines had in it, or else what the mount says; and the names of the former.</summary>
    private IReadOnlyList<string> Fill(SafeFileHandle directory, MountFlag flag, string id)
    {
        IReadOnlyList<string> names = [];
        if (session.SharedCache?.TryFill(id, directory, out names) != true && flag.From is not null)
        {
            Tree(sources.Find(flag.From), Source(flag)).Execute(directory, null);
        }

        FileCalls.ChangeOwner(directory, flag.UserId ?? 0, flag.GroupId ?? 0);
        FileCalls.ChangeMode(directory, flag.Mode ?? 0x1ED);
        return names;
    }

    private PreparedMount? Secret(MountFlag flag)
    {
        var id = flag.SecretId;
        if (!session.Request.Secrets.TryGetValue(id, out var source) || source.Read() is not { } bytes)
        {
            return flag.IsRequired
                ? throw new BuildException($"secret {id}: not found; give it with --secret id={id},src=FILE or --secret id={id},env=VARIABLE")
                : null;
        }

        if (flag.Environment is { } variable)
        {
            _environment.Add($"{variable}={System.Text.Encoding.UTF8.GetString(bytes)}");
            if (flag.Target is null)
            {
                return null;
            }
        }

        var target = flag.Target is null ? $"/run/secrets/{id}" : Target(flag);
        return PreparedMount.OfFile(target, bytes, flag.Mode ?? 0x100, ["ro", "nosuid", "nodev", "noexec"]) with
        {
            UserId = flag.UserId ?? 0,
            GroupId = flag.GroupId ?? 0,
            IsSecret = true,
        };
    }

    private PreparedMount? Ssh(MountFlag flag)
    {
        var id = flag.AgentId;
        if (!session.Request.SshSockets.TryGetValue(id, out var socket))
        {
            return flag.IsRequired
                ? throw new BuildException($"no SSH key \"{id}\" forwarded from the client: unset ssh forward key {id}; forward an agent with --ssh {id}")
                : null;
        }

        var target = flag.Target is null ? $"/run/buildkit/ssh_agent.{_agents++}" : Target(flag);
        _environment.Add($"SSH_AUTH_SOCK={target}");
        var relay = new AgentRelay(session.Services.State, socket, flag.Mode ?? 0x180, flag.UserId ?? 0, flag.GroupId ?? 0);
        _owned.Add(relay);
        return PreparedMount.OfTree(target, Clone(relay.Socket), false, ["rw", "nosuid", "nodev", "noexec"]);
    }

    private SafeFileHandle Open(SafeFileHandle root, string path)
    {
        var opened = FileCalls.OpenInRoot(root, ByteString.From(path.TrimStart('/')).Span, OpenFlags.Path);
        _owned.Add(opened);
        return opened;
    }

    private SafeFileHandle Materialise(CopySource source, string path)
    {
        var active = session.Services.Snapshots.Prepare(null);
        _owned.Add(active);
        Tree(source, path).Execute(active.UpperHandle, null);
        return Open(active.UpperHandle, IsDirectory(source, path) ? "" : Path.GetFileName(RootPath.Clean(path)));
    }

    /// <summary>The copying of one path of a source, for its digest or for a copy of it.</summary>
    private Copier Tree(CopySource source, string path) =>
        new(source, new CopyRequest { Sources = [path], Destination = "/", IsLiteral = true }, session.Cancellation);

    private static bool IsDirectory(CopySource source, string path)
    {
        using var opened = FileCalls.OpenInRoot(source.Root, ByteString.From(RootPath.Clean(path)).Span, OpenFlags.Path);
        return FileCalls.Status(opened).IsDirectory;
    }

    private SafeFileHandle Clone(SafeFileHandle tree)
    {
        var clone = MountTree.Of(tree, recursive: false);
        _owned.Add(clone);
        return clone;
    }
}

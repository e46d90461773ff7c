using Bld.Builder.Snapshots;
using Bld.Runtime;
using Bld.Runtime.Spec;

using Microsoft.Win32.SafeHandles;

namespace Bld.Builder.Engine;

/// <summary>One mount of a container on top of the usual ones: a detached tree, a file that lives in memory only, or an empty tmpfs.</summary>
internal sealed record PreparedMount
{
    private PreparedMount(string target, bool isDirectory, IReadOnlyList<string> options)
    {
        Target = target;
        IsDirectory = isDirectory;
        Options = options;
    }

    /// <summary>Absolute path in the container.</summary>
    public string Target { get; }

    /// <summary>Whether a directory or a file is mounted.</summary>
    public bool IsDirectory { get; }

    /// <summary>Options as in mount(8).</summary>
    public IReadOnlyList<string> Options { get; }

    public uint UserId { get; init; }

    public uint GroupId { get; init; }

    /// <summary>What is mounted, of those that come from somewhere.</summary>
    public SafeFileHandle? Tree { get; private init; }

    /// <summary>The bytes of a file that lives in memory only.</summary>
    public byte[]? Content { get; private init; }

    /// <summary>Permission bits of <see cref="Content"/>.</summary>
    public uint Mode { get; private init; }

    /// <summary>A detached tree, which stays the caller's to dispose of.</summary>
    public static PreparedMount OfTree(string target, SafeFileHandle tree, bool isDirectory, IReadOnlyList<string> options) =>
        new(target, isDirectory, options) { Tree = tree };

    /// <summary>A file of these bytes and permission bits, which never touches a disk.</summary>
    public static PreparedMount OfFile(string target, byte[] content, uint mode, IReadOnlyList<string> options) =>
        new(target, isDirectory: false, options) { Content = content, Mode = mode };

    /// <summary>An empty tmpfs.</summary>
    public static PreparedMount OfMemory(string target, IReadOnlyList<string> options) => new(target, isDirectory: true, options);

    /// <summary>The permission bits that the options of a tmpfs say; null when they say none.</summary>
    public uint? MemoryMode =>
        Options.FirstOrDefault(static option => option.StartsWith("mode=")) is { } mode ? Convert.ToUInt32(mode["mode=".Length..], 8) : null;

    /// <summary>Whether it is a place of the host, whose owners are the host's for the command too.</summary>
    public bool IsHosts { get; init; }

    /// <summary>Whether it is a cache, which others may have at the same time.</summary>
    public bool IsCache { get; init; }

    /// <summary>Whether the command may only read it.</summary>
    public bool IsReadOnly => Options.Contains("ro");

    /// <summary>Whether its content must never touch a disk.</summary>
    public bool IsSecret { get; init; }

    /// <summary>Shows it with the command's ids, where its file system can.</summary>
    public void Show(IdShift shift)
    {
        if (Tree is not null && !IsHosts)
        {
            _ = shift.TryShow(Tree);
        }
    }

    /// <summary>The mount as the runtime takes it.</summary>
    public ContainerMount ToContainerMount() => new()
    {
        Spec = new MountSpec { Destination = Target, Type = "tmpfs", Source = "tmpfs", Options = Options },
        Tree = Tree,
        Content = Content is { } bytes ? bytes : (ReadOnlyMemory<byte>?)null,
        Mode = Mode,
        Uid = UserId,
        Gid = GroupId,
    };
}

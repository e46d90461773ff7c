using System.Globalization;

using Bld.Builder.Cli.Flags;
using Bld.Registry.Configuration;
using Bld.Runtime.Rootless;

namespace Bld.Builder.Cli.Settings;

/// <summary>
/// Where the state is: the command line, else <c>BLD_ROOT</c> and <c>BLD_RUNROOT</c>, else storage.conf, else the usual place. What
/// storage.conf names is another program's store, in another format: there the state is the directory <c>bld</c> below it.
/// </summary>
internal sealed class StorageSettings
{
    private const string UsualGraphRoot = "/var/lib/containers/storage";
    private const string UsualRunRoot = "/run/containers/storage";

    private readonly ParsedFlags _flags;
    private readonly TomlTable _storage;

    private StorageSettings(ParsedFlags flags)
    {
        _flags = flags;
        Files = ConfigurationFiles.Locate("storage.conf", "CONTAINERS_STORAGE_CONF");
        _storage = ConfigurationFiles.Read(Files).Table("storage");
    }

    /// <summary>The files that were read.</summary>
    public IReadOnlyList<string> Files { get; }

    /// <summary>The state directory.</summary>
    public string Root => Given("root", EnvironmentNames.Get("ROOT")) ?? Below(Configured("graphroot"), UsualGraphRoot)
        ?? (IsRoot ? "/var/lib/bld" : $"{DataHome}/bld");

    /// <summary>What dies at a reboot.</summary>
    public string RunRoot => Given("runroot", EnvironmentNames.Get("RUNROOT")) ?? Below(_storage.Text("runroot"), UsualRunRoot)
        ?? (IsRoot ? "/run/bld" : RuntimeHome);

    // In the user namespace of an ordinary user everything is root's.
    private static bool IsRoot => Environment.IsPrivilegedProcess && !RootlessStart.IsInside;

    private static string RuntimeHome =>
        Environment.GetEnvironmentVariable("XDG_RUNTIME_DIR") is { Length: > 0 } home ? $"{home}/bld" : $"/tmp/bld-run-{RootlessStart.UserId}";

    private static string DataHome =>
        Environment.GetEnvironmentVariable("XDG_DATA_HOME") is { Length: > 0 } home ? home : $"{Home}/.local/share";

    private static string Home => Environment.GetFolderPath(Environment.SpecialFolder.UserProfile);

    /// <summary>What mounts overlay in the kernel's place: <c>--storage-opt</c>, else STORAGE_OPTS, else storage.conf; null for nothing.</summary>
    /// <exception cref="UsageException">There is no such program.</exception>
    public string? MountProgram
    {
        get
        {
            var said = _flags.List("storage-opt").Concat((Environment.GetEnvironmentVariable("STORAGE_OPTS") ?? "").Split(','))
                .Select(static option => option.Split('=', 2))
                .FirstOrDefault(static option => option is ["overlay.mount_program" or "overlay2.mount_program" or ".mount_program" or "mount_program", _]);
            var options = _storage.Table("options");
            var path = said?[1] ?? options.Table("overlay").Text("mount_program") ?? options.Text("mount_program");
            return string.IsNullOrEmpty(path) ? null
                : File.Exists(path) ? path
                : throw new UsageException($"overlay: can't stat program \"{path}\": install it, or leave out mount_program (--storage-opt, STORAGE_OPTS, storage.conf)");
        }
    }

    /// <summary>Reads what there is.</summary>
    public static StorageSettings Read(ParsedFlags flags) => new(flags);

    private string? Given(string flag, string? variable) => _flags.Text(flag) is { Length: > 0 } text ? text : variable;

    private string? Configured(string key) => IsRoot ? _storage.Text(key) : _storage.Text("rootless_storage_path");

    private static string? Below(string? path, string usual) => string.IsNullOrEmpty(path) || path == usual ? null : Expand(path).TrimEnd('/') + "/bld";

    private static string Expand(string path) => path
        .Replace("$HOME", Home, StringComparison.Ordinal)
        .Replace("$USER", Environment.UserName, StringComparison.Ordinal)
        .Replace("$UID", RootlessStart.UserId.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal);
}

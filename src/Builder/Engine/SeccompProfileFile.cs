using System.Runtime.InteropServices;
using System.Text.Json;

using Bld.Builder.Store;
using Bld.Runtime.Spec;

namespace Bld.Builder.Engine;

/// <summary>
/// A seccomp profile in a file: the runtime-spec's JSON, or what containers-common and Docker make of it, whose rules also say for
/// which architectures and capabilities they count.
/// </summary>
internal static class SeccompProfileFile
{
    private const string HostFile = "/etc/containers/seccomp.json";

    /// <summary>The host's own default, where its owner has one.</summary>
    public static SeccompSpec? Host(IReadOnlyList<string> capabilities) =>
        File.Exists(HostFile) ? Read(HostFile, capabilities) : null;

    /// <summary>Reads a profile for a container with these capabilities.</summary>
    /// <exception cref="BuildException">It can't be read.</exception>
    public static SeccompSpec Read(string path, IReadOnlyList<string> capabilities)
    {
        try
        {
            using var document = JsonDocument.Parse(File.ReadAllBytes(path));
            var root = document.RootElement;
            return new SeccompSpec
            {
                DefaultAction = root.GetProperty("defaultAction").GetString()!,
                DefaultErrnoRet = Number(root, "defaultErrnoRet"),
                Architectures = Architectures(root),
                Flags = Texts(root, "flags"),
                Syscalls = [.. List(root, "syscalls").Where(rule => Counts(rule, capabilities)).Select(Rule)],
            };
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException or KeyNotFoundException or FormatException or IOException)
        {
            throw new BuildException($"seccomp profile {path} can't be read: {exception.Message}", exception);
        }
    }

    private static string Architecture => RuntimeInformation.ProcessArchitecture switch
    {
        System.Runtime.InteropServices.Architecture.X64 => "amd64",
        System.Runtime.InteropServices.Architecture.Arm64 => "arm64",
        var other => other.ToString().ToLowerInvariant(),
    };

    private static string NativeName => Architecture == "amd64" ? "SCMP_ARCH_X86_64" : "SCMP_ARCH_AARCH64";

    private static List<string>? Architectures(JsonElement root)
    {
        foreach (var entry in List(root, "archMap"))
        {
            if (entry.GetProperty("architecture").GetString() == NativeName)
            {
                return [NativeName, .. Texts(entry, "subArchitectures") ?? []];
            }
        }

        return Texts(root, "architectures");
    }

    private static SeccompRule Rule(JsonElement rule) => new()
    {
        Names = Texts(rule, "names") ?? (rule.TryGetProperty("name", out var name) ? [name.GetString()!] : []),
        Action = rule.GetProperty("action").GetString()!,
        ErrnoRet = Number(rule, "errnoRet"),
        Args = [.. List(rule, "args").Select(static argument => new SeccompArgument
        {
            Index = argument.GetProperty("index").GetUInt32(),
            Value = argument.GetProperty("value").GetUInt64(),
            ValueTwo = argument.TryGetProperty("valueTwo", out var second) ? second.GetUInt64() : 0,
            Operator = argument.GetProperty("op").GetString()!,
        })],
    };

    private static bool Counts(JsonElement rule, IReadOnlyList<string> capabilities)
    {
        var includes = rule.TryGetProperty("includes", out var included) ? included : default;
        var excludes = rule.TryGetProperty("excludes", out var excluded) ? excluded : default;
        return (Texts(includes, "arches") is not { Count: > 0 } arches || arches.Contains(Architecture))
            && (Texts(includes, "caps") is not { Count: > 0 } needed || needed.TrueForAll(capabilities.Contains))
            && (Texts(excludes, "arches") is not { Count: > 0 } others || !others.Contains(Architecture))
            && (Texts(excludes, "caps") is not { Count: > 0 } without || !without.Exists(capabilities.Contains))
            && IsNewEnough(includes);
    }

    private static bool IsNewEnough(JsonElement includes) =>
        includes.ValueKind != JsonValueKind.Object || !includes.TryGetProperty("minKernel", out var kernel)
        || !Version.TryParse(kernel.GetString(), out var version) || Environment.OSVersion.Version >= version;

    private static uint? Number(JsonElement element, string name) =>
        element.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Number ? value.GetUInt32() : null;

    private static IEnumerable<JsonElement> List(JsonElement element, string name) =>
        element.TryGetProperty(name, out var list) && list.ValueKind == JsonValueKind.Array ? list.EnumerateArray() : Enumerable.Empty<JsonElement>();

    private static List<string>? Texts(JsonElement element, string name) =>
        element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out var list) && list.ValueKind == JsonValueKind.Array
            ? [.. list.EnumerateArray().Select(static each => each.GetString() ?? "")]
            : null;
}

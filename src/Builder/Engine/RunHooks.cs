using System.Text.Json;

using Bld.Builder.Store;
using Bld.Runtime.Spec;

namespace Bld.Builder.Engine;

/// <summary>
/// Hooks that the host's owner puts into directories, one JSON file each (oci-hooks(5), version 1.0.0): what runs at which stages of a
/// container, and when. Files of a later directory hide those of the same name in an earlier one.
/// </summary>
internal static class RunHooks
{
    /// <summary>The hooks that concern a container; null when there are none.</summary>
    /// <param name="directories">Where to look; one that is missing has none.</param>
    /// <param name="arguments">The container's command.</param>
    /// <param name="hasBindMounts">Whether it sees directories of the host.</param>
    public static HooksSpec? Find(IReadOnlyList<string> directories, IReadOnlyList<string> arguments, bool hasBindMounts)
    {
        if (directories.Count == 0)
        {
            return null;
        }

        var stages = new Dictionary<string, List<HookSpec>>();
        foreach (var file in Files(directories))
        {
            try
            {
                using var document = JsonDocument.Parse(File.ReadAllBytes(file));
                Add(document.RootElement, arguments, hasBindMounts, stages);
            }
            catch (Exception exception) when (exception is JsonException or InvalidOperationException or KeyNotFoundException or FormatException)
            {
                throw new BuildException($"hook {file} can't be read: {exception.Message}", exception);
            }
        }

        IReadOnlyList<HookSpec>? Of(string stage) => stages.GetValueOrDefault(stage);
        return stages.Count == 0 ? null : new HooksSpec
        {
            Prestart = Of("prestart"),
            CreateRuntime = Of("createRuntime"),
            CreateContainer = Of("createContainer"),
            StartContainer = Of("startContainer"),
            Poststart = Of("poststart"),
            Poststop = Of("poststop"),
        };
    }

    private static SortedDictionary<string, string>.ValueCollection Files(IReadOnlyList<string> directories)
    {
        var files = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (var directory in directories.Where(Directory.Exists))
        {
            foreach (var file in Directory.GetFiles(directory, "*.json"))
            {
                files[Path.GetFileName(file)] = file;
            }
        }

        return files.Values;
    }

    private static void Add(JsonElement file, IReadOnlyList<string> arguments, bool hasBindMounts, Dictionary<string, List<HookSpec>> stages)
    {
        if (file.GetProperty("version").GetString() != "1.0.0")
        {
            throw new JsonException($"version {file.GetProperty("version")} is not known, only 1.0.0 is");
        }

        if (!Concerns(file.GetProperty("when"), arguments, hasBindMounts))
        {
            return;
        }

        var hook = file.GetProperty("hook");
        var spec = new HookSpec
        {
            Path = hook.GetProperty("path").GetString() ?? "",
            Args = Texts(hook, "args"),
            Env = Texts(hook, "env"),
            Timeout = hook.TryGetProperty("timeout", out var timeout) ? timeout.GetInt32() : null,
        };
        foreach (var stage in Texts(file, "stages") ?? [])
        {
            if (!stages.TryGetValue(stage, out var hooks))
            {
                stages.Add(stage, hooks = []);
            }

            hooks.Add(spec);
        }
    }

    // All conditions that are there must hold; a build's containers have no annotations.
    private static bool Concerns(JsonElement when, IReadOnlyList<string> arguments, bool hasBindMounts)
    {
        var holds = true;
        var any = false;
        foreach (var condition in when.EnumerateObject())
        {
            any = true;
            holds &= condition.Name switch
            {
                "always" => condition.Value.GetBoolean(),
                "hasBindMounts" => condition.Value.GetBoolean() == hasBindMounts,
                "commands" => condition.Value.EnumerateArray().Any(pattern => CommandPattern.Matches(pattern.GetString() ?? "", arguments[0])),
                _ => false,
            };
        }

        return any && holds;
    }

    private static List<string>? Texts(JsonElement element, string name) =>
        element.TryGetProperty(name, out var list) ? [.. list.EnumerateArray().Select(static each => each.GetString() ?? "")] : null;
}

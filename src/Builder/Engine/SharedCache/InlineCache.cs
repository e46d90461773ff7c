using System.Globalization;

using Bld.Builder.Cache;
using Bld.Registry;

namespace Bld.Builder.Engine.SharedCache;

/// <summary>
/// The cache inside an image (<c>type=inline</c>): an annotation of its manifest with a line for each step, <c>LAYER KEY TIME</c>. It is no
/// part of the configuration, so the image's id is the same with and without it; Docker's format has no place for it.
/// </summary>
internal static class InlineCache
{
    private const string Steps = "io.bld.cache.steps";

    /// <summary>Adds what a stage's layers are to an image's annotations.</summary>
    public static void Write(Dictionary<string, string> annotations, StageResult stage) =>
        annotations[Steps] = string.Join('\n', stage.Steps.Select(static step => $"{step.Layer} {step.Key.Hex} {step.Created.ToString("O", CultureInfo.InvariantCulture)}"));

    /// <summary>Whether an image has one.</summary>
    public static bool IsIn(ImageManifest manifest) => manifest.Annotations?.ContainsKey(Steps) == true;

    /// <summary>The steps of an image; lines that make no sense are left out.</summary>
    public static IReadOnlyDictionary<CacheKey, SharedStep> Read(ImageManifest manifest, ImageConfig config)
    {
        var steps = new Dictionary<CacheKey, SharedStep>();
        var diffIds = config.RootFs.DiffIds;
        if (diffIds.Count != manifest.Layers.Count)
        {
            return steps;
        }

        foreach (var line in manifest.Annotations?.GetValueOrDefault(Steps)?.Split('\n') ?? [])
        {
            if (line.Split(' ') is [var number, { Length: 64 } hex, var time]
                && int.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out var layer) && layer < diffIds.Count
                && DateTimeOffset.TryParse(time, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var created))
            {
                var key = new CacheKey(hex);
                steps[key] = new SharedStep(key, [new SharedLayer(manifest.Layers[layer], diffIds[layer])], ChainId.Of(diffIds.Take(layer)), created);
            }
        }

        return steps;
    }
}

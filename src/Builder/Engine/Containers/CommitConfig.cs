using System.Text.Json;

using Bld.Builder.Store;
using Bld.Registry;

namespace Bld.Builder.Engine.Containers;

/// <summary>The configuration and annotations of an image that is made of a working container.</summary>
internal sealed class CommitConfig(WorkingContainer container, CommitRequest request)
{
    private readonly DateTimeOffset _created =
        (request.Timestamp ?? request.SourceDateEpoch) is { } seconds ? DateTimeOffset.FromUnixTimeSeconds(seconds) : DateTimeOffset.UtcNow;

    /// <summary>The configuration, but for the diff ids.</summary>
    public ImageConfig Image()
    {
        var editor = new ConfigEditor(container);
        foreach (var change in request.Changes)
        {
            InstructionChange.Apply(editor, change);
        }

        foreach (var name in request.Metadata.UnsetEnvironment)
        {
            editor.Env(name + "-");
        }

        if (request.Metadata.IdentityLabel)
        {
            editor.Label($"{ImageWriter.IdentityLabel}={ImageWriter.Identity}");
        }

        foreach (var name in request.Metadata.UnsetLabels)
        {
            editor.Label(name + "-");
        }

        if (request.Config is { } json)
        {
            editor.Set(config => Override(config, json));
        }

        return editor.Container.Config with { Created = _created, History = request.Metadata.OmitHistory ? null : History() };
    }

    /// <summary>The annotations of the manifest.</summary>
    public IReadOnlyDictionary<string, string> Annotations()
    {
        var editor = new ConfigEditor(container);
        if (container.Annotations.GetValueOrDefault(ImageAnnotations.Created) == container.ParseManifest()?.Annotations?.GetValueOrDefault(ImageAnnotations.Created))
        {
            // The base's time isn't this image's.
            editor.Annotation(request.Metadata.CreatedAnnotation ? $"{ImageAnnotations.Created}={ImageAnnotations.Text(_created)}" : ImageAnnotations.Created + "-");
        }

        foreach (var name in request.Metadata.UnsetAnnotations)
        {
            editor.Annotation(name + "-");
        }

        foreach (var (name, value) in request.Metadata.Annotations)
        {
            editor.Annotation($"{name}={value}");
        }

        return editor.Container.Annotations;
    }

    private List<HistoryEntry> History()
    {
        var entries = new List<HistoryEntry>();
        // Squashed, the new layer is the only one, and tells of what was done here.
        entries.AddRange(request.Squash ? [] : container.Config.History ?? []);

        var hasTime = (request.Timestamp ?? request.SourceDateEpoch) is not null;
        entries.AddRange(container.History.Select(entry => hasTime ? entry with { Created = _created } : entry));
        entries.Add(new HistoryEntry
        {
            Created = _created,
            CreatedBy = container.CreatedBy is { Length: > 0 } given ? given : container.Config.Config?.Shell is { Count: > 0 } shell ? string.Join(' ', shell) : "/bin/sh",
            Author = container.Config.Author,
            Comment = container.HistoryComment + (container.Image.Length > 0 ? $"FROM {container.Image}" : "") is { Length: > 0 } comment ? comment : null,
        });
        return entries;
    }

    /// <summary>What the given configuration sets comes before what the container has.</summary>
    private static ContainerConfig Override(ContainerConfig known, byte[] json)
    {
        try
        {
            using var document = JsonDocument.Parse(json);
            var root = document.RootElement;
            var part = root.TryGetProperty("config", out var config) ? config : root.TryGetProperty("Config", out config) ? config : root;
            var given = ImageConfig.Parse(System.Text.Encoding.UTF8.GetBytes($"{{\"architecture\":\"\",\"os\":\"\",\"config\":{part.GetRawText()}}}")).Config!;
            return known with
            {
                User = given.User is { Length: > 0 } user ? user : known.User,
                ExposedPorts = given.ExposedPorts ?? known.ExposedPorts,
                Env = given.Env ?? known.Env,
                Entrypoint = given.Entrypoint ?? known.Entrypoint,
                Cmd = given.Cmd ?? known.Cmd,
                Healthcheck = given.Healthcheck ?? known.Healthcheck,
                Volumes = given.Volumes ?? known.Volumes,
                WorkingDir = given.WorkingDir is { Length: > 0 } directory ? directory : known.WorkingDir,
                OnBuild = given.OnBuild ?? known.OnBuild,
                Labels = given.Labels ?? known.Labels,
                StopSignal = given.StopSignal is { Length: > 0 } signal ? signal : known.StopSignal,
                Shell = given.Shell ?? known.Shell,
            };
        }
        catch (JsonException exception)
        {
            throw new BuildException($"the file of --config is no image configuration: {exception.Message}", exception);
        }
    }
}

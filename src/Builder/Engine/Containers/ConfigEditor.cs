using Bld.Builder.Store;
using Bld.Registry;

namespace Bld.Builder.Engine.Containers;

/// <summary>
/// Changes the configuration of a working container. Of what is a list, <c>NAME-</c> removes an entry and <c>-</c> all of them.
/// </summary>
internal sealed class ConfigEditor(WorkingContainer container)
{
    private const string All = "-";

    /// <summary>The container as it is now.</summary>
    public WorkingContainer Container { get; private set; } = container;

    private ContainerConfig Settings => Container.Config.Config ?? new ContainerConfig();

    /// <summary>Changes a part of <c>config</c>.</summary>
    public void Set(Func<ContainerConfig, ContainerConfig> change) => Container = Container with { Config = Container.Config with { Config = change(Settings) } };

    /// <summary>Changes another part of the configuration.</summary>
    public void SetImage(Func<ImageConfig, ImageConfig> change) => Container = Container with { Config = change(Container.Config) };

    /// <summary>Changes another part of the record.</summary>
    public void SetContainer(Func<WorkingContainer, WorkingContainer> change) => Container = change(Container);

    /// <summary><c>NAME=value</c>, whose value may speak of variables set so far; <c>NAME</c> alone takes the caller's.</summary>
    /// <exception cref="BuildException">The caller has no such variable.</exception>
    public void Env(string text)
    {
        var variables = StageVariables.From(text == All ? [] : Settings.Env ?? [], null);
        if (text != All)
        {
            var equals = text.IndexOf('=');
            if (equals < 0 && text.EndsWith('-'))
            {
                variables.UnsetEnvironment(text[..^1]);
            }
            else if (equals < 0)
            {
                variables.SetEnvironment(text, Environment.GetEnvironmentVariable(text) ?? throw new BuildException($"setting env \"{text}\": no value given and the environment has none"));
            }
            else
            {
                // What is set last stands last, as Buildah writes it.
                var value = Expand(text[(equals + 1)..], variables);
                variables.UnsetEnvironment(text[..equals]);
                variables.SetEnvironment(text[..equals], value);
            }
        }

        Set(config => config with { Env = variables.Environment is { Count: > 0 } all ? all : null });
    }

    /// <summary><c>NAME=value</c>; <c>NAME</c> alone gives it an empty value.</summary>
    public void Label(string text) => Set(config => config with { Labels = Changed(config.Labels, text) });

    /// <inheritdoc cref="Label"/>
    public void Annotation(string text) =>
        SetContainer(container => container with { Annotations = Changed(container.Annotations, text) ?? new(StringComparer.Ordinal) });

    /// <summary><c>PORT[/PROTOCOL]</c>.</summary>
    public void Port(string text) => Set(config => config with { ExposedPorts = Changed(config.ExposedPorts, text) });

    /// <summary>A path.</summary>
    public void Volume(string text) => Set(config => config with { Volumes = Changed(config.Volumes, text) });

    /// <summary>A further trigger.</summary>
    public void OnBuild(string text) => Set(config => config with { OnBuild = text == All ? null : text.Length == 0 ? config.OnBuild : [.. config.OnBuild ?? [], text] });

    /// <summary>A feature of the operating system.</summary>
    public void OsFeature(string text) => SetImage(config => config with
    {
        OsFeatures = text == All ? null
            : text.EndsWith('-') ? [.. (config.OsFeatures ?? []).Where(feature => feature != text[..^1])]
            : [.. (config.OsFeatures ?? []).Where(feature => feature != text), text],
    });

    /// <summary>A JSON list, or words as the shell splits them.</summary>
    public void Cmd(string text) => Set(config => config with { Cmd = ShellWords.List(text) });

    /// <summary>A JSON list as it is, or a text for <c>/bin/sh -c</c>; nothing takes it away. The command stays, as Buildah keeps it.</summary>
    public void Entrypoint(string text) =>
        Set(config => config with { Entrypoint = text.Trim().Length == 0 ? null : ShellWords.TryJson(text) ?? ["/bin/sh", "-c", text] });

    /// <summary><c>CMD words</c>, <c>CMD-SHELL text</c>, <c>NONE</c>; nothing takes it away.</summary>
    /// <exception cref="BuildException">A quote isn't closed, in a text for the shell either.</exception>
    public void Healthcheck(string text)
    {
        var trimmed = text.Trim();
        var words = ShellWords.Split(trimmed);
        var space = trimmed.IndexOf(' ');
        var (word, rest) = space < 0 ? (trimmed, "") : (trimmed[..space], trimmed[(space + 1)..].Trim());
        IReadOnlyList<string>? test = word switch
        {
            "" => null,
            "NONE" => ["NONE"],
            "CMD" => words,
            "CMD-SHELL" => ["CMD-SHELL", rest],
            _ => ["CMD-SHELL", trimmed],
        };
        Set(config => config with { Healthcheck = test is null ? null : HealthcheckOf(config) with { Test = test } });
    }

    /// <summary>Times and retries of the health check.</summary>
    public void Health(Func<HealthcheckConfig, HealthcheckConfig> change) => Set(config => config with { Healthcheck = change(HealthcheckOf(config)) });

    /// <summary>An entry of the history without a layer.</summary>
    public void AddHistory(string createdBy) => SetContainer(container => container with
    {
        History = [.. container.History, new HistoryEntry { Created = DateTimeOffset.UtcNow, CreatedBy = createdBy, EmptyLayer = true }],
    });

    private static HealthcheckConfig HealthcheckOf(ContainerConfig config)
    {
        const long HalfMinute = 30_000_000_000;
        const int Retries = 3;
        return config.Healthcheck ?? new HealthcheckConfig { Test = ["NONE"], Interval = HalfMinute, Timeout = HalfMinute, Retries = Retries };
    }

    private static SortedDictionary<string, string>? Changed(SortedDictionary<string, string>? known, string text)
    {
        if (text == All)
        {
            return null;
        }

        var changed = new SortedDictionary<string, string>(known ?? [], StringComparer.Ordinal);
        var equals = text.IndexOf('=');
        if (equals < 0 && text.EndsWith('-'))
        {
            changed.Remove(text[..^1]);
        }
        else
        {
            changed[equals < 0 ? text : text[..equals]] = equals < 0 ? "" : text[(equals + 1)..];
        }

        return changed.Count > 0 ? changed : null;
    }

    private static SortedDictionary<string, EmptyObject>? Changed(SortedDictionary<string, EmptyObject>? known, string text)
    {
        if (text == All)
        {
            return null;
        }

        var changed = new SortedDictionary<string, EmptyObject>(known ?? [], StringComparer.Ordinal);
        if (text.EndsWith('-'))
        {
            changed.Remove(text[..^1]);
        }
        else
        {
            changed[text] = default;
        }

        return changed.Count > 0 ? changed : null;
    }

    /// <summary><c>$NAME</c> and <c>${NAME}</c>; what is not set is nothing. <c>$$</c> is a dollar.</summary>
    private static string Expand(string text, StageVariables variables)
    {
        var expanded = new System.Text.StringBuilder();
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] != '$' || i + 1 == text.Length)
            {
                expanded.Append(text[i]);
                continue;
            }

            var braces = text[i + 1] == '{';
            var start = i + (braces ? 2 : 1);
            var end = start;
            while (end < text.Length && (char.IsAsciiLetterOrDigit(text[end]) || text[end] == '_'))
            {
                end++;
            }

            if (end == start || (braces && (end == text.Length || text[end] != '}')))
            {
                expanded.Append('$');
                i += !braces && text[start] == '$' ? 1 : 0;
                continue;
            }

            expanded.Append(variables.Lookup(text[start..end]));
            i = braces ? end : end - 1;
        }

        return expanded.ToString();
    }
}

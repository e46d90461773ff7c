using System.Text.Json;

using Bld.Builder.Cli.Flags;
using Bld.Builder.Cli.Settings;
using Bld.Builder.Engine.Containers;
using Bld.Dockerfile;
using Bld.Registry;

namespace Bld.Builder.Cli.Commands;

/// <summary><c>bld config CONTAINER</c>.</summary>
internal sealed class ConfigCommand : Command
{
    public override IReadOnlyList<string> Names => ["config"];

    public override string Summary => "Change the configuration of the images to come of a working container";

    public override string Usage => "CONTAINER";

    public override IReadOnlyList<Flag> Flags => ConfigFlags.All;

    public override int Run(CommandLine line)
    {
        if (line.Arguments.Count == 0)
        {
            throw new UsageException("container ID must be specified");
        }

        ContainerArguments.RefuseFlags(line);
        if (line.Arguments.Count > 1)
        {
            throw new UsageException("too many arguments specified");
        }

        using var session = Session.Open(line.Flags);
        var container = ContainerArguments.Container(session, line.Arguments[0]);
        session.Containers.Update(container.Id, record =>
        {
            var edit = new Edit(line.Flags, new ConfigEditor(record));
            edit.Image();
            edit.Settings();
            return edit.Finish();
        });
        return 0;
    }

    /// <summary>Carries the flags of one command line over to a container, in the order in which they enter the history.</summary>
    private sealed class Edit(ParsedFlags flags, ConfigEditor editor)
    {
        private readonly List<string> _history = [];

        public void Image()
        {
            Each("author", value => editor.SetImage(config => config with { Author = value }));
            Each("arch", value => editor.SetImage(config => config with { Architecture = value is "" ? Platform.Host.Architecture : value, Variant = null }));
            Each("variant", value => editor.SetImage(config => config with { Variant = value }));
            Each("os", value => editor.SetImage(config => config with { Os = value is "" ? Platform.Host.Os : value }));
            Each("os-version", value => editor.SetImage(config => config with { OsVersion = value }));
            Each("os-feature", editor.OsFeature);
            Each("comment", Comment);
            Each("created-by", value => editor.SetContainer(container => container with { CreatedBy = value }));
            Each("history-comment", value => editor.SetContainer(container => container with { HistoryComment = value }));
            Each("annotation", editor.Annotation);
            Each("unsetannotation", name => editor.Annotation(name + "-"));
            Each("domainname", value => editor.Set(config => config with { Domainname = value }));
            Each("hostname", value => editor.Set(config => config with { Hostname = value }));
        }

        public void Settings()
        {
            Each("user", value => editor.Set(config => config with { User = value }), "USER");
            Each("shell", value => editor.Set(config => config with { Shell = ShellWords.List(value) }), "SHELL");
            Each("stop-signal", value => editor.Set(config => config with { StopSignal = value }), "STOPSIGNAL");
            Each("port", editor.Port, "EXPOSE", hasCommas: true);
            Each("env", editor.Env, "ENV");
            Each("entrypoint", Entrypoint, "ENTRYPOINT");
            Each("cmd", editor.Cmd, "CMD");
            Each("volume", editor.Volume, "VOLUME", hasCommas: true);
            Healthcheck();
            Each("label", editor.Label, "LABEL");
            Each("unsetlabel", name => editor.Label(name + "-"));
            Each("workingdir", value => editor.Set(config => config with { WorkingDir = value }), "WORKDIR");
            Each("onbuild", editor.OnBuild, "ONBUILD");
        }

        public WorkingContainer Finish()
        {
            if (AddHistory.IsWanted(flags))
            {
                _history.ForEach(editor.AddHistory);
            }

            return editor.Container;
        }

        private void Each(string flag, Action<string> apply, string? keyword = null, bool hasCommas = false)
        {
            foreach (var value in flags.List(flag).SelectMany(text => hasCommas ? text.Split(',', StringSplitOptions.RemoveEmptyEntries) : [text]))
            {
                apply(value);
                if (keyword is not null)
                {
                    _history.Add($"/bin/sh -c #(nop) {keyword} {value}");
                }
            }
        }

        /// <summary>Warns of a command that was meant for what ran before.</summary>
        private void Entrypoint(string value)
        {
            editor.Entrypoint(value);
            if (editor.Container.Config.Config is { Entrypoint: not null, Cmd: { Count: > 0 } command } && !flags.Has("cmd"))
            {
                var effect = ShellWords.TryJson(value) is null ? "but an entrypoint in shell form takes no notice of it" : "and the entrypoint gets it as parameters";
                Notices.Tell($"warning: the command \"{string.Join(' ', command)}\" stays, {effect}: --cmd changes it");
            }
        }

        private void Healthcheck()
        {
            string[] settings = ["interval", "retries", "start-period", "start-interval", "timeout"];
            var given = settings.Where(name => flags.Text($"healthcheck-{name}") is { Length: > 0 }).Select(name => $"--{name}={flags.Text($"healthcheck-{name}")} ");
            Each("healthcheck", editor.Healthcheck, $"HEALTHCHECK {string.Concat(given)}".TrimEnd());
            Time("healthcheck-interval", static (health, time) => health with { Interval = time });
            Time("healthcheck-timeout", static (health, time) => health with { Timeout = time });
            Time("healthcheck-start-period", static (health, time) => health with { StartPeriod = time });
            Time("healthcheck-start-interval", static (health, time) => health with { StartInterval = time });
            if (flags.Number("healthcheck-retries") is { } retries)
            {
                editor.Health(health => health with { Retries = (int)retries });
            }
        }

        private void Time(string flag, Func<HealthcheckConfig, long, HealthcheckConfig> change) => Each(flag, value =>
        {
            try
            {
                var time = GoDuration.Parse(value);
                editor.Health(health => change(health, time));
            }
            catch (DockerfileException exception)
            {
                throw new UsageException($"parsing --{flag} \"{value}\": {exception.Message}");
            }
        });

        /// <summary>Docker's field; the OCI format has none, but keeps what it doesn't know.</summary>
        private void Comment(string value) => editor.SetImage(config =>
        {
            var unknown = new Dictionary<string, JsonElement>(config.Unknown ?? new Dictionary<string, JsonElement>())
            {
                ["comment"] = JsonDocument.Parse($"\"{JsonEncodedText.Encode(value)}\"").RootElement,
            };
            return config with { Unknown = unknown };
        });
    }
}

using Bld.Builder.Store;
using Bld.Dockerfile;
using Bld.Registry;

namespace Bld.Builder.Engine.Containers;

/// <summary>Instructions of a Dockerfile that change the configuration of a working container: <c>commit --change</c> and triggers.</summary>
internal static class InstructionChange
{
    private const string OnBuild = "ONBUILD";

    /// <summary>Parses an instruction.</summary>
    /// <exception cref="DockerfileException">It is none.</exception>
    public static Instruction Parse(string text) => DockerfileParser.ParseTrigger(text, default);

    /// <summary>Applies a change of <c>commit --change</c>: <c>CMD …</c>, or <c>CMD=…</c>.</summary>
    /// <exception cref="BuildException">It is an instruction that changes more than the configuration.</exception>
    public static void Apply(ConfigEditor editor, string text)
    {
        var end = text.AsSpan().IndexOfAny(' ', '=', '\t');
        var keyword = end < 0 ? text : text[..end];
        if (end > 0 && text[end] == '=')
        {
            text = $"{keyword} {text[(end + 1)..]}";
        }

        if (keyword.Equals(OnBuild, StringComparison.OrdinalIgnoreCase))
        {
            editor.OnBuild(text[OnBuild.Length..].Trim());
        }
        else if (!TryApply(editor, Parse(text)))
        {
            throw new BuildException(
                $"\"{text}\" can't be a change of a commit: use CMD, ENTRYPOINT, ENV, EXPOSE, HEALTHCHECK, LABEL, ONBUILD, SHELL, STOPSIGNAL, USER, VOLUME or WORKDIR");
        }
    }

    /// <summary>Applies an instruction; false when it is one that writes files.</summary>
    public static bool TryApply(ConfigEditor editor, Instruction instruction)
    {
        var variables = StageVariables.From(editor.Container.Config.Config?.Env ?? [], null);
        string Expand(string word) => WordExpander.Expand(word, variables.Lookup, '\\');
        switch (instruction)
        {
            case EnvInstruction env:
                var pairs = env.Pairs.Select(pair => (Expand(pair.Name), Expand(pair.Value))).ToList();
                pairs.ForEach(pair => variables.SetEnvironment(pair.Item1, pair.Item2));
                editor.Set(config => config with { Env = variables.Environment });
                return true;
            case LabelInstruction label:
                foreach (var pair in label.Pairs)
                {
                    editor.Label($"{Expand(pair.Name)}={Expand(pair.Value)}");
                }

                return true;
            case CmdInstruction cmd:
                editor.Set(config => config with { Cmd = Line(cmd.Command, config) });
                return true;
            case EntrypointInstruction entrypoint:
                editor.Set(config => config with { Entrypoint = Line(entrypoint.Command, config) });
                return true;
            case ExposeInstruction expose:
                foreach (var port in expose.Ports.Select(Expand).SelectMany(PortSpec.Parse))
                {
                    editor.Port(port);
                }

                return true;
            case VolumeInstruction volume:
                foreach (var path in volume.Paths.Select(Expand))
                {
                    editor.Set(config => config with { Volumes = new(config.Volumes ?? [], StringComparer.Ordinal) { [path] = default } });
                }

                return true;
            case UserInstruction user:
                editor.Set(config => config with { User = Expand(user.User) });
                return true;
            case WorkdirInstruction workdir:
                var word = Expand(workdir.Directory);
                editor.Set(config => config with { WorkingDir = "/" + Copy.RootPath.Clean(word.StartsWith('/') ? word : $"{config.WorkingDir}/{word}") });
                return true;
            case ShellInstruction shell:
                editor.Set(config => config with { Shell = shell.Arguments });
                return true;
            case StopSignalInstruction signal:
                editor.Set(config => config with { StopSignal = Expand(signal.Signal) });
                return true;
            case HealthcheckInstruction healthcheck:
                editor.Set(config => config with { Healthcheck = InstructionSettings.Healthcheck(healthcheck) });
                return true;
            case MaintainerInstruction maintainer:
                editor.SetImage(config => config with { Author = maintainer.Name });
                return true;
            default:
                return false;
        }
    }

    private static IReadOnlyList<string> Line(CommandForm command, ContainerConfig config) =>
        InstructionSettings.CommandLine(command, config.Shell is { Count: > 0 } shell ? shell : ["/bin/sh", "-c"]);
}

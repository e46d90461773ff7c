using Bld.Builder.Store;
using Bld.Dockerfile;
using Bld.Registry;

namespace Bld.Builder.Engine;

/// <summary>The instructions that change only the configuration.</summary>
internal sealed partial class StageBuilder
{
    private ContainerConfig Settings
    {
        get => _state.Config.Config ?? new ContainerConfig();
        set => _state.Config = _state.Config with { Config = value };
    }

    private void Arg(ArgInstruction instruction)
    {
        var pairs = new List<KeyValuePair<string, string?>>();
        foreach (var argument in instruction.Arguments)
        {
            var name = argument.Name;
            session.ConsumedArguments[name] = true;
            var value = session.Plan.ArgumentValue(argument, session.Request.BuildArguments, Expand);
            _state.Variables.Declare(name, value);
            pairs.Add(new(name, value));
        }

        Configured(HistoryText.Pairs("ARG", pairs));
    }

    private void Env(EnvInstruction instruction)
    {
        // All pairs of one instruction see the environment from before it.
        var pairs = instruction.Pairs.Select(pair => (Name: Expand(pair.Name), Value: Expand(pair.Value))).ToList();
        foreach (var (name, value) in pairs)
        {
            if (name.Length == 0)
            {
                throw new BuildException("ENV names can not be blank");
            }

            _state.Variables.SetEnvironment(name, value);
        }

        Configured(HistoryText.Pairs("ENV", pairs.Select(static pair => new KeyValuePair<string, string?>(pair.Name, pair.Value))));
    }

    private void Label(LabelInstruction instruction)
    {
        var labels = new SortedDictionary<string, string>(Settings.Labels ?? [], StringComparer.Ordinal);
        var pairs = instruction.Pairs.Select(pair => (Name: Expand(pair.Name), Value: Expand(pair.Value))).ToList();
        foreach (var (name, value) in pairs)
        {
            if (name.Length == 0)
            {
                throw new BuildException("LABEL names can not be blank");
            }

            labels[name] = value;
        }

        Settings = Settings with { Labels = labels };
        Configured(HistoryText.Pairs("LABEL", pairs.Select(static pair => new KeyValuePair<string, string?>(pair.Name, pair.Value))));
    }

    private void User(UserInstruction instruction)
    {
        Settings = Settings with { User = Expand(instruction.User) };
        Configured(HistoryText.Word("USER", Settings.User));
    }

    private void Cmd(CmdInstruction instruction)
    {
        Settings = Settings with { Cmd = CommandLine(instruction.Command), ArgsEscaped = instruction.Command.IsShell ? true : null };
        _state.CommandSet = true;
        Configured(HistoryText.Command("CMD", Settings.Cmd!));
    }

    private void Entrypoint(EntrypointInstruction instruction)
    {
        Settings = Settings with { Entrypoint = CommandLine(instruction.Command) };
        if (!_state.CommandSet)
        {
            // A command that was meant for another entrypoint makes no sense with this one.
            Settings = Settings with { Cmd = null };
        }

        Configured(HistoryText.Command("ENTRYPOINT", Settings.Entrypoint!));
    }

    private IReadOnlyList<string> CommandLine(CommandForm command) => InstructionSettings.CommandLine(command, _state.Shell);

    private void Expose(ExposeInstruction instruction)
    {
        var words = instruction.Ports.Order(StringComparer.Ordinal)
            .SelectMany(port => WordExpander.ExpandWords(port, _state.Variables.Lookup, Document.EscapeCharacter));
        var added = words.SelectMany(PortSpec.Parse).ToList();
        Settings = Settings with { ExposedPorts = Union(Settings.ExposedPorts, added) };
        Configured(HistoryText.List("EXPOSE", added));
    }

    private void Volume(VolumeInstruction instruction)
    {
        var paths = instruction.Paths.Select(Expand).ToList();
        if (paths.Contains(""))
        {
            throw new BuildException("VOLUME specified can not be an empty string");
        }

        Settings = Settings with { Volumes = Union(Settings.Volumes, paths) };
        Configured(HistoryText.List("VOLUME", paths));
    }

    private static SortedDictionary<string, EmptyObject> Union(IEnumerable<KeyValuePair<string, EmptyObject>>? present, IEnumerable<string> added)
    {
        var union = new SortedDictionary<string, EmptyObject>(StringComparer.Ordinal);
        foreach (var (name, value) in present ?? [])
        {
            union[name] = value;
        }

        foreach (var name in added)
        {
            union[name] = default;
        }

        return union;
    }

    private void Shell(ShellInstruction instruction)
    {
        Settings = Settings with { Shell = instruction.Arguments };
        Configured(HistoryText.List("SHELL", instruction.Arguments));
    }

    private void StopSignal(StopSignalInstruction instruction)
    {
        var signal = Expand(instruction.Signal);
        if (!SignalNames.IsKnown(signal))
        {
            throw new BuildException($"invalid signal: {signal}");
        }

        Settings = Settings with { StopSignal = signal };
        Configured(HistoryText.Word("STOPSIGNAL", signal));
    }

    private void Healthcheck(HealthcheckInstruction instruction)
    {
        Settings = Settings with { Healthcheck = InstructionSettings.Healthcheck(instruction) };
        Configured(HistoryText.Healthcheck(Settings.Healthcheck!.Test!, instruction));
    }

    // The one instruction that leaves no entry in the history, as docker build has it.
    private void Onbuild(OnbuildInstruction instruction) =>
        Settings = Settings with { OnBuild = [.. Settings.OnBuild ?? [], instruction.Trigger] };

    private void Maintainer(MaintainerInstruction instruction)
    {
        _state.Config = _state.Config with { Author = instruction.Name };
        Configured(HistoryText.Word("MAINTAINER", instruction.Name));
    }
}

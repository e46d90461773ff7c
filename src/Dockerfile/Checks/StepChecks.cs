namespace Bld.Dockerfile.Checks;

/// <summary>Checks the instructions of one stage, in their order.</summary>
internal sealed partial class StepChecks(
    char escape, CheckOptions options, GlobalVariables globals, WarningList warnings, StageState state)
{
    private readonly Dictionary<Type, Instruction> _last = [];

    internal void Check(Instruction instruction)
    {
        switch (instruction)
        {
            case ArgInstruction arg:
                Arg(arg);
                break;
            case EnvInstruction env:
                Env(env);
                break;
            case LabelInstruction label:
                Legacy(label, label.IsLegacy);
                ExpandAll(label, label.Pairs.SelectMany(static pair => new[] { pair.Name, pair.Value }));
                break;
            case TransferInstruction transfer:
                Transfer(transfer);
                break;
            case RunInstruction run:
                ExpandAll(run, run.Mounts);
                break;
            case WorkdirInstruction workdir:
                Workdir(workdir);
                break;
            case UserInstruction user:
                Expand(user, user.User);
                break;
            case StopSignalInstruction signal:
                Expand(signal, signal.Signal);
                break;
            case VolumeInstruction volume:
                ExpandAll(volume, volume.Paths);
                break;
            case ExposeInstruction expose:
                Expose(expose);
                break;
            case ShellInstruction:
                state.HasShell = true;
                break;
            case CmdInstruction cmd:
                Once(cmd);
                Form(cmd, cmd.Command);
                break;
            case EntrypointInstruction entrypoint:
                Once(entrypoint);
                Form(entrypoint, entrypoint.Command);
                break;
            case HealthcheckInstruction:
                Once(instruction);
                break;
            case OnbuildInstruction onbuild:
                state.Triggers.Add(onbuild.Trigger);
                break;
        }
    }

    private void Arg(ArgInstruction arg)
    {
        foreach (var (name, word) in arg.Arguments)
        {
            Secret(arg, "ARG", name);
            var value = options.BuildArguments.GetValueOrDefault(name) ?? (word is null ? globals.Lookup(name) : Expand(arg, word));
            if (value is not null)
            {
                state.Set(name, value);
            }

            state.Arguments.Add(name);
        }
    }

    private void Env(EnvInstruction env)
    {
        Legacy(env, env.IsLegacy);
        // All pairs see the variables from before the instruction.
        var pairs = env.Pairs.Select(pair => (Name: Expand(env, pair.Name), Value: Expand(env, pair.Value))).ToList();
        foreach (var (name, value) in pairs)
        {
            Secret(env, "ENV", name);
            state.Set(name, value);
        }
    }

    private void Workdir(WorkdirInstruction workdir)
    {
        var directory = Expand(workdir, workdir.Directory);
        if (!state.HasWorkdir && !directory.StartsWith('/'))
        {
            warnings.Add(
                CheckRule.WorkdirRelativePath,
                workdir,
                $"Relative workdir {GoText.Quote(directory)} can have unexpected results if the base image changes");
        }

        state.HasWorkdir = true;
    }

    private void Secret(Instruction instruction, string kind, string name)
    {
        if (SecretNames.Contains(name))
        {
            warnings.Add(
                CheckRule.SecretsUsedInArgOrEnv,
                instruction,
                $"Do not use ARG or ENV instructions for sensitive data ({kind} {GoText.Quote(name)})");
        }
    }

    private void Legacy(Instruction instruction, bool isLegacy)
    {
        if (isLegacy)
        {
            warnings.Add(
                CheckRule.LegacyKeyValueFormat,
                instruction,
                $"\"{instruction.Keyword} key=value\" should be used instead of legacy \"{instruction.Keyword} key value\" format");
        }
    }

    /// <summary>The earlier instruction is the useless one, so that is where the warning points.</summary>
    private void Once(Instruction instruction)
    {
        if (_last.TryGetValue(instruction.GetType(), out var earlier))
        {
            warnings.Add(
                CheckRule.MultipleInstructionsDisallowed,
                earlier,
                $"Multiple {instruction.Keyword} instructions should not be used in the same stage because only the last one will be used");
        }

        _last[instruction.GetType()] = instruction;
    }

    private void Form(Instruction instruction, CommandForm command)
    {
        if (command.IsShell && !state.HasShell)
        {
            warnings.Add(
                CheckRule.JsonArgsRecommended,
                instruction,
                $"JSON arguments recommended for {instruction.Keyword} to prevent unintended behavior related to OS signals");
        }
    }

    private void ExpandAll(Instruction instruction, IEnumerable<string> words)
    {
        foreach (var word in words)
        {
            Expand(instruction, word);
        }
    }

    private string Expand(Instruction instruction, string word) =>
        Told(instruction, WordExpander.Examine(word, state.Lookup, escape));

    private string Told(Instruction instruction, Expansion expansion)
    {
        foreach (var name in expansion.Unmatched)
        {
            if (state.KnowsVariables && !state.Arguments.Contains(name))
            {
                warnings.Add(
                    CheckRule.UndefinedVar, instruction, $"Usage of undefined variable '${name}'{Suggestion.Text(state.Nearest(name), "$")}");
            }
        }

        return expansion.Text;
    }
}

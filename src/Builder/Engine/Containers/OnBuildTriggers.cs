using Bld.Builder.Store;
using Bld.Dockerfile;

namespace Bld.Builder.Engine.Containers;

/// <summary>Runs what the base image of a new container wants done to it (its ONBUILD), with the caller's directory as the context.</summary>
internal sealed class OnBuildTriggers(EngineServices services, WorkingContainerStore containers, Action<string> warn, CancellationToken cancellation)
{
    /// <summary>Runs them in order; the container's own list of triggers is then empty.</summary>
    /// <exception cref="BuildException">One of them failed.</exception>
    public void Run(WorkingContainer container)
    {
        var triggers = container.Config.Config?.OnBuild ?? [];
        if (triggers.Count == 0)
        {
            return;
        }

        Edit(container, static editor => editor.Set(static config => config with { OnBuild = null }));
        foreach (var trigger in triggers)
        {
            Run(containers.Get(container.Id), InstructionChange.Parse(trigger));
        }
    }

    private void Run(WorkingContainer container, Instruction instruction)
    {
        var variables = StageVariables.From(container.Config.Config?.Env ?? [], null);
        string Expand(string word) => WordExpander.Expand(word, variables.Lookup, '\\');
        switch (instruction)
        {
            case RunInstruction run:
                Run(container, run);
                break;
            case TransferInstruction transfer:
                new ContainerCopy(services, containers, cancellation).Copy(container, new ContainerCopyRequest
                {
                    Sources = [.. transfer.Sources.Select(Expand)],
                    Destination = Expand(transfer.Destination),
                    Owner = transfer.Owner is { } owner ? Expand(owner) : null,
                    Mode = transfer.Mode is { } mode ? Expand(mode) : null,
                    From = transfer is CopyInstruction { From: { } from } ? Expand(from) : null,
                    ContextDirectory = transfer is CopyInstruction { From: not null } ? null : Environment.CurrentDirectory,
                    Excludes = transfer.Excludes,
                    IsAdd = transfer is AddInstruction,
                });
                break;
            default:
                Edit(container, editor =>
                {
                    if (!InstructionChange.TryApply(editor, instruction))
                    {
                        throw new BuildException($"ONBUILD {instruction.Text}: from can't do this; build on the image by bld bud, or by an image without it");
                    }
                });
                break;
        }
    }

    private void Run(WorkingContainer container, RunInstruction instruction)
    {
        IReadOnlyList<string> shell = container.Config.Config?.Shell is { Count: > 0 } set ? set : ["/bin/sh", "-c"];
        var command = RunCommand.Of(instruction, shell);
        var run = new ContainerRun { Command = command.Arguments, Settings = container.Run, Warn = warn };

        // Standard output is the container's name and nothing else.
        var streams = new StepStreams(null, StepStreams.Inherited.Error, StepStreams.Inherited.Error);
        if (new ContainerRunner(services, containers).Run(container, run, streams, cancellation) is var code and not 0)
        {
            throw FailedCommand.Describe(command, code, "");
        }
    }

    private void Edit(WorkingContainer container, Action<ConfigEditor> edit) => containers.Update(container.Id, record =>
    {
        var editor = new ConfigEditor(record);
        edit(editor);
        return editor.Container;
    });
}

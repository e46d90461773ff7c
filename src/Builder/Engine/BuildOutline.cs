using Bld.Builder.Store;
using Bld.Dockerfile;

namespace Bld.Builder.Engine;

/// <summary>An argument that a target's stages, or their FROM lines, take.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Value">The value that it would have; empty when it has none.</param>
/// <param name="Description">What the comment above it says, if that begins with its name.</param>
/// <param name="Line">Where it is declared, from 1.</param>
internal sealed record OutlineArgument(string Name, string Value, string Description, int Line);

/// <summary>A secret or an SSH agent that a target's commands take.</summary>
/// <param name="Id">Its id.</param>
/// <param name="IsRequired">Whether a build without it fails.</param>
/// <param name="Line">Where it is mounted first, from 1.</param>
internal sealed record OutlineMount(string Id, bool IsRequired, int Line);

/// <summary>What a target can be given, as <c>docker build --call outline</c> shows it. Nothing is built or fetched: variables of base images aren't known.</summary>
internal sealed class BuildOutline
{
    private readonly BuildRequest _request;
    private readonly BuildPlan _plan;
    private readonly Dictionary<string, OutlineArgument> _arguments = new(StringComparer.Ordinal);
    private readonly Dictionary<string, OutlineMount> _secrets = new(StringComparer.Ordinal);
    private readonly Dictionary<string, OutlineMount> _agents = new(StringComparer.Ordinal);
    private readonly Dictionary<int, StageVariables> _variables = [];

    private BuildOutline(BuildRequest request, DockerfileDocument document)
    {
        _request = request;
        _plan = BuildPlanner.Plan(document, request with { SkipUnusedStages = true });
    }

    private DockerfileDocument Document => _plan.Document;

    /// <summary>The stage that would be built.</summary>
    public Stage Target => Document.Stages[_plan.Target];

    /// <summary>The arguments, in the order of the file.</summary>
    public IEnumerable<OutlineArgument> Arguments => _arguments.Values.OrderBy(static each => each.Line);

    /// <summary>The secrets, in the order of the file.</summary>
    public IEnumerable<OutlineMount> Secrets => _secrets.Values.OrderBy(static each => each.Line);

    /// <summary>The SSH agents, in the order of the file.</summary>
    public IEnumerable<OutlineMount> Agents => _agents.Values.OrderBy(static each => each.Line);

    /// <summary>Looks through the stages that the target needs.</summary>
    /// <exception cref="BuildException">There is no such target, or a word can't be expanded.</exception>
    public static BuildOutline Of(BuildRequest request, DockerfileDocument document)
    {
        var outline = new BuildOutline(request, document);
        foreach (var index in outline._plan.Needed)
        {
            outline.Look(document.Stages[index], outline._plan.Stage(index).BaseStage);
        }

        return outline;
    }

    /// <summary>What one of the comment lines above an instruction says of a name with which it begins.</summary>
    public static string Description(DockerfileDocument document, SourceSpan span, string name)
    {
        for (var line = span.StartLine - 2; line >= 0 && document.Source.Lines[line].TrimStart() is ['#', .. var comment]; line--)
        {
            if (comment.TrimStart().StartsWith(name + " ", StringComparison.OrdinalIgnoreCase))
            {
                return comment.Trim()[(name.Length + 1)..].TrimStart();
            }
        }

        return "";
    }

    private void Look(Stage stage, int? below)
    {
        UseGlobals([stage.From.Image, stage.From.Platform ?? ""]);
        var inherited = below is { } index ? _variables[index] : null;
        var variables = _variables[stage.Index] = StageVariables.From(inherited?.Environment ?? [], inherited);
        foreach (var instruction in stage.Instructions)
        {
            SourceErrors.Locate(Document, instruction.Span, () => Look(instruction, variables));
        }
    }

    private void Look(Instruction instruction, StageVariables variables)
    {
        variables.Follow(instruction, _request.BuildArguments, _plan);
        foreach (var argument in (instruction as ArgInstruction)?.Arguments ?? [])
        {
            Add(argument, variables.Argument(argument.Name), instruction.Span);
        }

        foreach (var mount in (instruction as RunInstruction)?.Mounts ?? [])
        {
            Look(MountFlag.Parse(WordExpander.Expand(mount, variables.Lookup, Document.EscapeCharacter)), instruction.Span);
        }
    }

    private void Look(MountFlag mount, SourceSpan span)
    {
        switch (mount.Type)
        {
            case MountType.Secret:
                Add(_secrets, mount.SecretId, mount.IsRequired, span);
                break;
            case MountType.Ssh:
                Add(_agents, mount.AgentId, mount.IsRequired, span);
                break;
            default:
                break;
        }
    }

    private static void Add(Dictionary<string, OutlineMount> mounts, string id, bool isRequired, SourceSpan span)
    {
        var first = mounts.TryGetValue(id, out var known) ? known : new OutlineMount(id, false, span.StartLine);
        mounts[id] = first with { IsRequired = first.IsRequired || isRequired };
    }

    private void Add(ArgumentDeclaration argument, string? value, SourceSpan span) =>
        _arguments.TryAdd(argument.Name, new OutlineArgument(argument.Name, value ?? "", Description(Document, span, argument.Name), span.StartLine));

    // Those before the first FROM count when FROM lines name them, and with them those that their defaults name.
    private void UseGlobals(IEnumerable<string> words)
    {
        var used = new Stack<string>();
        Find(words);
        while (used.TryPop(out var name))
        {
            foreach (var declared in Document.GlobalArguments)
            {
                foreach (var argument in declared.Arguments.Where(argument => argument.Name == name && !_arguments.ContainsKey(name)).ToList())
                {
                    Add(argument, _plan.GlobalArguments.GetValueOrDefault(name), declared.Span);
                    Find([argument.Default ?? ""]);
                }
            }
        }

        void Find(IEnumerable<string> texts)
        {
            foreach (var text in texts)
            {
                _ = WordExpander.Expand(text, See, Document.EscapeCharacter);
            }
        }

        string? See(string name)
        {
            used.Push(name);
            return _plan.GlobalArguments.GetValueOrDefault(name);
        }
    }
}

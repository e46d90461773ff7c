using Bld.Builder.Context;
using Bld.Builder.Store;
using Bld.Dockerfile;

namespace Bld.Builder.Engine;

/// <summary>
/// SOURCE_DATE_EPOCH as a build argument, or as the default of a global ARG: seconds; <c>context</c> for the time of the build
/// context; or the name of a named context or of a stage that is nothing but a source (<c>FROM scratch</c> and one ADD), whose time it
/// then is. A source without a time of its own, such as a directory, leaves the epoch unset.
/// </summary>
internal sealed class EpochSource(EngineServices services, DockerfileDocument document, CancellationToken cancellation)
{
    private const string MainContext = "context";
    private const string NoSource = "SOURCE_DATE_EPOCH stage does not meet source-only requirements";

    /// <summary>The request with its times known.</summary>
    /// <exception cref="BuildException">The value is neither seconds nor the name of such a source.</exception>
    public BuildRequest Resolve(BuildRequest request)
    {
        if (request.SourceDateEpoch is { } given)
        {
            return With(request, given);
        }

        var plan = BuildPlanner.Plan(document, request);
        var value = plan.GlobalArguments.GetValueOrDefault(SourceDateEpoch.Name) ?? request.BuildArguments.GetValueOrDefault(SourceDateEpoch.Name);
        return string.IsNullOrEmpty(value) ? request
            : With(request, SourceDateEpoch.TryParse(value) ?? (value == MainContext ? request.Context.Time() : OfName(plan, request, value)));
    }

    private static BuildRequest With(BuildRequest request, long? seconds) => request with
    {
        SourceDateEpoch = seconds,
        BuildArguments = new Dictionary<string, string>(request.BuildArguments) { [SourceDateEpoch.Name] = $"{seconds}" },
    };

    private long? OfName(BuildPlan plan, BuildRequest request, string name)
    {
        if (request.NamedContexts.TryGetValue(name, out var context))
        {
            return RemoteSource.IsRemote(context) ? OfSource(request, context) : null;
        }

        return BuildPlan.FindStage(document, name, document.Stages.Count) is { } index
            ? OfStage(plan, request, document.Stages[index])
            : throw new BuildException($"invalid SOURCE_DATE_EPOCH: {name}: it is no number of seconds since 1970, no context and no stage");
    }

    private long? OfStage(BuildPlan plan, BuildRequest request, Stage stage)
    {
        if (plan.Stage(stage.Index).Base != "scratch")
        {
            throw Located(stage.From, $"SOURCE_DATE_EPOCH stage must use FROM scratch, not {stage.From.Image}");
        }

        var variables = new Dictionary<string, string>(plan.GlobalArguments);
        foreach (var instruction in stage.Instructions)
        {
            switch (instruction)
            {
                case ArgInstruction arg:
                    Declare(arg, variables, request);
                    break;
                case AddInstruction:
                    break;
                default:
                    throw Located(instruction, $"{NoSource}: unsupported {instruction.Keyword} instruction");
            }
        }

        if (stage.Instructions.OfType<AddInstruction>().ToList() is not [{ Sources: [var source], Heredocs.Count: 0 } add])
        {
            throw Located(stage.From, "SOURCE_DATE_EPOCH stage must contain exactly one remote ADD source");
        }

        long? time = null;
        SourceErrors.Locate(document, add.Span, () => time = OfSource(request, Expand(source, variables)));
        return time;
    }

    private void Declare(ArgInstruction instruction, Dictionary<string, string> variables, BuildRequest request)
    {
        foreach (var (name, word) in instruction.Arguments)
        {
            if ((request.BuildArguments.GetValueOrDefault(name) ?? (word is null ? null : Expand(word, variables))) is { } value)
            {
                variables[name] = value;
            }
        }
    }

    private string Expand(string word, Dictionary<string, string> variables) =>
        WordExpander.Expand(word, variables.GetValueOrDefault, document.EscapeCharacter);

    private LocatedException Located(Instruction instruction, string message) => new(document, instruction.Span, new BuildException(message));

    private long? OfSource(BuildRequest request, string source)
    {
        using var remote = new RemoteSources(services.State, request.Access, cancellation);
        if (RemoteSource.IsGit(source))
        {
            return SourceTimes.OfRepository(remote, GitReference.Parse(source), cancellation);
        }

        return RemoteSource.IsUrl(source)
            ? SourceTimes.OfFile(remote.Url(source, checksum: null).File, cancellation)
            : throw new BuildException("SOURCE_DATE_EPOCH stage source must be a single HTTP(S) or Git ADD");
    }
}

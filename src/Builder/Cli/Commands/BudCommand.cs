using Bld.Builder.Cli.Flags;
using Bld.Builder.Cli.Progress;
using Bld.Builder.Engine;
using Bld.Builder.Engine.Debugging;
using Bld.Builder.Engine.Storage;
using Bld.Builder.Store;

namespace Bld.Builder.Cli.Commands;

/// <summary><c>bld bud</c>: builds an image from a Dockerfile.</summary>
internal sealed class BudCommand : Command
{
    public override IReadOnlyList<string> Names => ["bud", "build", "build-using-dockerfile"];

    public override string Summary => "Build an image from a Dockerfile";

    public override string Usage => "[CONTEXT]";

    public override IReadOnlyList<Flag> Flags => BudFlags.All;

    // Flags may stand behind the context, as in "bld bud . -t app".
    public override bool StopsAtArgument => false;

    public override int Run(CommandLine line)
    {
        if (line.Arguments.Count > 1)
        {
            throw new UsageException($"bld bud takes one context, but was given {line.Arguments.Count}: {string.Join(" ", line.Arguments)}");
        }

        var outputs = BudResult.Check(line.Flags);
        using var session = Session.Open(line.Flags);
        using var input = BuildInput.Open(line.Flags, line.Arguments.Count > 0 ? line.Arguments[0] : ".", session.State, line.Cancellation);
        var request = BudRequest.Create(line.Flags, input);
        if (line.Flags.Boolean("check") || line.Flags.Text("call") is "check")
        {
            return CheckRun.Run(request, session.Images);
        }

        var finish = new BudResult(session, line);
        var hidesResults = line.Flags.Has("iidfile");
        using var display = new BuildDisplay(line, hidesResults, outputs.Any(static each => each.UsesStandardOutput));
        var result = display.Build(session, request);
        session.Services.Digests.Save();
        CacheLimit.Enforce(session.State, session.Collector);
        finish.Finish([session.Image(result.ImageId)], session.Image(result.ImageId), request, outputs);
        if (line.Flags.Text("iidfile") is { } path)
        {
            File.WriteAllText(path, $"sha256:{result.ImageId}");
        }

        return 0;
    }

    /// <summary>Follows a build that failed up to the step that did, and enters it; gives the exit code of what was run there.</summary>
    public static int Debug(CommandLine line, DebugRequest debug)
    {
        using var session = Session.Open(line.Flags);
        using var input = BuildInput.Open(line.Flags, line.Arguments.Count > 0 ? line.Arguments[0] : ".", session.State, line.Cancellation);
        var request = BudRequest.Create(line.Flags, input) with { Debug = debug, UseCache = true, UncachedStages = [] };
        using var nothing = new MemoryStream();
        try
        {
            new BuildEngine(session.Services).Build(request, new QuietProgress(nothing, hidesResults: true), line.Cancellation);
        }
        catch (DebugEndedException ended)
        {
            return ended.Code;
        }

        throw new BuildException("the build that failed succeeds now without coming to that step: its Dockerfile or its flags have changed");
    }
}

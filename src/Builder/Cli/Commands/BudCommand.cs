using Bld.Builder.Cli.Flags;
using Bld.Builder.Cli.Progress;
using Bld.Builder.Engine;
using Bld.Builder.Engine.Storage;

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
        // The console's own streams write where the descriptor stands: others may write to the same file.
        using var error = Console.OpenStandardError();
        using var output = outputs.Any(static each => each.UsesStandardOutput) ? Console.OpenStandardError() : Console.OpenStandardOutput();
        var result = new BuildEngine(session.Services).Build(request, Observer(line.Flags, output, error, hidesResults), line.Cancellation);
        session.Services.Digests.Save();
        CacheLimit.Enforce(session.State, session.Collector);
        if (line.Flags.Boolean("explain") && result.Record is { } record)
        {
            Console.Error.Write(ExplainText.Summary(record));
        }

        finish.Finish([session.Image(result.ImageId)], session.Image(result.ImageId), request, outputs);
        if (line.Flags.Text("iidfile") is { } path)
        {
            File.WriteAllText(path, $"sha256:{result.ImageId}");
        }

        return 0;
    }

    private static IBuildObserver Observer(ParsedFlags flags, Stream output, Stream error, bool hidesResults) =>
        (flags.Boolean("quiet") ? "quiet" : flags.Text("progress") ?? "auto") switch
        {
            "quiet" => new QuietProgress(output, hidesResults),
            "rawjson" => new RawJsonProgress(output),
            "auto" or "plain" or "tty" => new PlainProgress(output, error, hidesResults, flags.Boolean("explain")),
            var other => throw new UsageException($"invalid progress \"{other}\": use auto, plain, quiet or rawjson"),
        };
}

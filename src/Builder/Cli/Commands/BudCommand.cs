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

        BudFlags.DropEmpty(line.Flags);
        var outputs = BudResult.Check(line.Flags);
        using var session = Session.Open(line.Flags);
        using var agents = SshAgents.Open(line.Flags.List("ssh"));
        using var input = Open(line, session, agents);
        var request = BudRequest.Create(line.Flags, input);
        switch (line.Flags.Boolean("check") ? "check" : line.Flags.Text("call"))
        {
            case "check" or "lint":
                return CheckRun.Run(request, session.Images);
            case "targets":
                return TargetList.Print(request);
            case "outline":
                return OutlinePrint.Print(request);
            case null or "build":
                break;
            case var call:
                throw new UsageException($"--call {call}: bld can build, check (lint), list the targets and print the outline, as text");
        }

        CompatibilityFlags.Refuse(line.Flags);
        session.Puller.DecryptionKeys = EncryptionFlags.ReadKeys(line.Flags);
        session.Puller.IsPlatformAsked = line.Flags.Boolean("all-platforms") || RegistryFlags.AsksPlatform(line.Flags);
        request = request with { PushTargets = BudResult.Targets(request, outputs) };
        var platforms = PlatformFlags.Read(line.Flags);
        if (line.Flags.Boolean("all-platforms"))
        {
            platforms = new AllPlatforms(session.Services, request).Find(line.Cancellation);
        }

        BuildResultFiles.Check(line.Flags, platforms.Count);
        BudResult.CheckPlaces(outputs, platforms.Count);
        using var log = new BuildLog(line.Flags, outputs.Any(static each => each.UsesStandardOutput));
        var finish = new BudResult(session, line);
        using var display = new BuildDisplay(line, BuildResultFiles.HideId(line.Flags), log);
        var (images, result) = display.Build(session, request, platforms);
        session.Services.Digests.Save();
        finish.Finish([.. images.Select(image => (session.Image(image), image.Bill))], session.Image(result), request, outputs);

        // Last: what was just built must have left before anything is collected.
        CacheLimit.Enforce(session.State, session.Collector);
        BuildResultFiles.Write(line.Flags, result);
        return 0;
    }

    /// <summary>Follows a build that failed up to the step that did, and enters it; gives the exit code of what was run there.</summary>
    public static int Debug(CommandLine line, DebugRequest debug)
    {
        BudFlags.DropEmpty(line.Flags);
        using var session = Session.Open(line.Flags);
        using var agents = SshAgents.Open(line.Flags.List("ssh"));
        using var input = Open(line, session, agents);
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

    private static BuildInput Open(CommandLine line, Session session, SshAgents agents) =>
        BuildInput.Open(line.Flags, line.Arguments.Count > 0 ? line.Arguments[0] : ".", BudRequest.Access(line.Flags, agents), session.State, line.Cancellation);
}

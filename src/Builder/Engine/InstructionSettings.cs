using Bld.Dockerfile;
using Bld.Registry;

namespace Bld.Builder.Engine;

/// <summary>What instructions become in an image's configuration, in a build as in <c>commit --change</c>.</summary>
internal static class InstructionSettings
{
    /// <summary>The words that CMD and ENTRYPOINT run: a shell's where they aren't a list.</summary>
    public static IReadOnlyList<string> CommandLine(CommandForm command, IReadOnlyList<string> shell) =>
        command.IsShell ? [.. shell, command.Text] : command.Arguments;

    /// <summary>The health check of HEALTHCHECK.</summary>
    public static HealthcheckConfig Healthcheck(HealthcheckInstruction instruction) => new()
    {
        Test = instruction.Command switch
        {
            null => ["NONE"],
            { IsShell: true } command => ["CMD-SHELL", command.Text],
            var command => ["CMD", .. command.Arguments],
        },
        Interval = instruction.Interval,
        Timeout = instruction.Timeout,
        StartPeriod = instruction.StartPeriod,
        StartInterval = instruction.StartInterval,
        Retries = instruction.Retries,
    };
}

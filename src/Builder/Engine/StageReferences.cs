using Bld.Dockerfile;

namespace Bld.Builder.Engine;

/// <summary>Which stages a stage's instructions name, so that they can start before they are needed.</summary>
internal static class StageReferences
{
    /// <summary>The texts of <c>COPY --from</c> and <c>RUN --mount=from=</c>; those that hold variables are found when they are reached.</summary>
    public static IEnumerable<string> Of(Stage stage) => stage.Instructions.SelectMany(Of);

    /// <summary>The same of one instruction.</summary>
    public static IEnumerable<string> Of(Instruction instruction) => Words(instruction).Where(static each => !each.Contains('$'));

    /// <summary>The index that a reference is, if it is one: then it means no image.</summary>
    public static int? NumberOf(string reference) =>
        int.TryParse(reference, System.Globalization.NumberStyles.None, null, out var number) ? number : null;

    private static IEnumerable<string> Words(Instruction instruction) => instruction switch
    {
        CopyInstruction { From: { } from } => [from],
        RunInstruction run => run.Mounts.Select(static mount => MountFlag.Parse(mount, mayHoldVariables: true).From).OfType<string>(),
        OnbuildInstruction => [],
        _ => [],
    };
}

using Bld.Builder.Cli.Flags;

namespace Bld.Builder.Cli.OciRuntime;

/// <summary>Help for the OCI runtime's commands.</summary>
internal static class OciHelp
{
    public static void Print(IReadOnlyList<Flag> globals)
    {
        Console.Out.Write("bldrun: run containers from OCI bundles\n\nUsage: bldrun [FLAGS] COMMAND …   (or: bld runtime …)\n\nCommands:\n");
        foreach (var command in OciCommandTable.All())
        {
            Console.Out.Write($"  {command.Name,-10} {command.Summary}\n");
        }

        Print("\nFlags:\n", globals);
    }

    public static void Print(OciCommand command)
    {
        Console.Out.Write($"{command.Summary}\n\nUsage: bldrun {command.Name} [FLAGS] {command.Usage}\n");
        Print("\nFlags:\n", command.Flags);
    }

    private static void Print(string title, IReadOnlyList<Flag> flags)
    {
        Console.Out.Write(flags.Count == 0 ? "" : title);
        foreach (var flag in flags)
        {
            var name = $"{(flag.Short is { } letter ? $"-{letter}, " : "    ")}--{flag.Name}{(flag.TakesWord ? " VALUE" : "")}";
            Console.Out.Write($"  {name,-32} {flag.Help}\n");
        }
    }
}

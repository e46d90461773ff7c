using Bld.Builder.Cli.Flags;

namespace Bld.Builder.Cli.OciRuntime.Commands;

/// <summary><c>bldrun ps</c>.</summary>
internal sealed class PsCommand : OciCommand
{
    public override string Name => "ps";

    public override string Summary => "Show the processes of a container";

    public override IReadOnlyList<Flag> Flags => [new("format", FlagKind.Text, "table or json", 'f')];

    public override string Usage => "ID [arguments of ps(1), accepted without effect]";

    public override int Run(OciCall call)
    {
        if (call.Flags.Arguments.Count == 0)
        {
            throw new UsageException("a container ID is missing");
        }

        var processes = call.Root.Find(call.Flags.Arguments[0]).Processes();
        if (call.Flags.Text("format") == "json")
        {
            Console.Out.WriteLine(processes.Count == 0 ? "[]" : "[\n  " + string.Join(",\n  ", processes) + "\n]");
            return 0;
        }

        Console.Out.Write("PID        COMMAND\n");
        foreach (var process in processes)
        {
            Console.Out.Write($"{process,-10} {CommandLineOf(process)}\n");
        }

        return 0;
    }

    private static string CommandLineOf(int process)
    {
        try
        {
            return File.ReadAllText($"/proc/{process}/cmdline").Replace((char)0, (char)32).TrimEnd();
        }
        catch (IOException)
        {
            // It has ended since.
            return "";
        }
    }
}

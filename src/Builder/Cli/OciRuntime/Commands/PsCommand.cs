using Bld.Builder.Cli.Flags;

namespace Bld.Builder.Cli.OciRuntime.Commands;

/// <summary><c>bldrun ps</c>.</summary>
internal sealed class PsCommand : OciCommand
{
    public override string Name => "ps";

    public override string Summary => "Show the processes of a container";

    public override IReadOnlyList<Flag> Flags => [new("format", FlagKind.Text, "table or json", 'f')];

    public override string Usage => "ID [ARGUMENT of ps(1), whose lines are shown: -ef …]";

    public override bool StopsAtArgument => true;

    public override int Run(OciCall call)
    {
        var words = call.Flags.Arguments;
        if (words.Count == 0)
        {
            throw new UsageException("a container ID is missing");
        }

        var processes = call.Root.Find(words[0]).Processes();
        switch (call.Flags.Text("format") ?? "table")
        {
            case "json":
                Console.Out.WriteLine(processes.Count == 0 ? "[]" : "[\n  " + string.Join(",\n  ", processes) + "\n]");
                return 0;
            case "table":
                return new ProcessTable(processes).Print(words.Count > 1 ? words[1..] : ["-ef"]);
            case var format:
                throw new UsageException($"unknown format \"{format}\": table or json");
        }
    }
}

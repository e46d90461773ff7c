using Bld.Dockerfile;

namespace Bld.Builder.Engine;

/// <summary>What a RUN executes.</summary>
/// <param name="Arguments">The whole argv.</param>
/// <param name="Script">The text of a file that the first argument names; null when there is none.</param>
/// <param name="Shown">As errors and the history show it.</param>
internal sealed record RunCommand(IReadOnlyList<string> Arguments, string? Script, string Shown)
{
    /// <summary>Where the file of a script lies in the container.</summary>
    internal const string ScriptDirectory = "/dev/pipes";

    /// <summary>The command of an instruction, for a stage with this shell.</summary>
    public static RunCommand Of(RunInstruction instruction, IReadOnlyList<string> shell)
    {
        if (!instruction.Command.IsShell)
        {
            return Plain(instruction.Command.Arguments);
        }

        var text = instruction.Command.Text;
        if (instruction.Heredocs is not [var heredoc] || !instruction.IsLoneHeredoc)
        {
            return Plain([.. shell, instruction.ShellText]);
        }

        var body = heredoc.Content;
        if (!body.StartsWith("#!"))
        {
            return Plain([.. shell, body]) with { Shown = $"{string.Join(' ', shell)} {body}" };
        }

        var path = $"{ScriptDirectory}/{heredoc.Name}";
        return new RunCommand([path], body, $"{text} ({Summary(body)})");
    }

    private static RunCommand Plain(IReadOnlyList<string> arguments) => new(arguments, null, string.Join(' ', arguments));

    private static string Summary(string body)
    {
        const int Longest = 8;
        var line = body.AsSpan(0, Math.Min(Longest, body.Length)).ToString().ReplaceLineEndings("");
        return body.Length > Longest ? line + "..." : line;
    }
}

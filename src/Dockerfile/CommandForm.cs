namespace Bld.Dockerfile;

/// <summary>A command: for a shell, or as an exact list of arguments.</summary>
public sealed record CommandForm
{
    private CommandForm(bool isShell, string text, IReadOnlyList<string> arguments)
    {
        IsShell = isShell;
        Text = text;
        Arguments = arguments;
    }

    /// <summary>Whether a shell has to read it.</summary>
    public bool IsShell { get; }

    /// <summary>The command as written.</summary>
    public string Text { get; }

    /// <summary>The arguments of the exec form; empty in shell form.</summary>
    public IReadOnlyList<string> Arguments { get; }

    internal static CommandForm Parse(string text) =>
        JsonWords.Parse(text) is { } words ? new CommandForm(isShell: false, text, words) : new CommandForm(isShell: true, text, []);
}

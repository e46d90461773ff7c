using Bld.Builder.Cli.Flags;

namespace Bld.Builder.Cli;

/// <summary>One command of the program.</summary>
internal abstract class Command
{
    /// <summary>Its name, then its other names.</summary>
    public abstract IReadOnlyList<string> Names { get; }

    /// <summary>What it does, in a line.</summary>
    public abstract string Summary { get; }

    /// <summary>Its arguments as help shows them.</summary>
    public virtual string Usage => "";

    /// <summary>Command lines that show what it is for.</summary>
    public virtual IReadOnlyList<string> Examples => [];

    /// <summary>Its own flags.</summary>
    public virtual IReadOnlyList<Flag> Flags => [];

    /// <summary>The commands that stand behind its name; then it has no work of its own.</summary>
    public virtual IReadOnlyList<Command> Subcommands => [];

    /// <summary>Whether its arguments end in another program's command line, whose flags are not ours.</summary>
    public virtual bool TakesCommand => Usage.Contains("COMMAND", StringComparison.Ordinal);

    /// <summary>Whether it is left out where commands are shown.</summary>
    public virtual bool IsHidden => false;

    /// <summary>Whether everything behind its first argument is an argument too.</summary>
    public virtual bool StopsAtArgument => true;

    /// <summary>Runs it and gives the exit code.</summary>
    public abstract int Run(CommandLine line);
}

/// <summary>What a command is run with.</summary>
/// <param name="Flags">Flags and arguments.</param>
/// <param name="Interruption">Ctrl-C and SIGTERM.</param>
internal sealed record CommandLine(ParsedFlags Flags, Interruption Interruption)
{
    /// <summary>Cancelled by Ctrl-C and SIGTERM, which until this is asked for end the process.</summary>
    public CancellationToken Cancellation => Interruption.Token;

    public IReadOnlyList<string> Arguments => Flags.Arguments;
}

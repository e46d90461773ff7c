namespace Bld.Builder.Cli.Flags;

/// <summary>What a flag takes.</summary>
internal enum FlagKind
{
    /// <summary>Nothing, or <c>=true</c> and <c>=false</c>; it never swallows the next word.</summary>
    Boolean,

    /// <summary>One value; the last one counts.</summary>
    Text,

    /// <summary>A file or directory; an empty value names none, as if the flag had not been given.</summary>
    File,

    /// <summary>A value each time it is given.</summary>
    List,
}

/// <summary>A flag of a command: the one place that its name, meaning and kind are written down.</summary>
/// <param name="Name">Its name without dashes.</param>
/// <param name="Kind">What it takes.</param>
/// <param name="Help">One line for people.</param>
/// <param name="Short">Its letter, if it has one.</param>
/// <param name="Implied">The value of a text flag that is given without <c>=value</c>; such a flag swallows no word but <paramref name="Presets"/>.</param>
/// <param name="Aliases">Other names.</param>
/// <param name="Hidden">Whether help leaves it out.</param>
/// <param name="Presets">The words that a flag with an implied value takes all the same when they stand behind it.</param>
internal sealed record Flag(
    string Name, FlagKind Kind, string Help, char? Short = null, string? Implied = null, IReadOnlyList<string>? Aliases = null,
    bool Hidden = false, IReadOnlyList<string>? Presets = null)
{
    /// <summary>Whether the next word can be its value.</summary>
    public bool TakesWord => Kind != FlagKind.Boolean && Implied is null;

    /// <summary>Whether a word behind it is its value.</summary>
    public bool Takes(string word) => TakesWord || (Presets?.Contains(word) ?? false);

    /// <summary>Whether it answers to a name.</summary>
    public bool Answers(string name) => Name == name || (Aliases?.Contains(name) ?? false);
}

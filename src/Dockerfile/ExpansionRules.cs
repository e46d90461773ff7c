namespace Bld.Dockerfile;

/// <summary>How <see cref="WordExpander"/> treats quotes, escapes and variables that aren't set.</summary>
[Flags]
internal enum ExpansionRules
{
    /// <summary>Quotes and escapes go, unset variables are empty.</summary>
    None = 0,

    /// <summary>Quotes mean nothing: they are characters like others.</summary>
    QuotesAreText = 1,

    /// <summary>Quotes work but stay in the result.</summary>
    KeepQuotes = 2,

    /// <summary>Escape characters work but stay in the result.</summary>
    KeepEscapes = 4,

    /// <summary>A variable that isn't set stays as it is written.</summary>
    KeepUnset = 8,
}

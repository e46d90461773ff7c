using Bld.Builder.Cli.Flags;

namespace Bld.Builder.Cli.Lists;

/// <summary>One <c>--filter</c>: <c>key=value</c>, or <c>key!=value</c> for what doesn't match.</summary>
internal readonly record struct FilterText(string Key, string Value, bool Negated)
{
    /// <summary>Reads a filter.</summary>
    /// <exception cref="UsageException">It has no value.</exception>
    public static FilterText Parse(string text)
    {
        var equals = text.IndexOf('=');
        if (equals <= 0)
        {
            throw new UsageException($"invalid image filter \"{text}\": must be in the format \"filter=value or filter!=value\"");
        }

        var negated = text[equals - 1] == '!';
        return new FilterText(text[..(negated ? equals - 1 : equals)], text[(equals + 1)..], negated);
    }

    /// <summary>The value as a truth.</summary>
    /// <exception cref="UsageException">It is none.</exception>
    public bool Truth() => Value switch
    {
        "1" or "t" or "T" or "true" or "TRUE" or "True" => true,
        "0" or "f" or "F" or "false" or "FALSE" or "False" => false,
        _ => throw new UsageException($"non-boolean value \"{Value}\" for the filter {Key}: use true or false"),
    };
}

using Bld.Builder.Store;

namespace Bld.Builder.Engine;

/// <summary>Reads SOURCE_DATE_EPOCH as reproducible-builds.org defines it: whole seconds since 1970.</summary>
internal static class SourceDateEpoch
{
    internal const string Name = "SOURCE_DATE_EPOCH";

    /// <summary>The seconds; null for a text that is empty or says something else, such as a stage to take them from.</summary>
    public static long? TryParse(string? text) =>
        long.TryParse(text, System.Globalization.NumberStyles.AllowLeadingSign, null, out var seconds) ? seconds : null;

    /// <summary>The seconds; null for a text that is empty.</summary>
    public static long? Parse(string? text, string where) =>
        string.IsNullOrEmpty(text) ? null
        : long.TryParse(text, System.Globalization.NumberStyles.AllowLeadingSign, null, out var seconds) ? seconds
        : throw new BuildException($"{where}: SOURCE_DATE_EPOCH is \"{text}\", which is not a number of seconds since 1970");
}

using Bld.Builder.Context;
using Bld.Builder.Store;
using Bld.Dockerfile;
using Bld.Runtime.Linux;

namespace Bld.Builder.Copy;

/// <summary>Explains a source that isn't there: excluded, or perhaps spelt wrongly.</summary>
internal static class MissingSource
{
    /// <summary>The error for a path.</summary>
    public static BuildException Describe(CopySource source, string path)
    {
        if (source.Rules.Explain(path) is { } place)
        {
            return new BuildException($"\"/{path}\": not found in {source.Name}: it is excluded by {place}");
        }

        var hint = Nearest(source, path) is { } near ? $" (did you mean /{near}?)" : "";
        return new BuildException($"\"/{path}\": not found in {source.Name}{hint}");
    }

    private static string? Nearest(CopySource source, string path)
    {
        var slash = path.LastIndexOf('/');
        var directory = slash < 0 ? "" : path[..slash];
        if (FileCalls.TryOpenResolving(
            source.Root, ByteString.From(directory).Span, OpenFlags.ReadOnly | OpenFlags.Directory, 0,
            ResolveFlags.InRoot | ResolveFlags.NoMagicLinks, out var handle) != Errno.None)
        {
            return null;
        }

        using (handle)
        {
            var names = FileCalls.ReadDirectory(handle).Select(static entry => entry.Name.ToString());
            return Suggestion.For(path[(slash + 1)..], names) is { } name ? (directory.Length == 0 ? name : $"{directory}/{name}") : null;
        }
    }
}

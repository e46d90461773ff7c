using Bld.Builder.Context;
using Bld.Builder.Store;
using Bld.Dockerfile;

namespace Bld.Builder.Engine;

/// <summary>What an ADD of a git repository asks for, by its flags and by its URL.</summary>
internal static class RemoteAdd
{
    /// <summary>The repository, with what it has to be.</summary>
    /// <exception cref="BuildException">Flag and URL say different things.</exception>
    public static GitReference Reference(AddInstruction instruction, string source, string? checksum)
    {
        var reference = GitReference.Parse(source);
        if (reference.KeepGitDirectory is { } asked && instruction.KeepGitDirectory is { } said && asked != said)
        {
            throw new BuildException("inconsistent keep-git-dir configuration: the flag and the URL say different things");
        }

        return string.IsNullOrEmpty(checksum) ? reference
            : reference.Checksum is { } other && other != checksum ? throw new BuildException($"checksum mismatch \"{checksum}\" != \"{other}\"")
            : reference with { Checksum = checksum };
    }

    /// <summary>Whether the repository's own directory comes with its files.</summary>
    public static bool Keeps(AddInstruction instruction, GitReference reference) => reference.KeepGitDirectory ?? instruction.KeepGitDirectory ?? false;
}

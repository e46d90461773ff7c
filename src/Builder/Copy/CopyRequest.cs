using Bld.Builder.Context;
using Bld.Runtime.Linux;

namespace Bld.Builder.Copy;

/// <summary>A file whose content stands in the Dockerfile.</summary>
internal sealed record InlineFile(string Name, byte[] Content);

/// <summary>What one COPY wants, with all words expanded.</summary>
internal sealed record CopyRequest
{
    public required IReadOnlyList<string> Sources { get; init; }

    public IReadOnlyList<InlineFile> InlineFiles { get; init; } = [];

    /// <summary>Absolute path in the image; a slash at its end means that it is a directory.</summary>
    public required string Destination { get; init; }

    /// <summary>Owner of everything that is copied; null keeps what the source gives.</summary>
    public (uint User, uint Group)? Owner { get; init; }

    public ModeChange? Mode { get; init; }

    /// <summary>
    /// What changes the mode of the directories that have to be made; null leaves them 0755. A Dockerfile's <c>--chmod</c> is for
    /// them too, as in BuildKit; that of <c>bld copy</c> isn't, as in Buildah.
    /// </summary>
    public ModeChange? DirectoryMode { get; init; }

    /// <summary>Whether paths keep the directories that they were named with (<c>--parents</c>).</summary>
    public bool Parents { get; init; }

    public IgnoreRules Excludes { get; init; } = IgnoreRules.None;

    /// <summary>Whether sources are plain paths: no character of them means more than itself.</summary>
    public bool IsLiteral { get; init; }

    /// <summary>Whether patterns that match nothing are no error.</summary>
    public bool AllowsNoMatch { get; init; }

    /// <summary>Whether a source that is a link is copied as a link, and not what it leads to.</summary>
    public bool KeepsLinks { get; init; }

    /// <summary>The time of everything that is copied; null keeps the source's.</summary>
    public FileTime? Time { get; init; }

    /// <summary>Whether tar archives are unpacked: for ADD of a local file.</summary>
    public bool Unpacks { get; init; }
}

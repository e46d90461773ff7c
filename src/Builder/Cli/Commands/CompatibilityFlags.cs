using Bld.Builder.Cli.Flags;

namespace Bld.Builder.Cli.Commands;

/// <summary>
/// Flags of Buildah's and Docker's <c>build</c> that scripts give and that need do nothing here, because what they ask for is so anyway; and those
/// that can't be honoured, which are refused.
/// </summary>
internal static class CompatibilityFlags
{
    public static IReadOnlyList<Flag> All { get; } =
    [
        new("builder", FlagKind.Text, "accepted without effect: there are no builders to choose from"),
        new("compress", FlagKind.Boolean, "accepted without effect: there is no daemon to send a context to"),
        new("cw", FlagKind.Text, "refused: confidential workloads are not supported"),
        new("disable-compression", FlagKind.Boolean, "accepted without effect: layers are compressed when they leave the store", 'D'),
        new("disable-content-trust", FlagKind.Boolean, "accepted without effect: there is no notary"),
        new("force-rm", FlagKind.Boolean, "accepted without effect: no container is ever left"),
        new("load", FlagKind.Boolean, "accepted without effect: the image is in the store anyway"),
        new("log-rusage", FlagKind.Boolean, "accepted without effect: bld explain tells how long each step took", Hidden: true),
        new("rewrite-timestamp", FlagKind.Boolean, "accepted without effect: with SOURCE_DATE_EPOCH times in layers are always limited"),
        new("rm", FlagKind.Boolean, "accepted without effect: no container is ever left"),
        new("runtime", FlagKind.Text, "accepted without effect: bld is the runtime"),
        new("runtime-flag", FlagKind.List, "accepted without effect: bld is the runtime"),
    ];

    /// <summary>Refuses what can't be done.</summary>
    /// <exception cref="UsageException">One of those flags was given.</exception>
    public static void Refuse(ParsedFlags flags)
    {
        if (flags.Has("cw"))
        {
            throw new UsageException("--cw: images for confidential workloads can't be made; leave the flag out");
        }
    }
}

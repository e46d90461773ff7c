using Bld.Builder.Cli.Flags;
using Bld.Builder.Engine.Containers;

namespace Bld.Builder.Cli.Commands;

/// <summary>The flags of <c>bld copy</c> and <c>bld add</c>, and what both do.</summary>
internal static class CopyFlags
{
    public static IReadOnlyList<Flag> All { get; } =
    [
        AddHistory.Flag,
        new("allow-empty-wildcard", FlagKind.Boolean, "let patterns match nothing"),
        new("allow-wildcard", FlagKind.Boolean, "whether * ? [ in sources are patterns (default true)"),
        new("checksum", FlagKind.Text, "digest that the fetched file or commit must have"),
        new("chmod", FlagKind.Text, "mode of what is copied, such as 0755 or u=rwX,go=rX"),
        new("chown", FlagKind.Text, "owner of what is copied, as user[:group] of the container"),
        new("contextdir", FlagKind.File, "directory that the sources lie in, and that no link leaves"),
        new("exclude", FlagKind.List, "pattern of what is left out"),
        new("from", FlagKind.Text, "container or image that the sources lie in"),
        new("ignorefile", FlagKind.File, "file with rules of what is left out of the context directory"),
        new("link", FlagKind.Boolean, "accepted: each copy is independent of what lies below it"),
        new("no-follow-symlinks", FlagKind.Boolean, "copy a source that is a link as a link"),
        new("quiet", FlagKind.Boolean, "print no digest", 'q'),
        new("timestamp", FlagKind.Text, "seconds since 1970 that are the time of everything that is copied"),
        .. RegistryFlags.All,
    ];

    /// <summary>Runs the command.</summary>
    public static int Run(CommandLine line, bool isAdd)
    {
        if (line.Arguments.Count == 0)
        {
            throw new UsageException("requires at least 1 arg(s), only received 0: the container ID must be specified");
        }

        ContainerArguments.RefuseFlags(line);
        if (line.Arguments.Count == 1)
        {
            throw new UsageException("src must be specified");
        }

        using var session = Session.Open(line.Flags);
        var container = ContainerArguments.Container(session, line.Arguments[0]);
        var request = Read(line, isAdd);
        var digest = new ContainerCopy(session.Services, session.Containers, line.Cancellation).Copy(container, request);
        if (digest is { } known)
        {
            AddHistory.To(session.Containers, container, line.Flags, $"/bin/sh -c #(nop) {(isAdd ? "ADD" : "COPY")} {Kind(request)}:{known.Hex}");
            if (!line.Flags.Boolean("quiet"))
            {
                Console.Out.Write(known.Hex + "\n");
            }
        }

        return 0;
    }

    private static ContainerCopyRequest Read(CommandLine line, bool isAdd)
    {
        var flags = line.Flags;
        var ignoreFile = flags.Text("ignorefile");
        var context = flags.Text("contextdir");
        if (ignoreFile is not null && context is null)
        {
            throw new UsageException("--ignorefile option requires that you specify a context dir using --contextdir");
        }

        var words = line.Arguments.Skip(1).ToList();
        var hasRoot = context is not null || flags.Text("from") is not null;
        var hasDestination = words.Count > 1;
        return new ContainerCopyRequest
        {
            Sources = hasDestination ? words[..^1] : words,
            Destination = hasDestination ? words[^1] : "",
            Owner = flags.Text("chown"),
            Mode = flags.Text("chmod"),
            From = flags.Text("from"),
            ContextDirectory = context,
            IgnoreFile = ignoreFile,
            Excludes = hasRoot ? [] : flags.List("exclude"),
            RootExcludes = hasRoot ? flags.List("exclude") : [],
            Parents = flags.Boolean("parents"),
            Checksum = flags.Text("checksum"),
            Fetching = RegistryFlags.Read(flags),
            IsLiteral = !flags.Boolean("allow-wildcard", otherwise: true),
            AllowsNoMatch = flags.Boolean("allow-empty-wildcard"),
            KeepsLinks = flags.Boolean("no-follow-symlinks"),
            Timestamp = flags.Number("timestamp"),
            IsAdd = isAdd,
            WantsDigest = !flags.Boolean("quiet") || AddHistory.IsWanted(flags),
        };
    }

    private static string Kind(ContainerCopyRequest request) =>
        request.Sources.Count > 1 ? "multi" : Directory.Exists(request.Sources[0]) ? "dir" : "file";
}

using Bld.Builder.Cli.Flags;

namespace Bld.Builder.Cli.Commands;

/// <summary>The flags of <c>bld bud</c>.</summary>
internal static class BudFlags
{
    public static IReadOnlyList<Flag> All { get; } =
    [
        new("allow", FlagKind.List, "give an entitlement: security.insecure, network.host"),
        new("build-arg", FlagKind.List, "value of an ARG, as name=value; name alone takes the environment's"),
        new("build-arg-file", FlagKind.List, "file of such values, one a line"),
        new("build-context", FlagKind.List, "another context, as name=directory, docker-image://… or oci-layout://…"),
        new("cache-from", FlagKind.List, "where results of other machines are looked for: type=registry,ref=…, type=local,src=… or a repository"),
        new("cache-to", FlagKind.List, "where results are written for others: type=registry,ref=…[,mode=max][,mounts=true], type=local,dest=…, type=inline or a repository"),
        new("cache-ttl", FlagKind.Text, "age, as 24h, above which earlier results are not used; 0 uses none"),
        new("call", FlagKind.Text, "build, check for what --check does, targets for what --target can name, or outline for what a build can be given"),
        new("check", FlagKind.Boolean, "check the Dockerfile and build nothing"),
        new("compat-volumes", FlagKind.Boolean, "undo what RUN changes below a VOLUME"),
        new("cpp-flag", FlagKind.List, "flag for cpp, which Dockerfiles named *.in go through"),
        new("explain", FlagKind.Boolean, "say of each step that isn't found in the cache why it isn't"),
        new("file", FlagKind.List, "Dockerfile; - for standard input", 'f'),
        new("format", FlagKind.Text, "oci or docker"),
        new("from", FlagKind.Text, "image that replaces the first FROM's"),
        new("ignorefile", FlagKind.File, "file of ignore rules in place of .dockerignore"),
        new("jobs", FlagKind.Text, "how many RUNs go on at once"),
        new("layers", FlagKind.Boolean, "a layer for each instruction (default true); false gives one a stage"),
        new("logfile", FlagKind.File, "file that gets what else went to the terminal"),
        new("loglevel", FlagKind.Text, "accepted without effect: --log-level is what counts", Hidden: true),
        new("logsplit", FlagKind.Boolean, "a log file for each platform, named FILE_os_architecture"),
        new("mount", FlagKind.List, "mount for every RUN, as RUN --mount takes it"),
        new("no-cache", FlagKind.Boolean, "use no result of earlier builds"),
        new("no-cache-filter", FlagKind.List, "stages for which no earlier result is used"),
        new("on-failure", FlagKind.Text, "shell: enter the container of a step that failed, when there is a terminal"),
        new("progress", FlagKind.Text, "auto, tty, plain, quiet or rawjson"),
        new("pull", FlagKind.Text, "when base images are fetched: always, missing, never or newer", Implied: "always"),
        new("pull-always", FlagKind.Boolean, "the same as --pull=always"),
        new("pull-never", FlagKind.Boolean, "the same as --pull=never"),
        new("quiet", FlagKind.Boolean, "print only the image's id", 'q'),
        new("report", FlagKind.File, "file that gets a page about the build; one a platform when there are several"),
        new("secret", FlagKind.List, "secret for RUN --mount, as id=…,src=FILE or id=…,env=VARIABLE"),
        new("skip-unused-stages", FlagKind.Boolean, "build only the stages that the target needs (default true)"),
        new("source-date-epoch", FlagKind.Text, "seconds since 1970 that replace the time of the build"),
        new("source-policy-file", FlagKind.File, "rules that allow, deny or replace images and URLs, as BuildKit reads them"),
        new("squash", FlagKind.Boolean, "one layer for everything, the base included"),
        new("ssh", FlagKind.List, "agent for RUN --mount=type=ssh, as id, id=SOCKET or id=KEY[,KEY]"),
        new("stdin", FlagKind.Boolean, "give standard input to RUN"),
        new("tag", FlagKind.List, "name of the image, or where it goes, as oci-archive:FILE or docker://NAME", 't'),
        new("target", FlagKind.Text, "stage to build"),
        new("timestamp", FlagKind.Text, "seconds since 1970 that every time becomes"),
        new("trace", FlagKind.File, "file that gets the build's times in Chrome's trace-event format; one a platform when there are several"),
        .. BudOutput.Flags,
        EncryptionFlags.OfPull,
        .. CompatibilityFlags.All,
        .. ImageFlags.All,
        .. PlatformFlags.All,
        .. PushFlags.Compression,
        PushSignature.Flag,
        .. RegistryFlags.All,
        .. RunFlags.All,
    ];

    /// <summary>Those whose empty value means something: a new namespace.</summary>
    private static readonly string[] MeaningfullyEmpty = ["cgroupns", "ipc", "pid", "userns", "uts"];

    /// <summary>Forgets flags with empty values, which scripts give whose variables are unset.</summary>
    public static void DropEmpty(ParsedFlags flags) => flags.DropEmpty(All.Where(static flag => !MeaningfullyEmpty.Contains(flag.Name)));
}

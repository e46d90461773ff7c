using Bld.Builder.Cli.Flags;

namespace Bld.Builder.Cli.Commands;

/// <summary>The flags of <c>bld bud</c>.</summary>
internal static class BudFlags
{
    public static IReadOnlyList<Flag> All { get; } =
    [
        new("allow", FlagKind.List, "give an entitlement: security.insecure, network.host"),
        new("annotation", FlagKind.List, "annotation of the manifest, as name=value"),
        new("build-arg", FlagKind.List, "value of an ARG, as name=value; name alone takes the environment's"),
        new("build-context", FlagKind.List, "another context, as name=directory, docker-image://… or oci-layout://…"),
        new("cache-from", FlagKind.List, "where results of other machines are looked for: type=registry,ref=…, type=local,src=… or a repository"),
        new("cache-to", FlagKind.List, "where results are written for others: type=registry,ref=…[,mode=max], type=local,dest=…, type=inline or a repository"),
        new("cache-ttl", FlagKind.Text, "how old an earlier result may be, such as 24h"),
        new("call", FlagKind.Text, "build, or check for what --check does"),
        new("check", FlagKind.Boolean, "check the Dockerfile and build nothing"),
        new("env", FlagKind.List, "environment variable of the image, as name=value"),
        new("explain", FlagKind.Boolean, "say of each step that isn't found in the cache why it isn't"),
        new("file", FlagKind.List, "Dockerfile; - for standard input", 'f'),
        new("force-rm", FlagKind.Boolean, "accepted: nothing is ever left"),
        new("format", FlagKind.Text, "oci or docker"),
        new("from", FlagKind.Text, "image that replaces the first FROM's"),
        new("ignorefile", FlagKind.Text, "file of ignore rules in place of .dockerignore"),
        new("iidfile", FlagKind.Text, "file that gets the image's id"),
        new("jobs", FlagKind.Text, "how many RUNs go on at once"),
        new("label", FlagKind.List, "label of the image, as name=value"),
        new("layers", FlagKind.Boolean, "a layer for each instruction (default true); false gives one a stage"),
        new("no-cache", FlagKind.Boolean, "use no result of earlier builds"),
        new("no-cache-filter", FlagKind.List, "stages for which no earlier result is used"),
        new("omit-history", FlagKind.Boolean, "write no history"),
        new("on-failure", FlagKind.Text, "shell: enter the container of a step that failed, when there is a terminal"),
        new("platform", FlagKind.Text, "what the image is built for, as os/architecture[/variant]"),
        new("progress", FlagKind.Text, "auto, tty, plain, quiet or rawjson"),
        new("pull", FlagKind.Text, "when base images are fetched: always, missing, never or newer", Implied: "always"),
        new("pull-always", FlagKind.Boolean, "the same as --pull=always"),
        new("pull-never", FlagKind.Boolean, "the same as --pull=never"),
        new("quiet", FlagKind.Boolean, "print only the image's id", 'q'),
        new("report", FlagKind.Text, "file that gets a page about the build"),
        new("rewrite-timestamp", FlagKind.Boolean, "accepted: with SOURCE_DATE_EPOCH times in layers are always limited"),
        new("rm", FlagKind.Boolean, "accepted: nothing is ever left"),
        new("secret", FlagKind.List, "secret for RUN --mount, as id=…,src=FILE or id=…,env=VARIABLE"),
        new("source-date-epoch", FlagKind.Text, "seconds since 1970 that replace the time of the build"),
        new("squash", FlagKind.Boolean, "one layer for everything, the base included"),
        new("ssh", FlagKind.List, "agent for RUN --mount=type=ssh, as id or id=SOCKET"),
        new("tag", FlagKind.List, "name of the image", 't'),
        new("target", FlagKind.Text, "stage to build"),
        new("timestamp", FlagKind.Text, "seconds since 1970 that every time becomes"),
        new("trace", FlagKind.Text, "file that gets the build's times in Chrome's trace-event format"),
        new("unsetenv", FlagKind.List, "take a variable out of the image's environment"),
        new("unsetlabel", FlagKind.List, "take a label out of the image"),
        .. BudOutput.Flags,
        .. RegistryFlags.All,
        .. RunFlags.All,
    ];
}

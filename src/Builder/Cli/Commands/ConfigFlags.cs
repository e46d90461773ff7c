using Bld.Builder.Cli.Flags;

namespace Bld.Builder.Cli.Commands;

/// <summary>The flags of <c>bld config</c>.</summary>
internal static class ConfigFlags
{
    public static IReadOnlyList<Flag> All { get; } =
    [
        AddHistory.Flag,
        new("annotation", FlagKind.List, "annotation of the image, as name=value", 'a'),
        new("arch", FlagKind.Text, "architecture of the image"),
        new("author", FlagKind.Text, "author of the image"),
        new("cmd", FlagKind.Text, "default command"),
        new("comment", FlagKind.Text, "comment of the image"),
        new("created-by", FlagKind.Text, "what the history says of the layer to come"),
        new("domainname", FlagKind.Text, "domain name of containers"),
        new("entrypoint", FlagKind.Text, "entrypoint: a JSON list, or a text for the shell"),
        new("env", FlagKind.List, "environment variable, as name=value; name alone takes the caller's", 'e'),
        new("healthcheck", FlagKind.Text, "health check: CMD …, CMD-SHELL … or NONE"),
        new("healthcheck-interval", FlagKind.Text, "time between two health checks"),
        new("healthcheck-retries", FlagKind.Text, "failures that make a container unhealthy"),
        new("healthcheck-start-interval", FlagKind.Text, "time between two health checks while the container starts"),
        new("healthcheck-start-period", FlagKind.Text, "time in which failures don't count"),
        new("healthcheck-timeout", FlagKind.Text, "time that a health check may take"),
        new("history-comment", FlagKind.Text, "comment of the layer to come"),
        new("hostname", FlagKind.Text, "host name of containers"),
        new("label", FlagKind.List, "label, as name=value", 'l'),
        new("onbuild", FlagKind.List, "instruction for builds on the image"),
        new("os", FlagKind.Text, "operating system of the image"),
        new("os-feature", FlagKind.List, "feature of the operating system that the image needs"),
        new("os-version", FlagKind.Text, "version of the operating system that the image needs"),
        new("port", FlagKind.List, "port that containers listen on", 'p'),
        new("shell", FlagKind.Text, "shell for commands in shell form"),
        new("stop-signal", FlagKind.Text, "signal that stops containers"),
        new("unsetannotation", FlagKind.List, "annotation to take away"),
        new("unsetlabel", FlagKind.List, "label to take away"),
        new("user", FlagKind.Text, "user of containers", 'u'),
        new("variant", FlagKind.Text, "variant of the architecture"),
        new("volume", FlagKind.List, "path that becomes a volume", 'v'),
        new("workingdir", FlagKind.Text, "working directory of containers"),
    ];
}

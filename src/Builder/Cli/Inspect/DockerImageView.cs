using System.Text.Json;

using Bld.Builder.Cli.Templates;

namespace Bld.Builder.Cli.Inspect;

/// <summary>An image's configuration as Docker's Go types have it: <c>.Docker</c>.</summary>
internal static class DockerImageView
{
    /// <summary>The whole.</summary>
    public static GoStruct Create(JsonElement? config) => new GoStruct("docker.V2Image")
        .Add("V1Image", "", First(config))
        .Add("Parent", "parent", config.Text("parent"), omitEmpty: true)
        .Add("RootFS", "rootfs", OciImageView.RootFs(config.Field("rootfs")))
        .Add("History", "history", OciImageView.History(config), omitEmpty: true)
        .Add("OSVersion", "os.version", config.Text("os.version"), omitEmpty: true)
        .Add("OSFeatures", "os.features", config.Texts("os.features"), omitEmpty: true);

    private static GoStruct First(JsonElement? config) => new GoStruct("docker.V1Image")
        .Add("ID", "id", config.Text("id"), omitEmpty: true)
        .Add("Comment", "comment", config.Text("comment"), omitEmpty: true)
        .Add("Created", "created", config.Time("created") ?? GoTime.Zero)
        .Add("Container", "container", config.Text("container"), omitEmpty: true)
        .Add("ContainerConfig", "container_config", Config(config.Field("container_config") ?? config.Field("config")))
        .Add("DockerVersion", "docker_version", config.Text("docker_version"), omitEmpty: true)
        .Add("Author", "author", config.Text("author"), omitEmpty: true)
        .Add("Config", "config", Config(config.Field("config")))
        .Add("Architecture", "architecture", config.Text("architecture"), omitEmpty: true)
        .Add("Variant", "variant", config.Text("variant"), omitEmpty: true)
        .Add("OS", "os", config.Text("os"), omitEmpty: true)
        .Add("Size", "size", config.Number("size"), omitEmpty: true);

    private static GoStruct Config(JsonElement? config) => new GoStruct("docker.Config")
        .Add("Hostname", config.Text("Hostname"))
        .Add("Domainname", config.Text("Domainname"))
        .Add("User", config.Text("User"))
        .Add("AttachStdin", config.Truth("AttachStdin"))
        .Add("AttachStdout", config.Truth("AttachStdout"))
        .Add("AttachStderr", config.Truth("AttachStderr"))
        .Add("ExposedPorts", "ExposedPorts", config.Set("ExposedPorts"), omitEmpty: true)
        .Add("Tty", config.Truth("Tty"))
        .Add("OpenStdin", config.Truth("OpenStdin"))
        .Add("StdinOnce", config.Truth("StdinOnce"))
        .Add("Env", config.Texts("Env"))
        .Add("Cmd", config.Texts("Cmd"))
        .Add("Healthcheck", "Healthcheck", Healthcheck(config.Field("Healthcheck")), omitEmpty: true)
        .Add("ArgsEscaped", "ArgsEscaped", config.Truth("ArgsEscaped"), omitEmpty: true)
        .Add("Image", config.Text("Image"))
        .Add("Volumes", config.Set("Volumes"))
        .Add("WorkingDir", config.Text("WorkingDir"))
        .Add("Entrypoint", config.Texts("Entrypoint"))
        .Add("OnBuild", config.Texts("OnBuild"))
        .Add("Labels", config.Pairs("Labels"))
        .Add("StopSignal", "StopSignal", config.Text("StopSignal"), omitEmpty: true)
        .Add("Shell", "Shell", config.Texts("Shell"), omitEmpty: true);

    private static GoStruct? Healthcheck(JsonElement? check) => check is null ? null : new GoStruct("docker.HealthConfig")
        .Add("Test", "Test", check.Texts("Test"), omitEmpty: true)
        .Add("Interval", "Interval", new GoSpan(check.Number("Interval")), omitEmpty: true)
        .Add("Timeout", "Timeout", new GoSpan(check.Number("Timeout")), omitEmpty: true)
        .Add("StartPeriod", "StartPeriod", new GoSpan(check.Number("StartPeriod")), omitEmpty: true)
        .Add("StartInterval", "StartInterval", new GoSpan(check.Number("StartInterval")), omitEmpty: true)
        .Add("Retries", "Retries", check.Number("Retries"), omitEmpty: true);
}

using System.Text.Json;

using Bld.Builder.Cli.Templates;

namespace Bld.Builder.Cli.Inspect;

/// <summary>An image's configuration as OCI's Go types have it: <c>.OCIv1</c>.</summary>
internal static class OciImageView
{
    /// <summary>The whole.</summary>
    public static GoStruct Create(JsonElement? config) => new GoStruct("v1.Image")
        .Add("Created", "created", config.Time("created"), omitEmpty: true)
        .Add("Author", "author", config.Text("author"), omitEmpty: true)
        .Add("Architecture", "architecture", config.Text("architecture"))
        .Add("Variant", "variant", config.Text("variant"), omitEmpty: true)
        .Add("OS", "os", config.Text("os"))
        .Add("OSVersion", "os.version", config.Text("os.version"), omitEmpty: true)
        .Add("OSFeatures", "os.features", config.Texts("os.features"), omitEmpty: true)
        .Add("Config", "config", Config(config.Field("config")))
        .Add("RootFS", "rootfs", RootFs(config.Field("rootfs")))
        .Add("History", "history", History(config), omitEmpty: true);

    /// <summary>The history, which Docker's type has in the same shape.</summary>
    public static GoList History(JsonElement? config) =>
        config.Field("history") is null ? GoList.Nil : new GoList([.. config.Elements("history").Select(static entry => new GoStruct("v1.History")
            .Add("Created", "created", entry.Time("created"), omitEmpty: true)
            .Add("CreatedBy", "created_by", entry.Text("created_by"), omitEmpty: true)
            .Add("Author", "author", entry.Text("author"), omitEmpty: true)
            .Add("Comment", "comment", entry.Text("comment"), omitEmpty: true)
            .Add("EmptyLayer", "empty_layer", entry.Truth("empty_layer"), omitEmpty: true))]);

    /// <summary>The layers' digests. Go's zero value has neither type nor list, and shows them.</summary>
    public static GoStruct RootFs(JsonElement? root) => new GoStruct("v1.RootFS")
        .Add("Type", "type", root.Text("type"))
        .Add("DiffIDs", "diff_ids", root.Texts("diff_ids"));

    private static GoStruct Config(JsonElement? config) => new GoStruct("v1.ImageConfig")
        .Add("User", "User", config.Text("User"), omitEmpty: true)
        .Add("ExposedPorts", "ExposedPorts", config.Set("ExposedPorts"), omitEmpty: true)
        .Add("Env", "Env", config.Texts("Env"), omitEmpty: true)
        .Add("Entrypoint", "Entrypoint", config.Texts("Entrypoint"), omitEmpty: true)
        .Add("Cmd", "Cmd", config.Texts("Cmd"), omitEmpty: true)
        .Add("Volumes", "Volumes", config.Set("Volumes"), omitEmpty: true)
        .Add("WorkingDir", "WorkingDir", config.Text("WorkingDir"), omitEmpty: true)
        .Add("Labels", "Labels", config.Pairs("Labels"), omitEmpty: true)
        .Add("StopSignal", "StopSignal", config.Text("StopSignal"), omitEmpty: true)
        .Add("ArgsEscaped", "ArgsEscaped", config.Truth("ArgsEscaped"), omitEmpty: true);
}

using System.Buffers;
using System.Text.Json;

using Bld.Builder.Engine;

namespace Bld.Builder.Cli.Progress;

/// <summary>Prints one JSON object a line for every event, for programs that watch a build (<c>docs/rawjson.md</c>).</summary>
/// <param name="output">Where the lines go.</param>
internal sealed class RawJsonProgress(Stream output) : IBuildObserver
{
    private static readonly JsonWriterOptions Options = new() { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
    private readonly Lock _gate = new();

    /// <inheritdoc/>
    public void Report(BuildEvent happened)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer, Options))
        {
            json.WriteStartObject();
            json.WriteString("time", DateTimeOffset.UtcNow);
            Describe(json, happened);
            json.WriteEndObject();
        }

        buffer.Write("\n"u8);
        lock (_gate)
        {
            output.Write(buffer.WrittenSpan);
            output.Flush();
        }
    }

    private static void Describe(Utf8JsonWriter json, BuildEvent happened)
    {
        switch (happened)
        {
            case StepStarted started:
                Begin(json, "step-started", started.Step);
                json.WriteString("instruction", started.Step.Text);
                break;
            case BuildPlanned planned:
                json.WriteString("event", "planned");
                Platform(json, planned.Platform);
                json.WriteStartObject("stages");
                foreach (var (name, texts) in planned.Stages)
                {
                    json.WriteNumber(name, texts.Count);
                }

                json.WriteEndObject();
                break;
            case StepLookedUp looked:
                Begin(json, "step-looked-up", looked.Step);
                json.WriteString("key", looked.Key.Hex);
                json.WriteBoolean("hit", looked.Outcome == CacheOutcome.Hit);
                if (looked.Reason is { } reason)
                {
                    json.WriteString("reason", reason);
                }

                break;
            case StepFailed failed:
                Begin(json, "step-failed", failed.Step);
                json.WriteString("message", failed.Message);
                json.WriteNumber("exitCode", failed.ExitCode);
                break;
            case StepOutput written:
                Begin(json, "step-output", written.Step);
                json.WriteString("stream", written.Stream == OutputStream.StandardOutput ? "stdout" : "stderr");
                // Output is bytes; base64 keeps what is not UTF-8.
                json.WriteBase64String("data", written.Bytes.Span);
                break;
            case StepFinished finished:
                Begin(json, "step-finished", finished.Step);
                json.WriteBoolean("cached", finished.Cached);
                json.WriteString("result", finished.Result);
                json.WriteNumber("milliseconds", (long)finished.Elapsed.TotalMilliseconds);
                break;
            case BuildWarning warning:
                json.WriteString("event", "warning");
                json.WriteString("message", warning.Message);
                break;
            case TransferMoved { Transfer: var transfer }:
                json.WriteString("event", "transfer");
                json.WriteString("id", transfer.Id);
                json.WriteBoolean("push", transfer.IsPush);
                json.WriteBoolean("copy", transfer.IsCopy);
                json.WriteNumber("done", transfer.Done);
                json.WriteNumber("total", transfer.Total);
                json.WriteBoolean("finished", transfer.IsFinished);
                break;
            case ImageCommitting committing:
                json.WriteString("event", "image-committing");
                Platform(json, committing.Platform);
                Names(json, committing.Names);
                break;
            case ImageCommitted committed:
                json.WriteString("event", "image-committed");
                Platform(json, committed.Platform);
                json.WriteString("image", committed.ImageId);
                Names(json, committed.Names);
                break;
            default:
                json.WriteString("event", happened.GetType().Name);
                break;
        }
    }

    private static void Begin(Utf8JsonWriter json, string name, StepIdentity step)
    {
        json.WriteString("event", name);
        Platform(json, step.Platform);
        json.WriteNumber("stage", step.Stage);
        json.WriteNumber("stages", step.Stages);
        json.WriteString("stageName", step.StageName);
        json.WriteNumber("step", step.Number);
        json.WriteNumber("steps", step.Count);
    }

    private static void Platform(Utf8JsonWriter json, string platform)
    {
        if (platform.Length > 0)
        {
            json.WriteString("platform", platform);
        }
    }

    private static void Names(Utf8JsonWriter json, IReadOnlyList<string> names)
    {
        json.WriteStartArray("names");
        foreach (var name in names)
        {
            json.WriteStringValue(name);
        }

        json.WriteEndArray();
    }
}

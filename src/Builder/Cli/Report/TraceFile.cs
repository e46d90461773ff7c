using System.Text.Encodings.Web;
using System.Text.Json;

using Bld.Builder.Cli.Host;
using Bld.Builder.Engine.History;

namespace Bld.Builder.Cli.Report;

/// <summary>A build in Chrome's trace-event format, for Perfetto and other viewers: a track for each stage, times in microseconds.</summary>
internal static class TraceFile
{
    /// <summary>Writes it.</summary>
    public static void Write(BuildRecord record, string path) => HostFile.Write(path, file => Write(record, file));

    private static void Write(BuildRecord record, Stream file)
    {
        using var json = new Utf8JsonWriter(file, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });
        json.WriteStartObject();
        json.WriteString("displayTimeUnit", "ms");
        json.WriteStartArray("traceEvents");
        foreach (var stage in record.Steps.GroupBy(static step => step.Stage))
        {
            json.WriteStartObject();
            json.WriteString("name", "thread_name");
            json.WriteString("ph", "M");
            json.WriteNumber("pid", 1);
            json.WriteNumber("tid", stage.Key);
            json.WriteStartObject("args");
            json.WriteString("name", $"stage {stage.First().StageName}");
            json.WriteEndObject();
            json.WriteEndObject();
            foreach (var step in stage)
            {
                Event(json, step);
            }
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void Event(Utf8JsonWriter json, RecordedStep step)
    {
        const int Microseconds = 1000;
        json.WriteStartObject();
        json.WriteString("name", step.Text);
        json.WriteString("cat", step.Outcome);
        json.WriteString("ph", "X");
        json.WriteNumber("pid", 1);
        json.WriteNumber("tid", step.Stage);
        json.WriteNumber("ts", Math.Round(step.Start * Microseconds));
        json.WriteNumber("dur", Math.Round(step.Milliseconds * Microseconds));
        json.WriteStartObject("args");
        json.WriteNumber("step", step.Number);
        json.WriteNumber("work", step.Work);
        if (step.Reason is { } reason)
        {
            json.WriteString("reason", reason);
        }

        json.WriteEndObject();
        json.WriteEndObject();
    }
}

using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Bld.Builder.Cli.OciRuntime;

/// <summary>
/// Where an OCI runtime says what went wrong: standard error for people, and the file of <c>--log</c> for the engine that
/// called it, one line each in the format that runc's callers read.
/// </summary>
/// <param name="path">The file; null is none.</param>
/// <param name="isJson">A JSON object a line; otherwise <c>time="…" level=… msg="…"</c>.</param>
internal sealed class OciLog(string? path, bool isJson)
{
    /// <summary>The end of a command.</summary>
    public void Error(string message)
    {
        Write("error", message);
        Console.Error.WriteLine(message);
    }

    /// <summary>A protection that this host can't give, or something that could not be cleaned up.</summary>
    public void Warn(string message)
    {
        if (path is null)
        {
            Console.Error.WriteLine($"warning: {message}");
        }

        Write("warning", message);
    }

    private void Write(string level, string message)
    {
        if (path is null)
        {
            return;
        }

        var now = DateTime.UtcNow.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);
        try
        {
            File.AppendAllText(path, isJson ? Json(level, message, now) : $"time=\"{now}\" level={level} msg=\"{message.Replace("\"", "\\\"")}\"\n");
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            Console.Error.WriteLine($"the log can't be written: {failure.Message}");
        }
    }

    private static string Json(string level, string message, string time)
    {
        using var buffer = new MemoryStream();
        using (var writer = new Utf8JsonWriter(buffer, new JsonWriterOptions { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            writer.WriteStartObject();
            writer.WriteString("level", level);
            writer.WriteString("msg", message);
            writer.WriteString("time", time);
            writer.WriteEndObject();
        }

        return Encoding.UTF8.GetString(buffer.ToArray()) + "\n";
    }
}

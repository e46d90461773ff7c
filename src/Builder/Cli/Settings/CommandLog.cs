using System.Globalization;

using Bld.Builder.Cli.Flags;

namespace Bld.Builder.Cli.Settings;

/// <summary>Lines for who looks for a fault, on standard error with <c>--log-level debug</c> or <c>trace</c>. Errors and warnings don't come here.</summary>
internal static class CommandLog
{
    private static readonly string[] Levels = ["trace", "debug", "info", "warn", "warning", "error", "fatal", "panic"];

    private static bool _isDebugging;

    /// <summary>Takes the level of the command line.</summary>
    /// <exception cref="UsageException">It is none.</exception>
    public static void Configure(ParsedFlags flags)
    {
        var level = flags.Text("log-level")?.ToLowerInvariant() ?? "warn";
        if (!Levels.Contains(level))
        {
            throw new UsageException($"unable to parse log level: not a valid logrus Level: \"{flags.Text("log-level")}\"; use trace, debug, info, warn, error, fatal or panic");
        }

        _isDebugging = level is "trace" or "debug" || flags.Boolean("debug");
    }

    /// <summary>Writes a line if it is wanted.</summary>
    public static void Debug(string message)
    {
        if (_isDebugging)
        {
            var time = DateTime.UtcNow.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);
            Console.Error.WriteLine($"time=\"{time}\" level=debug msg={Bld.Dockerfile.GoText.Quote(message)}");
        }
    }
}

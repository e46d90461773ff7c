namespace Bld.Builder.Cli.Settings;

/// <summary>Lines about what is going on, for who waits: on standard error, or above what is drawn there.</summary>
internal static class Notices
{
    /// <summary>Takes the lines while a terminal is drawn on; null when none is.</summary>
    public static Action<string>? Display { get; set; }

    /// <summary>Shows a line.</summary>
    public static void Tell(string message)
    {
        if (Display is { } display)
        {
            display(message);
        }
        else
        {
            Console.Error.WriteLine(message);
        }
    }
}

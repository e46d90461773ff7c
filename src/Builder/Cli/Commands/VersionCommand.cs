namespace Bld.Builder.Cli.Commands;

/// <summary><c>bld version</c>.</summary>
internal sealed class VersionCommand : Command
{
    public override IReadOnlyList<string> Names => ["version"];

    public override string Summary => "Show the version";

    public override int Run(CommandLine line)
    {
        Console.Out.Write($"bld version {ThisAssembly.Version} (image-spec 1.1, runtime-spec 1.2)\n");
        return 0;
    }
}

internal static class ThisAssembly
{
    public static string Version => typeof(ThisAssembly).Assembly.GetName().Version?.ToString(3) ?? "0";
}

using System.Runtime.InteropServices;

using Bld.Builder.Cli.Flags;
using Bld.Builder.Cli.Templates;

namespace Bld.Builder.Cli.Commands;

/// <summary><c>bld version</c>.</summary>
internal sealed class VersionCommand : Command
{
    private const string ImageSpec = "1.1.1";
    private const string RuntimeSpec = "1.2.1";

    /// <summary>What <c>bld --version</c> prints.</summary>
    public static string Line => $"bld version {ThisAssembly.Version} (image-spec {ImageSpec}, runtime-spec {RuntimeSpec})";

    public override IReadOnlyList<string> Names => ["version"];

    public override string Summary => "Show the version";

    public override IReadOnlyList<Flag> Flags => [new("json", FlagKind.Boolean, "print JSON")];

    public override bool StopsAtArgument => false;

    public override int Run(CommandLine line)
    {
        if (line.Arguments is [var unknown, ..])
        {
            throw new UsageException($"unknown command \"{unknown}\" for \"bld version\"");
        }

        (string Label, string Key, string Value)[] facts =
        [
            ("Version:", "version", ThisAssembly.Version),
            ("Runtime:", "dotnetVersion", RuntimeInformation.FrameworkDescription),
            ("Image Spec:", "imageSpec", ImageSpec),
            ("Runtime Spec:", "runtimeSpec", RuntimeSpec),
            ("OS/Arch:", "osArch", $"linux/{Bld.Registry.Platform.Host.Architecture}"),
            ("BuildPlatform:", "buildPlatform", Bld.Registry.Platform.Host.ToString()),
        ];
        if (!line.Flags.Boolean("json"))
        {
            const int LabelWidth = 17;
            Console.Out.Write(string.Concat(facts.Select(static fact => fact.Label.PadRight(LabelWidth) + fact.Value + "\n")));
            return 0;
        }

        var document = new GoStruct("version");
        foreach (var (_, key, value) in facts)
        {
            document.Add(key, value);
        }

        Console.Out.Write(GoJson.Write(document, indented: true) + "\n");
        return 0;
    }
}

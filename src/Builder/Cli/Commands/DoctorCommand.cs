using System.Text.Json;

using Bld.Builder.Cli.Doctor;
using Bld.Builder.Cli.Flags;

namespace Bld.Builder.Cli.Commands;

/// <summary><c>bld doctor</c>: what this host can do for a build, and what to do about what it can't.</summary>
internal sealed class DoctorCommand : Command
{
    private const int Sick = 1;

    public override IReadOnlyList<string> Names => ["doctor"];

    public override string Summary => "Check whether this host can build, and say what to do where it can't";

    public override IReadOnlyList<Flag> Flags => [new("json", FlagKind.Boolean, "print one JSON array")];

    public override bool StopsAtArgument => false;

    public override int Run(CommandLine line)
    {
        IReadOnlyList<Finding> findings =
        [
            .. HostChecks.Run(GlobalFlags.Root(line.Flags)),
            .. RegistryChecks.Run(RegistryFlags.Access(line.Flags, RegistryFlags.Read(line.Flags) with { Retries = 0, Report = null }), line.Cancellation),
        ];
        if (line.Flags.Boolean("json"))
        {
            PrintJson(findings);
        }
        else
        {
            Print(findings);
        }

        return findings.Any(static finding => finding.Health == Health.Bad) ? Sick : 0;
    }

    private static void Print(IReadOnlyList<Finding> findings)
    {
        foreach (var finding in findings)
        {
            var sign = finding.Health switch { Health.Good => "ok  ", Health.Poor => "warn", _ => "BAD " };
            Console.Out.Write($"{sign}  {finding.Name,-20} {finding.Text}\n");
            if (finding.Advice is { } advice)
            {
                Console.Out.Write($"{"",6}{"",21}→ {advice}\n");
            }
        }

        var bad = findings.Count(static finding => finding.Health == Health.Bad);
        var poor = findings.Count(static finding => finding.Health == Health.Poor);
        Console.Out.Write(bad > 0 ? $"\n{bad} of {findings.Count} keep bld from building here\n" : poor > 0 ? $"\nbld can build here; {poor} could be better\n" : "\nbld can build here\n");
    }

    private static void PrintJson(IReadOnlyList<Finding> findings)
    {
        using var output = Console.OpenStandardOutput();
        using (var json = new Utf8JsonWriter(output, new JsonWriterOptions { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping, Indented = true }))
        {
            json.WriteStartArray();
            foreach (var finding in findings)
            {
                json.WriteStartObject();
                json.WriteString("name", finding.Name);
                json.WriteString("health", finding.Health switch { Health.Good => "ok", Health.Poor => "warning", _ => "bad" });
                json.WriteString("text", finding.Text);
                if (finding.Advice is { } advice)
                {
                    json.WriteString("advice", advice);
                }

                json.WriteEndObject();
            }

            json.WriteEndArray();
        }

        output.Write("\n"u8);
    }
}

using Bld.Builder.Cli.Flags;
using Bld.Builder.Store;
using Bld.Dockerfile;
using Bld.Runtime;
using Bld.Runtime.Linux;
using Bld.Runtime.Oci;

namespace Bld.Builder.Cli.OciRuntime;

/// <summary>
/// The command line of an OCI runtime, with the flags that the callers of runc use: <c>bld runtime …</c>, and the same when
/// the program is called <c>bldrun</c>. Quick and quiet: it sets up nothing that a command does not need.
/// </summary>
internal static class OciRunner
{
    private const int Failure = 1;

    private static readonly Flag[] Globals =
    [
        new("root", FlagKind.Text, "directory that keeps the state of containers"),
        new("log", FlagKind.Text, "file for errors and warnings"),
        new("log-format", FlagKind.Text, "text or json"),
        new("systemd-cgroup", FlagKind.Boolean, "have systemd make cgroups: their paths are slice:prefix:name"),
        new("cgroup-manager", FlagKind.Text, "cgroupfs, systemd or disabled"),
        new("rootless", FlagKind.Text, "accepted; it is found out", Implied: "auto", Presets: ["true", "false", "auto"]),
        new("criu", FlagKind.Text, "accepted without effect"),
        new("debug", FlagKind.Boolean, "accepted without effect"),
        new("version", FlagKind.Boolean, "show the version", 'v'),
        new("help", FlagKind.Boolean, "show what there is", 'h'),
    ];

    /// <summary>Whether the program was called as an OCI runtime: by its name, or by its first argument.</summary>
    public static bool IsCalled(string[] words, out string[] rest)
    {
        var name = Environment.GetCommandLineArgs()[0];
        if (name.AsSpan()[(name.LastIndexOf('/') + 1)..] is "bldrun")
        {
            rest = words;
            return true;
        }

        var isCommand = words.Length > 0 && words[0] == "runtime";
        rest = isCommand ? words[1..] : words;
        return isCommand;
    }

    /// <summary>Runs a command line.</summary>
    public static int Run(string[] words)
    {
        var log = new OciLog(null, isJson: false);
        try
        {
            var before = new FlagParser(Globals, stopsAtArgument: true).Parse(words);
            before.DropEmpty(Globals);
            if (before.Boolean("version"))
            {
                Console.Out.Write($"bldrun version {ThisAssembly.Version}\nspec: {OciFeatures.SpecVersion}\n");
                return 0;
            }

            if (before.Boolean("help") || before.Arguments.Count == 0 || before.Arguments[0] == "help")
            {
                OciHelp.Print(Globals);
                return 0;
            }

            log = OpenLog(before);
            var command = OciCommandTable.Find(before.Arguments[0]);
            Flag[] flags = [.. command.Flags, new("help", FlagKind.Boolean, "show what the command does", 'h')];
            var parsed = new FlagParser(flags, command.StopsAtArgument).Parse([.. before.Arguments[1..]]);
            parsed.DropEmpty(flags);
            if (parsed.Boolean("help"))
            {
                OciHelp.Print(command);
                return 0;
            }

            InitProgramPlace.Use(DefaultPlaces.Cache, ThisAssembly.InitProgramTrailer, ThisAssembly.OpenInitProgram);
            var root = new StateRoot(Path.GetFullPath(before.Text("root") ?? DefaultPlaces.StateRoot));
            return command.Run(new OciCall(parsed, root, log, Cgroups(before)));
        }
        catch (ContainerException failure)
        {
            log.Error(failure.Message);
            return words.Contains("run") || words.Contains("exec") ? failure.ExitCode : Failure;
        }
        catch (Exception failure) when (failure is BuildException or LinuxException or IOException or UnauthorizedAccessException or DockerfileException)
        {
            log.Error(failure.Message);
            return Failure;
        }
    }

    private static OciLog OpenLog(ParsedFlags flags) => flags.Text("log-format") switch
    {
        null or "text" => new OciLog(flags.Text("log"), isJson: false),
        "json" => new OciLog(flags.Text("log"), isJson: true),
        var other => throw new UsageException($"unknown log format \"{other}\": use text or json"),
    };

    private static CgroupDriver Cgroups(ParsedFlags flags) => flags.Text("cgroup-manager") switch
    {
        "disabled" => CgroupDriver.Disabled,
        "systemd" => CgroupDriver.Systemd,
        "cgroupfs" => CgroupDriver.Files,
        null => flags.Boolean("systemd-cgroup") ? CgroupDriver.Systemd : CgroupDriver.Files,
        var other => throw new UsageException($"unknown cgroup manager \"{other}\": use cgroupfs, systemd or disabled"),
    };
}

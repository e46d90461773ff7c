using Bld.Builder.Cli.Commands;
using Bld.Builder.Cli.Flags;
using Bld.Builder.Cli.Settings;
using Bld.Builder.Store;
using Bld.Dockerfile;
using Bld.Registry;
using Bld.Runtime;
using Bld.Runtime.Users;

namespace Bld.Builder.Cli;

/// <summary>Finds the command that a command line names, runs it, and is the one place that prints errors.</summary>
internal static class CommandRunner
{
    private const int Failure = 125;
    private const int Interrupted = 130;

    public static int Run(string[] words)
    {
        using var interruption = new Interruption();
        try
        {
            return Dispatch(words, interruption);
        }
        catch (OperationCanceledException)
        {
            Report("interrupted; nothing was published");
            return Interrupted;
        }
        catch (BuildException exception)
        {
            Report(exception.Message);
            return exception.ExitCode;
        }
        catch (ContainerException exception)
        {
            Report(exception.Message);
            return exception.ExitCode;
        }
        catch (Exception exception) when (exception is DockerfileException or RegistryException or UserLookupException or IOException or UnauthorizedAccessException or FormatException)
        {
            Report(Meaning(exception));
            return Failure;
        }
    }

    // In the words of everybody else, which scripts look for.
    private static string Meaning(Exception exception) => exception switch
    {
        FileNotFoundException { FileName: { } file } => $"open {file}: no such file or directory",
        DirectoryNotFoundException when exception.Message.Split('\'') is [_, var path, ..] => $"open {path}: no such file or directory",
        DirectoryNotFoundException => $"{exception.Message.TrimEnd('.')}: no such file or directory",
        _ => exception.Message,
    };

    /// <summary>Prints why nothing could be started, and gives the exit code.</summary>
    public static int Fail(ContainerException exception)
    {
        Report(exception.Message);
        return exception.ExitCode;
    }

    private static int Dispatch(string[] words, Interruption interruption)
    {
        EnvironmentNames.TakeOwn();
        var before = new FlagParser(GlobalFlags.All, stopsAtArgument: true).Parse(words);
        if (before.Boolean("version"))
        {
            Console.Out.Write(VersionCommand.Line + "\n");
            return 0;
        }

        if (before.Arguments.Count == 0 || before.Arguments[0] == "help")
        {
            return Help(before.Arguments.Count > 1 ? before.Arguments[1..] : []);
        }

        var (command, count) = CommandTable.Find(before.Arguments);
        if (before.Boolean("help"))
        {
            return Help(before.Arguments);
        }

        // Global flags may stand before the command's name as well as behind it.
        var first = words.Length - before.Arguments.Count;
        var (globals, rest) = (words[..first], words[(first + count)..]);
        var parsed = Parse(command, [.. globals, .. rest]);
        if (parsed.Boolean("help"))
        {
            return Help(before.Arguments);
        }

        CommandLog.Configure(parsed);
        RefuseLateFlags(command, parsed.Arguments);
        return command.Run(new CommandLine(parsed, interruption));
    }

    /// <summary>Reads the words of a command, without its name.</summary>
    public static ParsedFlags Parse(Command command, string[] words)
    {
        Flag[] all = [.. command.Flags, .. GlobalFlags.All.Where(flag => command.Flags.All(own => own.Name != flag.Name))];
        var parsed = new FlagParser(WithoutTakenLetters(all, command.Flags), command.StopsAtArgument).Parse(words);
        parsed.Words = words;
        parsed.DropEmpty(all.Where(static flag => flag.Kind == FlagKind.File));
        return parsed;
    }

    private static int Help(List<string> words)
    {
        var (command, count) = words.Count == 0 ? (null, 0) : CommandTable.Find(words);
        HelpText.Print(command, count > 1 ? words[0] : null);
        return 0;
    }

    // Where flags end at the first argument, what looks like one behind it would be taken for a name.
    private static void RefuseLateFlags(Command command, IReadOnlyList<string> arguments)
    {
        if (command is { StopsAtArgument: true, TakesCommand: false }
            && arguments.FirstOrDefault(static word => word.Length > 1 && word[0] == '-') is { } late)
        {
            throw new UsageException($"no options ({late}) can be specified after the image or container name");
        }
    }

    private static List<Flag> WithoutTakenLetters(Flag[] all, IReadOnlyList<Flag> own) =>
        [.. all.Select(flag => !own.Contains(flag) && own.Any(each => each.Short == flag.Short) ? flag with { Short = null } : flag)];

    /// <summary>The sentence after an excerpt gets the word; a plain one too.</summary>
    private static void Report(string message)
    {
        var last = message.LastIndexOf("--------------------\n", StringComparison.Ordinal);
        var cut = last < 0 ? 0 : last + "--------------------\n".Length;
        Console.Error.WriteLine(message[..cut] + "Error: " + message[cut..]);
    }
}

using Bld.Builder.Store;
using Bld.Runtime.Rootless;

namespace Bld.Builder.Cli.Commands;

/// <summary>
/// <c>bld unshare</c>: runs a command where this user is root and other users' files can be read and made: in the user namespace that
/// all commands of an ordinary user run in.
/// </summary>
internal sealed class UnshareCommand : Command
{
    public override IReadOnlyList<string> Names => ["unshare"];

    public override string Summary => "Run a command in the user namespace of rootless containers";

    public override string Usage => "[COMMAND [ARGUMENT...]]";

    public override int Run(CommandLine line)
    {
        if (!RootlessStart.IsMarked)
        {
            throw new BuildException("please use unshare with rootless: root needs no user namespace, run the command itself");
        }

        IReadOnlyList<string> command = line.Arguments.Count > 0
            ? line.Arguments
            : [Environment.GetEnvironmentVariable("SHELL") is { Length: > 0 } shell ? shell : "/bin/sh"];
        throw ForegroundProgram.Become(command, []);
    }
}

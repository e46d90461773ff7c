using Bld.Builder.Cli.Documents;
using Bld.Builder.Cli.Flags;

namespace Bld.Builder.Cli.Commands;

/// <summary><c>bld man DIRECTORY</c>.</summary>
internal sealed class ManCommand : Command
{
    public override IReadOnlyList<string> Names => ["man"];

    public override string Summary => "Write manual pages of all commands into a directory";

    public override string Usage => "DIRECTORY";

    public override IReadOnlyList<string> Examples => ["bld man /usr/local/share/man/man1"];

    public override int Run(CommandLine line)
    {
        var directory = line.Arguments is [var only] ? only : throw new UsageException("bld man takes one argument, the directory");
        Directory.CreateDirectory(directory);
        foreach (var (file, text) in ManualPage.All())
        {
            File.WriteAllText(Path.Combine(directory, file), text);
        }

        return 0;
    }
}

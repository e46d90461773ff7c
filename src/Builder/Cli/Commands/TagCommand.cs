using Bld.Builder.Cli.Flags;
using Bld.Builder.Engine.Images;

namespace Bld.Builder.Cli.Commands;

/// <summary><c>bld tag IMAGE NAME…</c>.</summary>
internal sealed class TagCommand : Command
{
    public override IReadOnlyList<string> Names => ["tag"];

    public override string Summary => "Give an image more names";

    public override string Usage => "IMAGE NAME [NAME...]";

    public override int Run(CommandLine line)
    {
        if (line.Arguments.Count < 2)
        {
            throw new UsageException("requires at least 2 arg(s), only received " + line.Arguments.Count + ": bld tag IMAGE NAME");
        }

        using var session = Session.Open(line.Flags);
        var image = session.Image(line.Arguments[0]);
        foreach (var name in line.Arguments.Skip(1))
        {
            session.Images.Tag(image, ImageNames.Normalise(name));
        }

        return 0;
    }
}

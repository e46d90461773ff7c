using Bld.Builder.Cli.Flags;
using Bld.Builder.Engine.Images;

namespace Bld.Builder.Cli.Commands;

/// <summary><c>bld tag IMAGE NAME…</c>.</summary>
internal sealed class TagCommand : Command
{
    public override IReadOnlyList<string> Names => ["tag"];

    public override string Summary => "Give an image more names";

    public override string Usage => "IMAGE NAME [NAME...]";

    public override IReadOnlyList<string> Examples => ["bld tag localhost/app registry.example.com/team/app:1.0"];

    public override bool StopsAtArgument => false;

    public override int Run(CommandLine line)
    {
        if (line.Arguments.Count < 2)
        {
            throw new UsageException($"requires at least 2 arg(s), only received {line.Arguments.Count}: bld tag IMAGE NAME");
        }

        // All names before any: half a command would be worse than none.
        var names = line.Arguments.Skip(1).Select(ImageNames.NormaliseTag).ToList();
        using var session = Session.Open(line.Flags);
        var image = session.Image(line.Arguments[0]);
        foreach (var name in names)
        {
            session.Images.Tag(image, name);
        }

        return 0;
    }
}

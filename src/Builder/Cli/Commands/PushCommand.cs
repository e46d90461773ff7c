using Bld.Builder.Cli.Flags;
using Bld.Builder.Engine.Images;

namespace Bld.Builder.Cli.Commands;

/// <summary><c>bld push IMAGE DESTINATION</c>.</summary>
internal sealed class PushCommand : Command
{
    public override IReadOnlyList<string> Names => ["push"];

    public override string Summary => "Write an image to a registry, a layout or a directory";

    public override string Usage => "IMAGE [DESTINATION]";

    public override IReadOnlyList<Flag> Flags => [new("quiet", FlagKind.Boolean, "print nothing", 'q')];

    public override int Run(CommandLine line)
    {
        if (line.Arguments.Count is < 1 or > 2)
        {
            throw new UsageException("bld push takes an image and a destination");
        }

        using var session = Session.Open(line.Flags);
        var image = session.Image(line.Arguments[0]);
        var destination = line.Arguments.Count == 2 ? line.Arguments[1] : line.Arguments[0];
        var pusher = new ImagePusher(session.Images, session.Snapshots);
        if (destination.StartsWith("oci:"))
        {
            var rest = destination[4..];
            var colon = rest.IndexOf(':');
            pusher.PushToLayout(image, colon < 0 ? rest : rest[..colon], colon < 0 ? null : rest[(colon + 1)..], line.Cancellation);
        }
        else if (destination.StartsWith("dir:"))
        {
            pusher.PushToDirectory(image, destination[4..], line.Cancellation);
        }
        else
        {
            throw new UsageException($"cannot push to {destination}: only oci: and dir: work yet");
        }

        return 0;
    }
}

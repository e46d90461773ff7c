using System.Globalization;

using Bld.Builder.Cli.Flags;
using Bld.Builder.Cli.Progress;
using Bld.Builder.Engine.Inspection;
using Bld.Registry;

namespace Bld.Builder.Cli.Commands;

/// <summary><c>bld layers IMAGE</c>: what each layer adds, changes and removes, and what is carried in vain.</summary>
internal sealed class LayersCommand : Command
{
    public override IReadOnlyList<string> Names => ["layers"];

    public override string Summary => "Show what each layer of an image adds, changes and removes";

    public override string Usage => "IMAGE";

    public override IReadOnlyList<Flag> Flags => [new("files", FlagKind.Boolean, "list every file of every layer", 'f')];

    public override bool StopsAtArgument => false;

    public override int Run(CommandLine line)
    {
        if (line.Arguments.Count != 1)
        {
            throw new UsageException("bld layers takes one argument, the image");
        }

        using var session = Session.Open(line.Flags);
        var contents = Read(session, line.Arguments[0], line.Cancellation);
        for (var i = 0; i < contents.Layers.Count; i++)
        {
            var layer = contents.Layers[i];
            Console.Out.Write(string.Create(
                CultureInfo.InvariantCulture,
                $"{i + 1,3} {TransferBars.Bytes(layer.Bytes),9}  +{layer.Count(ChangeKind.Added)} ~{layer.Count(ChangeKind.Changed)} -{layer.Count(ChangeKind.Removed)}  {Shorten(layer.CreatedBy)}\n"));
            if (line.Flags.Boolean("files"))
            {
                foreach (var change in layer.Changes)
                {
                    Console.Out.Write($"      {Mark(change.Kind)} {(change.Bytes > 0 ? TransferBars.Bytes(change.Bytes) : ""),9} {change.Path}\n");
                }
            }
        }

        Waste(contents);
        return 0;
    }

    /// <summary>The contents of an image of the store.</summary>
    public static ImageContents Read(Session session, string name, CancellationToken cancellation)
    {
        var image = session.Puller.Ensure(name, Engine.PullPolicy.Never, Platform.Host, cancellation);
        return ImageContents.Read(image, session.Snapshots, cancellation);
    }

    /// <summary>The sign of a change.</summary>
    public static char Mark(ChangeKind kind) => kind switch { ChangeKind.Added => '+', ChangeKind.Removed => '-', _ => '~' };

    /// <summary>An instruction on one line of a terminal.</summary>
    public static string Shorten(string text)
    {
        const int Longest = 100;
        var flat = text.ReplaceLineEndings(" ");
        return flat.Length <= Longest ? flat : flat[..(Longest - 1)] + "…";
    }

    private static void Waste(ImageContents contents)
    {
        const int MostShown = 10;
        var visible = contents.Root.Total();
        var wasted = contents.Wasted.Sum(static file => file.Bytes);
        Console.Out.Write($"\n{TransferBars.Bytes(visible)} in the root, {TransferBars.Bytes(wasted)} wasted on files that a later layer wrote again or removed\n");
        foreach (var file in contents.Wasted.OrderByDescending(static file => file.Bytes).Take(MostShown))
        {
            Console.Out.Write($"    {TransferBars.Bytes(file.Bytes),9}  {file.Path}  (layer {file.Layer + 1}, hidden by layer {file.By + 1})\n");
        }
    }
}

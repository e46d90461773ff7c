using Bld.Builder.Cli.Flags;
using Bld.Builder.Engine.Containers;

namespace Bld.Builder.Cli.Commands;

/// <summary><c>--add-history</c>: whether a command on a working container gets an entry in the image's history.</summary>
internal static class AddHistory
{
    public static Flag Flag { get; } = new("add-history", FlagKind.Boolean, "add an entry to the history of the image (default $BUILDAH_HISTORY)");

    /// <summary>Adds the entry where it is wanted.</summary>
    public static void To(WorkingContainerStore containers, WorkingContainer container, ParsedFlags flags, string createdBy)
    {
        if (IsWanted(flags))
        {
            containers.Update(container.Id, record =>
            {
                var editor = new ConfigEditor(record);
                editor.AddHistory(createdBy);
                return editor.Container;
            });
        }
    }

    /// <summary>Whether the command line, or else the environment, wants it.</summary>
    public static bool IsWanted(ParsedFlags flags) =>
        flags.Boolean("add-history", otherwise: Environment.GetEnvironmentVariable("BUILDAH_HISTORY") is "true" or "1");
}

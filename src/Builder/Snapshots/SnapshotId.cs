using Bld.Builder.Store;

namespace Bld.Builder.Snapshots;

/// <summary>The name of a snapshot: 16 lower-case hex digits, random.</summary>
internal readonly record struct SnapshotId
{
    private readonly string? _text;

    private SnapshotId(string text) => _text = text;

    internal static SnapshotId Create() => new(HexName.Create());

    /// <summary>The id that a text spells; null when it is none.</summary>
    internal static SnapshotId? TryParse(string? text) => text is not null && HexName.IsValid(text) ? new SnapshotId(text) : null;

    public override string ToString() => _text ?? throw new InvalidOperationException("a snapshot id that was never set");
}

using Sprache;

namespace Bld.Dockerfile;

/// <summary>A position in a line for Sprache, made in one step for any position instead of one <c>Advance</c> a character.</summary>
internal sealed class LineInput(string source, int position) : IInput
{
    private Dictionary<object, object>? _memos;

    public string Source => source;

    public char Current => source[position];

    public bool AtEnd => position == source.Length;

    public int Position => position;

    public int Line => 1;

    public int Column => position + 1;

    public IDictionary<object, object> Memos => _memos ??= [];

    public IInput Advance() => AtEnd ? throw new InvalidOperationException("the line has ended") : new LineInput(source, position + 1);

    public bool Equals(IInput? other) => other is not null && other.Source == source && other.Position == position;

    public override bool Equals(object? obj) => Equals(obj as IInput);

    public override int GetHashCode() => position;
}

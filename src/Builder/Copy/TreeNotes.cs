using System.Runtime.InteropServices;
using System.Text;

namespace Bld.Builder.Copy;

/// <summary>
/// What a tree's digest was made of, a line for each name: <c>mode owner:group digest path</c>, so that somebody can say later which
/// file made two digests differ. Digests are cut to 16 hex digits: they are compared only between two versions of one path.
/// </summary>
internal sealed class TreeNotes
{
    private byte[] _bytes = new byte[4096];
    private int _length;
    private byte[] _path = new byte[256];
    private int _depth;

    /// <summary>The lines so far.</summary>
    public ReadOnlyMemory<byte> Lines => _bytes.AsMemory(0, _length);

    /// <summary>Goes into a directory; gives what <see cref="Leave"/> wants.</summary>
    public int Enter(ReadOnlySpan<byte> name)
    {
        var before = _depth;
        if (name.IsEmpty)
        {
            return before;
        }

        if (_depth + name.Length + 1 > _path.Length)
        {
            Array.Resize(ref _path, (_path.Length * 2) + name.Length);
        }

        name.CopyTo(_path.AsSpan(_depth));
        _path[_depth + name.Length] = (byte)'/';
        _depth += name.Length + 1;
        return before;
    }

    /// <summary>Goes back.</summary>
    public void Leave(int before) => _depth = before;

    /// <summary>Adds a name of the directory.</summary>
    /// <param name="name">The name.</param>
    /// <param name="mode">Kind and permissions, as stat(2) has them.</param>
    /// <param name="user">Owner; 0 where owners don't count.</param>
    /// <param name="group">Group; 0 where owners don't count.</param>
    /// <param name="content">The first bytes of a digest of the content; 0 for what has none.</param>
    public void Add(ReadOnlySpan<byte> name, uint mode, uint user, uint group, ulong content)
    {
        const int MostNumbers = 64;
        if (_length + MostNumbers + _depth + name.Length > _bytes.Length)
        {
            Array.Resize(ref _bytes, (_bytes.Length * 2) + _depth + name.Length);
        }

        var target = _bytes.AsSpan(_length);
        Encoding.ASCII.TryGetBytes(Convert.ToString(mode, 8), target, out var at);
        target[at++] = (byte)' ';
        at += Number(target[at..], user);
        target[at++] = (byte)':';
        at += Number(target[at..], group);
        target[at++] = (byte)' ';
        Convert.TryToHexStringLower(MemoryMarshal.AsBytes(new ReadOnlySpan<ulong>(in content)), target[at..], out var digits);
        at += digits;
        target[at++] = (byte)' ';
        _path.AsSpan(0, _depth).CopyTo(target[at..]);
        name.CopyTo(target[(at + _depth)..]);
        at += _depth + name.Length;

        // A line is a line: a name with a newline in it is shown without.
        target[..at].Replace((byte)'\n', (byte)'?');
        target[at++] = (byte)'\n';
        _length += at;
    }

    private static int Number(Span<byte> target, uint value)
    {
        value.TryFormat(target, out var written);
        return written;
    }
}

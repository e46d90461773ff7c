using System.Buffers;
using System.Text;

namespace Bld.Builder.Cli.Progress;

/// <summary>
/// What a running step has written: its last lines as a terminal would show them (a carriage return begins the line anew, as progress
/// bars want it), and all of its bytes for the case that it fails.
/// </summary>
internal sealed class OutputTail
{
    private const int MostLines = 8;
    private const int MostBytes = 8 << 20;
    private const int LongestLine = 4096;
    private readonly Queue<string> _lines = new();
    private readonly ArrayBufferWriter<byte> _line = new();
    private readonly ArrayBufferWriter<byte> _all = new();
    private bool _returned;

    /// <summary>Bytes that were left out of <see cref="All"/>.</summary>
    public long Dropped { get; private set; }

    /// <summary>Everything that was written, up to 8 MB.</summary>
    public ReadOnlyMemory<byte> All => _all.WrittenMemory;

    /// <summary>Takes bytes; they needn't end with a line or a character.</summary>
    public void Add(ReadOnlySpan<byte> bytes)
    {
        var kept = Math.Min(bytes.Length, MostBytes - _all.WrittenCount);
        _all.Write(bytes[..kept]);
        Dropped += bytes.Length - kept;

        // Only what can still be seen has to be looked at.
        var from = bytes.Length;
        for (var newlines = 0; from > 0 && newlines <= MostLines; from--)
        {
            newlines += bytes[from - 1] == '\n' ? 1 : 0;
        }

        foreach (var value in bytes[from..])
        {
            Add(value);
        }
    }

    /// <summary>The last lines, the unfinished one included.</summary>
    public IReadOnlyList<string> Last(int count)
    {
        var lines = new List<string>(_lines);
        if (_line.WrittenCount > 0)
        {
            lines.Add(Text());
        }

        return lines.Count <= count ? lines : lines.GetRange(lines.Count - count, count);
    }

    private void Add(byte value)
    {
        if (value == '\n')
        {
            var text = Text();
            if (text.Length > 0)
            {
                _lines.Enqueue(text);
                if (_lines.Count > MostLines)
                {
                    _lines.Dequeue();
                }
            }

            _line.ResetWrittenCount();
            _returned = false;
            return;
        }

        if (value == '\r')
        {
            // It may be half of a line's end: what stands there goes only when something follows.
            _returned = true;
            return;
        }

        if (_returned)
        {
            _line.ResetWrittenCount();
            _returned = false;
        }

        if (_line.WrittenCount < LongestLine)
        {
            _line.Write([value]);
        }
    }

    private string Text() => TerminalText.Clean(Encoding.UTF8.GetString(_line.WrittenSpan)).TrimEnd();
}

using Bld.Builder.Store;

namespace Bld.Builder.Copy;

/// <summary>A <c>--chmod</c>: octal, or symbolic as in chmod(1).</summary>
internal sealed class ModeChange
{
    private const uint AllBits = 0xFFF;
    private readonly uint? _octal;
    private readonly string[] _clauses;

    private ModeChange(string text, uint? octal, string[] clauses)
    {
        Text = text;
        _octal = octal;
        _clauses = clauses;
    }

    /// <summary>As written.</summary>
    public string Text { get; }

    /// <summary>Reads one.</summary>
    /// <exception cref="BuildException">It is none.</exception>
    public static ModeChange Parse(string text)
    {
        if (text.Length > 0 && char.IsAsciiDigit(text[0]))
        {
            var octal = 0u;
            foreach (var digit in text)
            {
                octal = digit is >= '0' and <= '7' && octal <= AllBits ? (octal * 8) + (uint)(digit - '0') : uint.MaxValue;
            }

            return octal <= AllBits ? new ModeChange(text, octal, []) : throw Invalid(text);
        }

        var change = new ModeChange(text, null, text.Split(','));
        change.Apply(0, isDirectory: false);
        return change;
    }

    /// <summary>The permission bits that a file of these bits gets.</summary>
    public uint Apply(uint permissions, bool isDirectory)
    {
        if (_octal is { } octal)
        {
            return octal;
        }

        foreach (var clause in _clauses)
        {
            permissions = Apply(clause, permissions, isDirectory);
        }

        return permissions;
    }

    private uint Apply(string clause, uint permissions, bool isDirectory)
    {
        var i = 0;
        var who = 0u;
        for (; i < clause.Length && clause[i] is 'u' or 'g' or 'o' or 'a'; i++)
        {
            who |= clause[i] switch { 'u' => 0x9C0u, 'g' => 0x438u, 'o' => 0x207u, _ => AllBits };
        }

        who = who == 0 ? AllBits : who;
        if (i >= clause.Length)
        {
            throw Invalid(Text);
        }

        while (i < clause.Length)
        {
            var operation = clause[i++];
            var bits = Bits(clause, ref i, permissions, isDirectory) & who;
            permissions = operation switch
            {
                '+' => permissions | bits,
                '-' => permissions & ~bits,
                '=' => (permissions & ~(who & 0x1FFu)) | bits,
                _ => throw Invalid(Text),
            };
        }

        return permissions;
    }

    private uint Bits(string clause, ref int i, uint permissions, bool isDirectory)
    {
        var bits = 0u;
        for (; i < clause.Length && clause[i] is not ('+' or '-' or '='); i++)
        {
            bits |= clause[i] switch
            {
                'r' => 0x124u,
                'w' => 0x92u,
                'x' => 0x49u,
                'X' when isDirectory || (permissions & 0x49) != 0 => 0x49u,
                'X' => 0u,
                's' => 0xC00u,
                't' => 0x200u,
                'u' => Everywhere((permissions >> 6) & 7),
                'g' => Everywhere((permissions >> 3) & 7),
                'o' => Everywhere(permissions & 7),
                _ => throw Invalid(Text),
            };
        }

        return bits;
    }

    private static uint Everywhere(uint bits) => bits | (bits << 3) | (bits << 6);

    private static BuildException Invalid(string text) =>
        new($"invalid chmod parameter: '{text}'. it should be octal string and between 0 and 07777, or symbolic such as u=rwX,go-w");
}

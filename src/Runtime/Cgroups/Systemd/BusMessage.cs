using System.Buffers.Binary;

namespace Bld.Runtime.Cgroups.Systemd;

/// <summary>The kinds of message (D-Bus specification, Message Types).</summary>
internal enum BusMessageKind : byte
{
    Call = 1,
    Return = 2,
    Error = 3,
    Signal = 4,
}

/// <summary>A message that has come in.</summary>
internal sealed record BusMessage
{
    /// <summary>The part of a header that has always the same length, with the length of the fields behind it.</summary>
    internal const int FixedHeader = 16;

    private const int Alignment = 8;
    private const uint Longest = 1 << 20;

    public BusMessageKind Kind { get; private init; }

    /// <summary>The serial of the call that it answers.</summary>
    public uint ReplyTo { get; private init; }

    /// <summary>The name of a signal.</summary>
    public string Member { get; private init; } = "";

    public string ErrorName { get; private init; } = "";

    public ReadOnlyMemory<byte> Body { get; private init; }

    /// <summary>A reader of the body.</summary>
    public BusReader Read() => new(Body);

    /// <summary>The bytes of a call.</summary>
    internal static byte[] Call(uint serial, string destination, string path, string @interface, string member, string signature, BusWriter body)
    {
        const byte Version = 1;
        var content = body.ToArray();
        return new BusWriter()
            .Byte((byte)'l').Byte((byte)BusMessageKind.Call).Byte(0).Byte(Version)
            .UInt32((uint)content.Length).UInt32(serial)
            .Array(Alignment, fields =>
            {
                Field(fields, 1, "o", path);
                Field(fields, 2, "s", @interface);
                Field(fields, 3, "s", member);
                Field(fields, 6, "s", destination);
                if (signature.Length > 0)
                {
                    fields.Struct().Byte(8).Signature("g").Signature(signature);
                }
            })
            .Struct().Bytes(content).ToArray();
    }

    /// <summary>How long the whole message is that begins so.</summary>
    internal static int Length(ReadOnlySpan<byte> fixedHeader)
    {
        if (fixedHeader[0] != (byte)'l')
        {
            throw new InvalidDataException("a message of systemd has another order of bytes than this machine");
        }

        var body = BinaryPrimitives.ReadUInt32LittleEndian(fixedHeader[4..]);
        var fields = BinaryPrimitives.ReadUInt32LittleEndian(fixedHeader[12..]);
        return body < Longest && fields < Longest ? HeaderLength(fields) + (int)body : throw new InvalidDataException("a message of systemd is too long");
    }

    internal static BusMessage Parse(ReadOnlyMemory<byte> bytes)
    {
        var fields = BinaryPrimitives.ReadUInt32LittleEndian(bytes.Span[12..]);
        var message = new BusMessage { Kind = (BusMessageKind)bytes.Span[1], Body = bytes[HeaderLength(fields)..] };
        var reader = new BusReader(bytes[..(FixedHeader + (int)fields)]);
        for (var i = 0; i < FixedHeader; i++)
        {
            reader.Byte();
        }

        while (!reader.IsAtEnd)
        {
            reader.Align(Alignment);
            var code = reader.Byte();
            var type = reader.Signature();
            var text = type is "s" or "o" ? reader.Text() : type == "g" ? reader.Signature() : "";
            var number = type == "u" ? reader.UInt32() : 0;
            message = code switch
            {
                3 => message with { Member = text },
                4 => message with { ErrorName = text },
                5 => message with { ReplyTo = number },
                _ when type is "s" or "o" or "g" or "u" => message,
                _ => throw new InvalidDataException($"a message of systemd has a header of type {type}"),
            };
        }

        return message;
    }

    private static int HeaderLength(uint fields) => (FixedHeader + (int)fields + Alignment - 1) / Alignment * Alignment;

    private static void Field(BusWriter fields, byte code, string type, string value) => fields.Struct().Byte(code).Signature(type).Text(value);
}

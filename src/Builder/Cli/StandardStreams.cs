using System.Text;

using Bld.Runtime.Linux;

using Microsoft.Win32.SafeHandles;

namespace Bld.Builder.Cli;

/// <summary>
/// Standard output and standard error, written without what .NET's console does first: a thread for signals, handlers for four of them, and
/// questions to the terminal (docs/decisions/0054). Text is UTF-8, and written at once.
/// </summary>
internal static class StandardStreams
{
    private const int Output = 1;
    private const int Error = 2;
    private const int SmallBuffer = 256;

    /// <summary>Has <see cref="Console.Out"/> and <see cref="Console.Error"/> write so.</summary>
    internal static void Use()
    {
        Console.SetOut(Writer(Output));
        Console.SetError(Writer(Error));
    }

    private static StreamWriter Writer(int descriptor) =>
        new(new DescriptorStream(new SafeFileHandle(descriptor, ownsHandle: false)), new UTF8Encoding(encoderShouldEmitUTF8Identifier: false), SmallBuffer) { AutoFlush = true };

    /// <summary>A descriptor as it is: no position of its own, as others write there too, and nobody is told that a reader went away.</summary>
    private sealed class DescriptorStream(SafeFileHandle file) : Stream
    {
        public override bool CanRead => false;

        public override bool CanSeek => false;

        public override bool CanWrite => true;

        public override long Length => throw new NotSupportedException();

        public override long Position
        {
            get => throw new NotSupportedException();
            set => throw new NotSupportedException();
        }

        public override void Flush()
        {
        }

        public override void Write(ReadOnlySpan<byte> buffer)
        {
            try
            {
                FileCalls.WriteAll(file, buffer);
            }
            catch (LinuxException exception) when (exception.Errno == Errno.EPIPE)
            {
                // `bld images | head -1`: enough was read.
            }
        }

        public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();
    }
}

using System.Text;

using Bld.Builder.Layers;
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

    /// <summary>Has <see cref="Console.Out"/> and <see cref="Console.Error"/> write so; those that are closed lead nowhere.</summary>
    internal static void Use()
    {
        FileCalls.OpenClosedStreams();
        Console.SetOut(Writer(Output));
        Console.SetError(Writer(Error));
    }

    private static StreamWriter Writer(int descriptor) =>
        new(new DescriptorStream(descriptor), new UTF8Encoding(encoderShouldEmitUTF8Identifier: false), SmallBuffer) { AutoFlush = true };

    /// <summary>A descriptor as it is: no position of its own, as others write there too, and nobody is told that a reader went away.</summary>
    private sealed class DescriptorStream(int descriptor) : WriteOnlyStream
    {
        private readonly SafeFileHandle _file = new(descriptor, ownsHandle: false);

        public override void Write(ReadOnlySpan<byte> buffer)
        {
            try
            {
                FileCalls.WriteAll(_file, buffer, wait: true);
            }
            catch (LinuxException exception) when (exception.Errno == Errno.EPIPE || descriptor == Error)
            {
                // `bld images | head -1`: enough was read. And there is nowhere to tell that nothing can be told.
            }
        }
    }
}

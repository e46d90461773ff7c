using Bld.Runtime.Linux;

namespace Bld.Runtime.Tests;

/// <summary>Pipes as others leave them to this process.</summary>
public sealed class PipeTests
{
    [Fact]
    public async Task What_is_written_waits_for_a_pipe_that_does_not_block_and_is_full()
    {
        const int SetStatusFlags = 4;
        const int NonBlocking = 0x800;
        var content = new byte[1 << 20];
        Random.Shared.NextBytes(content);
        var (reader, writer) = PipeCalls.Create();
        using (reader)
        {
            Assert.Equal(0, Libc.fcntl(writer, SetStatusFlags, NonBlocking));
            var writing = Task.Run(() =>
            {
                using (writer)
                {
                    FileCalls.WriteAll(writer, content, wait: true);
                }
            });
            await Task.Delay(100);
            var read = new List<byte>();
            var buffer = new byte[1 << 16];
            int count;
            while ((count = FileCalls.Read(reader, buffer)) > 0)
            {
                read.AddRange(buffer.AsSpan(0, count));
            }

            await writing;
            Assert.Equal(content, read);
        }
    }
}

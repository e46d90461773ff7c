using System.Collections.Concurrent;
using System.Text;

using Bld.Builder.Copy;
using Bld.Builder.Tests.Store;
using Bld.Runtime.Linux;

using Microsoft.Win32.SafeHandles;

namespace Bld.Builder.Tests.Copy;

public sealed class DirectoriesAheadTests : IDisposable
{
    private const int Count = 40;
    private readonly TemporaryPlace _place = new();
    private readonly SafeFileHandle _root;
    private readonly ConcurrentBag<SafeFileHandle> _opened = [];

    public DirectoriesAheadTests()
    {
        for (var i = 0; i < Count; i++)
        {
            Directory.CreateDirectory(_place.At($"{i:D2}"));
        }

        _root = FileCalls.Open(_place.Path, OpenFlags.ReadOnly | OpenFlags.Directory);
    }

    public void Dispose()
    {
        _root.Dispose();
        _place.Dispose();
    }

    [Fact]
    public void They_come_in_their_order_and_a_failure_comes_in_its_turn_and_leaves_none_open()
    {
        const int Bad = 30;
        var entries = Entries();
        using (var ahead = new DirectoriesAhead(entries, entry => entry.Name.ToString() == $"{Bad}" ? throw new InvalidOperationException("bad") : List(entry)))
        {
            for (var i = 0; i < Bad; i++)
            {
                using var next = ahead.Next(entries[i]);
                Assert.Equal($"{i:D2}", Assert.Single(next.Entries).Path);
            }

            Assert.Throws<InvalidOperationException>(() => ahead.Next(entries[Bad]));
        }

        Assert.InRange(_opened.Count, Bad, Count - 1);
        Assert.All(_opened, static handle => Assert.True(handle.IsClosed));
    }

    private List<ListedEntry> Entries() =>
        FileCalls.ReadDirectory(_root).ConvertAll(entry => new ListedEntry(entry.Name, FileCalls.Status(_root, entry.Name.Span), "", "", IsOnlyWay: false));

    private ListedDirectory List(ListedEntry entry)
    {
        var handle = FileCalls.Open(_root, entry.Name.Span, OpenFlags.ReadOnly | OpenFlags.Directory);
        _opened.Add(handle);
        return new ListedDirectory(handle, [entry with { Path = Encoding.UTF8.GetString(entry.Name.Span) }]);
    }
}

using Microsoft.Win32.SafeHandles;

namespace Bld.Builder.Copy;

/// <summary>An open directory and the names in it that take part, in byte order.</summary>
internal sealed class ListedDirectory(SafeFileHandle handle, List<ListedEntry> entries) : IDisposable
{
    /// <summary>The directory, open for reading.</summary>
    public SafeFileHandle Handle => handle;

    /// <summary>The names.</summary>
    public List<ListedEntry> Entries => entries;

    /// <inheritdoc/>
    public void Dispose() => Handle.Dispose();
}

/// <summary>
/// Lists the directories of a directory on all processors, a few ahead of who goes through them in their order: asking the kernel for
/// each file's status is most of a walk over an unchanged context.
/// </summary>
internal sealed class DirectoriesAhead : IDisposable
{
    private const int TooFew = 3;

    private readonly Func<ListedEntry, ListedDirectory> _list;
    private readonly IEnumerator<ListedEntry> _toList;
    private readonly Queue<Task<ListedDirectory>> _ahead = [];

    /// <param name="entries">Names of the directory; those that aren't directories are passed over.</param>
    /// <param name="list">Opens and lists one of them; called from several threads.</param>
    public DirectoriesAhead(List<ListedEntry> entries, Func<ListedEntry, ListedDirectory> list)
    {
        _list = list;
        var directories = entries.FindAll(static entry => entry.Status.IsDirectory);
        _toList = directories.Count < TooFew ? Enumerable.Empty<ListedEntry>().GetEnumerator() : directories.GetEnumerator();
        for (var i = 0; i < 2 * Environment.ProcessorCount; i++)
        {
            Begin();
        }
    }

    /// <summary>The next directory, which must be <paramref name="entry"/>; the caller disposes of it.</summary>
    public ListedDirectory Next(ListedEntry entry)
    {
        if (!_ahead.TryDequeue(out var listing))
        {
            return _list(entry);
        }

        Begin();
        return listing.GetAwaiter().GetResult();
    }

    /// <summary>Waits for what is under way, and closes it.</summary>
    public void Dispose()
    {
        foreach (var listing in _ahead)
        {
            Task.WhenAny(listing).Wait();
            if (listing.IsCompletedSuccessfully)
            {
                listing.Result.Dispose();
            }
        }

        _toList.Dispose();
    }

    private void Begin()
    {
        if (_toList.MoveNext())
        {
            var entry = _toList.Current;
            _ahead.Enqueue(Task.Run(() => _list(entry)));
        }
    }
}

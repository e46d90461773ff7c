using System.Diagnostics;

using Bld.Runtime.Linux;

using Microsoft.Win32.SafeHandles;

namespace Bld.Builder.Engine;

/// <summary>
/// Tells how much a copy that takes long has written. It looks at what is there, and the less often the longer a look takes: it never
/// costs more than a hundredth of the time.
/// </summary>
internal sealed class CopyProgress : IDisposable
{
    private const int Share = 100;
    private static readonly TimeSpan Long = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Often = TimeSpan.FromMilliseconds(200);
    private readonly IBuildObserver _observer;
    private readonly string _place;
    private readonly long _total;
    private readonly SafeFileHandle _directory;
    private readonly Timer _timer;
    private readonly long _began = Stopwatch.GetTimestamp();
    private readonly Lock _gate = new();
    private bool _told;
    private bool _ended;

    /// <param name="observer">Hears of it.</param>
    /// <param name="step">The step that copies.</param>
    /// <param name="target">The directory that it writes to.</param>
    /// <param name="total">The bytes that will be occupied in the end; 0 when nobody knows.</param>
    public CopyProgress(IBuildObserver observer, StepIdentity step, SafeFileHandle target, long total)
    {
        _observer = observer;
        _total = total;
        _place = step.Place;
        _directory = FileCalls.Open(target, "."u8, OpenFlags.ReadOnly | OpenFlags.Directory);
        _timer = new Timer(static self => ((CopyProgress)self!).Look(), this, Long, Timeout.InfiniteTimeSpan);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (_gate)
        {
            _ended = true;
            _timer.Dispose();
            if (_told)
            {
                _observer.Report(new TransferMoved(new Transfer(_place, IsPush: false, 0, 0, IsFinished: true) { IsCopy = true, Began = _began }));
            }
        }

        _directory.Dispose();
    }

    private void Look()
    {
        lock (_gate)
        {
            if (_ended)
            {
                return;
            }

            try
            {
                Tell();
            }
            catch (IOException)
            {
                // The copy itself will say what is wrong.
            }
        }
    }

    private void Tell()
    {
        var began = Stopwatch.GetTimestamp();
        using var directory = FileCalls.Open(_directory, "."u8, OpenFlags.ReadOnly | OpenFlags.Directory);
        var occupied = TreeSize.Of(directory);
        var written = _total > 0 ? Math.Min(occupied, _total) : occupied;
        _told = true;
        _observer.Report(new TransferMoved(new Transfer(_place, IsPush: false, written, _total, IsFinished: false) { IsCopy = true, Began = _began }));
        var pause = Stopwatch.GetElapsedTime(began) * Share;
        _timer.Change(pause > Often ? pause : Often, Timeout.InfiniteTimeSpan);
    }
}

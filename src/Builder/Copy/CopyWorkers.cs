using System.Collections.Concurrent;
using System.Runtime.ExceptionServices;

using Bld.Builder.Context;
using Bld.Runtime.Linux;

using Microsoft.Win32.SafeHandles;

namespace Bld.Builder.Copy;

/// <summary>A regular file to copy: its name, which is the same on both sides, and the metadata that the copy gets.</summary>
internal readonly record struct PlainFile(ByteString Name, FileIdentity Identity, uint User, uint Group, uint Mode, FileTime ModifiedAt)
{
    /// <summary>What an earlier copy made of the same content and metadata; a link to it is as good.</summary>
    public EarlierFile? Equal { get; init; }
}

/// <summary>
/// Copies or links regular files on as many threads as there are processors, while the caller goes on walking the tree. A tree of a few files is
/// copied by the caller: threads would cost more than they save.
/// </summary>
internal sealed class CopyWorkers(CancellationToken cancellation) : IDisposable
{
    private const int FewFiles = 64;

    /// <summary>So many that most directories are one thread's: two that make names in one directory wait for each other.</summary>
    private const int BatchSize = 256;

    /// <summary>With so many bytes to copy it doesn't matter any more who makes the names, and other threads shall have work too.</summary>
    private const long BatchBytes = 4 << 20;
    private const int StackSize = 256 * 1024;

    private readonly List<PlainFile> _collected = [];
    private BlockingCollection<Batch>? _queue;
    private Thread[] _threads = [];
    private Exception? _failure;
    private long _collectedBytes;
    private int _count;
    private int _changed;

    /// <summary>Whether a file was not the same any more when it had been copied.</summary>
    public bool HaveFilesChanged => Volatile.Read(ref _changed) != 0;

    /// <summary>Takes one file of the directory that is being walked.</summary>
    public void Add(SafeFileHandle source, SafeFileHandle target, PlainFile file)
    {
        _collected.Add(file);
        _collectedBytes += file.Equal is null ? file.Identity.Size : 0;
        if (_collected.Count == BatchSize || _collectedBytes >= BatchBytes)
        {
            Flush(source, target);
        }
    }

    /// <summary>Hands over what was taken of a directory, before its descriptors are closed.</summary>
    public void Flush(SafeFileHandle source, SafeFileHandle target)
    {
        if (_collected.Count == 0)
        {
            return;
        }

        var batch = new Batch(source, target, [.. _collected]);
        _count += _collected.Count;
        _collected.Clear();
        _collectedBytes = 0;
        if (_count <= FewFiles)
        {
            Execute(batch);
            batch.Release();
            return;
        }

        ThrowFailure();
        Start().Add(batch, cancellation);
    }

    /// <summary>Waits until everything that was handed over is copied.</summary>
    public void Finish()
    {
        _queue?.CompleteAdding();
        foreach (var thread in _threads)
        {
            thread.Join();
        }

        ThrowFailure();
        cancellation.ThrowIfCancellationRequested();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _failure ??= new OperationCanceledException();
        if (_queue is { IsAddingCompleted: false })
        {
            _queue.CompleteAdding();
        }

        foreach (var thread in _threads)
        {
            thread.Join();
        }

        _queue?.Dispose();
    }

    private BlockingCollection<Batch> Start()
    {
        if (_queue is null)
        {
            _queue = new BlockingCollection<Batch>(boundedCapacity: 256);
            _threads = new Thread[Environment.ProcessorCount];
            for (var i = 0; i < _threads.Length; i++)
            {
                _threads[i] = new Thread(Work, StackSize) { IsBackground = true, Name = "copy" };
                _threads[i].Start();
            }
        }

        return _queue;
    }

    private void Work()
    {
        foreach (var batch in _queue!.GetConsumingEnumerable())
        {
            try
            {
                if (Volatile.Read(ref _failure) is null && !cancellation.IsCancellationRequested)
                {
                    Execute(batch);
                }
            }
            catch (Exception failure)
            {
                // Thrown again where the walk is; the rest of the queue only gives its descriptors back.
                Interlocked.CompareExchange(ref _failure, failure, null);
            }
            finally
            {
                batch.Release();
            }
        }
    }

    private void Execute(Batch batch)
    {
        if (!batch.Execute())
        {
            Volatile.Write(ref _changed, 1);
        }
    }

    private void ThrowFailure()
    {
        if (Volatile.Read(ref _failure) is { } failure)
        {
            ExceptionDispatchInfo.Throw(failure);
        }
    }

    /// <summary>Files of one directory; it keeps the directories' descriptors open until it is done.</summary>
    private sealed class Batch
    {
        private readonly SafeFileHandle _source;
        private readonly SafeFileHandle _target;
        private readonly PlainFile[] _files;

        public Batch(SafeFileHandle source, SafeFileHandle target, PlainFile[] files)
        {
            (_source, _target, _files) = (source, target, files);
            var added = false;
            source.DangerousAddRef(ref added);
            target.DangerousAddRef(ref added);
        }

        /// <summary>Copies the files; false when one of them changed meanwhile.</summary>
        public bool Execute()
        {
            var unchanged = true;
            foreach (var file in _files)
            {
                unchanged &= file.Equal?.TryLink(_target) == true || FileCopier.CopyPlain(_source, _target, file);
            }

            return unchanged;
        }

        public void Release()
        {
            _source.DangerousRelease();
            _target.DangerousRelease();
        }
    }
}

using System.Globalization;

using Bld.Runtime.Spec;

namespace Bld.Runtime.InitHost;

/// <summary>Starts many containers side by side while memory is short, and tells what that left in this process.</summary>
internal static class ManyStarts
{
    private const int Workers = 4;
    private const int ExitCode = 3;

    /// <summary>Runs them; 0 when every command was started and ended with its own code.</summary>
    public static int Run(string root, int count)
    {
        _ = Start(root, limited: true);
        var (descriptors, mounts, collections) = (Descriptors(), Mounts(), GC.CollectionCount(0));
        using var done = new CancellationTokenSource();
        var allocator = new Thread(() => Allocate(done.Token));
        allocator.Start();
        var reader = new Thread(() => FillCache($"{root}/large", done.Token));
        reader.Start();
        var failures = 0;
        Parallel.For(0, count, new ParallelOptions { MaxDegreeOfParallelism = Workers }, i =>
        {
            if (Start(root, limited: i % 10 == 0) != ExitCode)
            {
                Interlocked.Increment(ref failures);
            }
        });
        done.Cancel();
        allocator.Join();
        reader.Join();
        collections = GC.CollectionCount(0) - collections;
        // Finalizers close nothing that a start forgot: they have not run yet.
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"starts {count}, failures {failures}, descriptors {Descriptors() - descriptors:+0;-0;0}, mounts {(Mounts() == mounts ? 0 : 1)}, children {Children()}, collections {(collections > count ? "many" : collections.ToString(CultureInfo.InvariantCulture))}"));
        return failures == 0 ? 0 : 1;
    }

    private static int Start(string root, bool limited)
    {
        var spec = DefaultSpec.ForBuild();
        var request = new ContainerRequest
        {
            Spec = spec with
            {
                Root = new RootSpec { Path = root },
                Process = spec.Process! with { Args = ["/bin/sh", "-c", $"exit {ExitCode}"], Env = ["PATH=/bin"] },
                Linux = spec.Linux! with { Resources = limited ? new ResourcesSpec { Pids = new PidsSpec { Limit = 20 } } : null },
            },
        };
        try
        {
            using var container = Container.Start(request, CancellationToken.None);
            return container.Wait(CancellationToken.None);
        }
        catch (ContainerException exception)
        {
            Console.Error.WriteLine(exception.Message);
            return -1;
        }
    }

    // Each collection stops every thread wherever it is. Little is held: at three quarters of the limit the class library's own collector
    // crashes (.NET 10, gc_heap::make_heap_segment), which is not what is tried here.
    private static void Allocate(CancellationToken stop)
    {
        var kept = new byte[64][];
        for (var i = 0; !stop.IsCancellationRequested; i++)
        {
            kept[i % kept.Length] = new byte[1 << 15];
            kept[i % kept.Length][0] = 1;
            if (i % 16 == 0)
            {
                GC.Collect(i / 16 % 3);
                Thread.Sleep(1);
            }
        }
    }

    // More than the limit, read again and again: the kernel takes every page back that it can, those of the programs too.
    private static void FillCache(string path, CancellationToken stop)
    {
        const int Pieces = 96;
        var piece = new byte[1 << 20];
        using var file = new FileStream(path, FileMode.Create, FileAccess.ReadWrite, FileShare.None, bufferSize: 0, FileOptions.DeleteOnClose);
        for (var i = 0; !stop.IsCancellationRequested; i = (i + 1) % Pieces)
        {
            file.Position = (long)i * piece.Length;
            if (file.Read(piece) < piece.Length)
            {
                file.Position = (long)i * piece.Length;
                file.Write(piece);
            }
        }
    }

    private static int Descriptors() => Directory.GetFiles("/proc/self/fd").Length;

    private static string Mounts() => File.ReadAllText("/proc/self/mountinfo");

    private static int Children() =>
        Directory.GetDirectories("/proc/self/task").Sum(static task => File.ReadAllText($"{task}/children").Split(' ', StringSplitOptions.RemoveEmptyEntries).Length);
}

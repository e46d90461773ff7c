using Bld.Runtime.Linux;

using Microsoft.Win32.SafeHandles;

namespace Bld.Runtime.Init;

/// <summary>
/// Runs an action on the one other thread that a .NET process has, the finalizer's. Privileges belong to threads, and an init
/// that stays must not keep a thread with more than the command has: whoever can write to its memory could make it act.
/// </summary>
internal static class OtherThreads
{
    /// <param name="action">What is to be done.</param>
    /// <param name="proc">A /proc that shows this process: the command's root need not have one.</param>
    /// <exception cref="SetupFailure">The action failed there, or there are more threads than it reached.</exception>
    internal static void Run(Action action, SafeFileHandle proc)
    {
        var failure = new Outcome();
        Abandon(action, failure);
        GC.Collect();
        GC.WaitForPendingFinalizers();
        if (!failure.WasRun || failure.Reason is not null)
        {
            throw failure.Reason as SetupFailure
                ?? new SetupFailure("drop privileges", "", Errno.EPERM, "init: a thread could not drop its privileges");
        }

        const int MainAndFinalizer = 2;
        using var tasks = FileCalls.Open(proc, "self/task"u8, OpenFlags.ReadOnly | OpenFlags.Directory);
        if (FileCalls.ReadDirectory(tasks).Count > MainAndFinalizer)
        {
            throw new SetupFailure("drop privileges", "", Errno.EPERM, "init: there are threads that can't drop their privileges");
        }
    }

    [System.Runtime.CompilerServices.MethodImpl(System.Runtime.CompilerServices.MethodImplOptions.NoInlining)]
    private static void Abandon(Action action, Outcome outcome) => _ = new Messenger(action, outcome);

    private sealed class Outcome
    {
        internal bool WasRun { get; set; }

        internal Exception? Reason { get; set; }
    }

    private sealed class Messenger(Action action, Outcome outcome)
    {
#pragma warning disable MA0055 // The finalizer's thread is exactly what is wanted here.
        ~Messenger()
#pragma warning restore MA0055
        {
            try
            {
                action();
            }
            catch (Exception failure)
            {
                // An exception on the finalizer's thread would end the process without a word.
                outcome.Reason = failure;
            }

            outcome.WasRun = true;
        }
    }
}

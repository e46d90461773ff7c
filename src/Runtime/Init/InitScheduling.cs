using Bld.Runtime.Linux;

namespace Bld.Runtime.Init;

/// <summary>Personality, io priority and scheduler of the command.</summary>
internal static unsafe class InitScheduling
{
    internal static void Apply(ProcessStep process)
    {
        if (process.Personality != ulong.MaxValue)
        {
            Check(Libc.syscall(SystemCallNumber.Personality, (nint)process.Personality, 0, 0, 0, 0, 0), "personality");
        }

        if (process.IoPriority >= 0)
        {
            const int OfProcess = 1;
            Check(Libc.syscall(SystemCallNumber.IoPrioritySet, OfProcess, 0, process.IoPriority, 0, 0, 0), "ioprio_set");
        }

        if (process.Scheduler.Length > 0)
        {
            fixed (byte* attributes = process.Scheduler)
            {
                Check(Libc.syscall(SystemCallNumber.SchedulerSetAttributes, 0, (nint)attributes, 0, 0, 0, 0), "sched_setattr");
            }
        }
    }

    private static void Check(nint result, string step) =>
        SetupFailure.Check(result < 0 ? FileCalls.LastError() : Errno.None, step);
}

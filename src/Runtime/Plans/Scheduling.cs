using System.Buffers.Binary;

using Bld.Runtime.Init;
using Bld.Runtime.Spec;

namespace Bld.Runtime.Plans;

/// <summary>Words for scheduler, io priority and personality, as numbers.</summary>
internal static class Scheduling
{
    internal static void Plan(ProcessStep step, ProcessSpec process, PersonalitySpec? personality)
    {
        step.Personality = personality?.Domain switch
        {
            null => ulong.MaxValue,
            "LINUX" => 0,
            "LINUX32" => 8,
            var other => throw new ContainerException($"unknown personality \"{other}\"", "personality", other),
        };
        if (process.IoPriority is { } priority)
        {
            var level = priority.Class switch
            {
                "IOPRIO_CLASS_RT" => 1,
                "IOPRIO_CLASS_BE" => 2,
                "IOPRIO_CLASS_IDLE" => 3,
                _ => throw new ContainerException($"unknown io priority class \"{priority.Class}\"", "io priority", priority.Class),
            };
            step.IoPriority = (level << 13) | priority.Priority;
        }

        if (process.Scheduler is { } scheduler)
        {
            step.Scheduler = Attributes(scheduler);
        }
    }

    // struct sched_attr: size, policy, flags (u64), nice, priority, runtime, deadline, period.
    private static byte[] Attributes(SchedulerSpec scheduler)
    {
        var bytes = new byte[48];
        BinaryPrimitives.WriteInt32LittleEndian(bytes, bytes.Length);
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(4), Policy(scheduler.Policy));
        BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(8), Flags(scheduler.Flags ?? []));
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(16), scheduler.Nice);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(20), scheduler.Priority);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(24), scheduler.Runtime);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(32), scheduler.Deadline);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(40), scheduler.Period);
        return bytes;
    }

    private static int Policy(string policy) => policy switch
    {
        "SCHED_OTHER" => 0,
        "SCHED_FIFO" => 1,
        "SCHED_RR" => 2,
        "SCHED_BATCH" => 3,
        "SCHED_ISO" => 4,
        "SCHED_IDLE" => 5,
        "SCHED_DEADLINE" => 6,
        _ => throw new ContainerException($"unknown scheduler policy \"{policy}\"", "scheduler", policy),
    };

    private static ulong Flags(IReadOnlyList<string> flags)
    {
        var value = 0UL;
        foreach (var flag in flags)
        {
            value |= flag switch
            {
                "SCHED_FLAG_RESET_ON_FORK" => 0x01,
                "SCHED_FLAG_RECLAIM" => 0x02,
                "SCHED_FLAG_DL_OVERRUN" => 0x04,
                "SCHED_FLAG_KEEP_POLICY" => 0x08,
                "SCHED_FLAG_KEEP_PARAMS" => 0x10,
                "SCHED_FLAG_UTIL_CLAMP_MIN" => 0x20UL,
                "SCHED_FLAG_UTIL_CLAMP_MAX" => 0x40,
                _ => throw new ContainerException($"unknown scheduler flag \"{flag}\"", "scheduler", flag),
            };
        }

        return value;
    }
}

using Bld.Runtime.Init;
using Bld.Runtime.Linux;
using Bld.Runtime.Spec;

namespace Bld.Runtime.Plans;

/// <summary>rlimits and the oom score, set from outside while init still has nothing of its own (in a user namespace it may not).</summary>
internal static unsafe class ResourceLimits
{

    internal static void Apply(int process, ProcessSpec? spec)
    {
        foreach (var limit in spec?.Rlimits ?? [])
        {
            var number = Number(limit.Type);
            var wanted = new Libc.ResourceLimit { Soft = limit.Soft, Hard = limit.Hard };
            if (Libc.prlimit(process, number, &wanted, null) < 0)
            {
                throw new SetupFailure("set resource limit", limit.Type, FileCalls.LastError());
            }
        }

        if (spec?.OomScoreAdj is { } score)
        {
            using var file = FileCalls.Open($"/proc/{process}/oom_score_adj", OpenFlags.WriteOnly);
            SetupFailure.Check(FileCalls.TryWrite(file, System.Text.Encoding.ASCII.GetBytes($"{score}")), $"set oomScoreAdj to {score}");
        }
    }

    /// <summary>This process's own limit: soft and hard.</summary>
    internal static (ulong Soft, ulong Hard) Current(string type)
    {
        Libc.ResourceLimit current;
        return Libc.prlimit(0, Number(type), null, &current) == 0
            ? (current.Soft, current.Hard)
            : throw FileCalls.Failed("getrlimit", default, FileCalls.LastError());
    }

    private static int Number(string type) => type switch
    {
        "RLIMIT_CPU" => 0,
        "RLIMIT_FSIZE" => 1,
        "RLIMIT_DATA" => 2,
        "RLIMIT_STACK" => 3,
        "RLIMIT_CORE" => 4,
        "RLIMIT_RSS" => 5,
        "RLIMIT_NPROC" => 6,
        "RLIMIT_NOFILE" => 7,
        "RLIMIT_MEMLOCK" => 8,
        "RLIMIT_AS" => 9,
        "RLIMIT_LOCKS" => 10,
        "RLIMIT_SIGPENDING" => 11,
        "RLIMIT_MSGQUEUE" => 12,
        "RLIMIT_NICE" => 13,
        "RLIMIT_RTPRIO" => 14,
        "RLIMIT_RTTIME" => 15,
        _ => throw new ContainerException($"unknown resource limit \"{type}\"", "set resource limit", type),
    };
}

using Bld.Runtime.Init;
using Bld.Runtime.Linux;
using Bld.Runtime.Security;
using Bld.Runtime.Spec;

namespace Bld.Runtime.Plans;

/// <summary>The spec's process, as the last part of the plan.</summary>
internal sealed class ProcessPlanner(ContainerRequest request, InheritedDescriptors inherited)
{
    /// <summary>The annotation that crun's callers keep the caller's supplementary groups with.</summary>
    private const string KeepGroups = "run.oci.keep_original_groups";

    internal ProcessStep Plan()
    {
        var spec = request.Spec.Process ?? throw new ContainerException("the container has no process");
        if (spec.Args is not { Count: > 0 })
        {
            throw new ContainerException("the container has no command");
        }

        if (!spec.Cwd.StartsWith('/'))
        {
            throw new ContainerException($"the working directory \"{spec.Cwd}\" is not absolute", "chdir", spec.Cwd);
        }

        var step = new ProcessStep
        {
            Arguments = Texts(spec.Args),
            Environment = Texts(LastOfEach(spec.Env ?? [])),
            WorkingDirectory = PlanBuilder.Bytes(spec.Cwd),
            User = spec.User.Uid,
            Group = spec.User.Gid,
            Groups = [.. spec.User.AdditionalGids ?? []],
            KeepGroups = request.Spec.Annotations?.GetValueOrDefault(KeepGroups) == "1",
            Umask = (int?)spec.User.Umask ?? -1,
            NoNewPrivileges = spec.NoNewPrivileges,
            Terminal = spec.Terminal,
            ConsoleWidth = spec.ConsoleSize?.Width ?? 0,
            ConsoleHeight = spec.ConsoleSize?.Height ?? 0,
            DieWithParent = request.DieWithParent,
            PreservedDescriptors = request.PreservedDescriptors,
            ConsoleDescriptor = request.ConsoleSocket is null ? -1 : inherited.Number(request.ConsoleSocket),
            Stay = request.Init,
            EndsOrphans = request.Init && UserNamespaceSpawn.Find(request.Spec, "pid") is null or { Path.Length: > 0 },
            KeepKeyring = request.KeepKeyring,
            StartDescriptor = request.StartSocket is null ? -1 : inherited.Number(request.StartSocket),
        };
        PlanCapabilities(step, spec.Capabilities);
        if (request.Spec.Linux?.Seccomp is { } profile)
        {
            var filter = SeccompFilters.Compile(profile, request.SeccompCache);
            step.Seccomp = filter.Program;
            step.SeccompFlags = filter.Flags;
        }

        Scheduling.Plan(step, spec, request.Spec.Linux?.Personality);
        return step;
    }

    private void PlanCapabilities(ProcessStep step, CapabilitiesSpec? spec)
    {
        if (spec is null)
        {
            return;
        }

        step.SetCapabilities = true;

        // A host may lack some itself (a container, a hardened service): a RUN goes on with those that there are.
        // In a user namespace of its own it has them all.
        var held = UserNamespaceSpawn.IsWanted(request.Spec) ? ulong.MaxValue : CapabilityCalls.Get().Permitted;
        step.Bounding = Capabilities.Parse(spec.Bounding, request.Warn);
        step.Permitted = Capabilities.Parse(spec.Permitted, request.Warn);
        if ((step.Permitted & ~held) != 0)
        {
            request.Warn?.Invoke($"this process lacks capabilities that the container wants (mask {step.Permitted & ~held:x}); it runs without them");
        }

        step.Permitted &= held;
        step.Effective = Capabilities.Parse(spec.Effective, request.Warn) & held;
        step.Inheritable = Capabilities.Parse(spec.Inheritable, request.Warn) & held;

        // The kernel has no ambient capability that is not permitted and inheritable; runc's callers ask for such all the same.
        step.Ambient = Capabilities.Parse(spec.Ambient, request.Warn) & step.Permitted & step.Inheritable;
    }

    // Programs differ in which of two they take.
    private static List<string> LastOfEach(IReadOnlyList<string> variables)
    {
        var kept = new List<string>(variables.Count);
        var names = new HashSet<string>(StringComparer.Ordinal);
        for (var i = variables.Count - 1; i >= 0; i--)
        {
            var equals = variables[i].IndexOf('=', StringComparison.Ordinal);
            if (names.Add(equals < 0 ? variables[i] : variables[i][..equals]))
            {
                kept.Add(variables[i]);
            }
        }

        kept.Reverse();
        return kept;
    }

    private static byte[][] Texts(IReadOnlyList<string> values)
    {
        var bytes = new byte[values.Count][];
        for (var i = 0; i < bytes.Length; i++)
        {
            bytes[i] = PlanBuilder.Bytes(values[i]);
        }

        return bytes;
    }
}

using System.Text.Json;

using Bld.Runtime.Init;
using Bld.Runtime.Linux;
using Bld.Runtime.Plans;
using Bld.Runtime.Spec;

namespace Bld.Runtime;

/// <summary>The hooks of the runtime-spec: those that run on the host's side, and the plan of those that init runs.</summary>
internal static class HostHooks
{
    internal static bool AreWanted(ContainerSpec spec) => spec.Hooks is { Prestart.Count: > 0 } or { CreateRuntime.Count: > 0 };

    /// <summary>prestart and createRuntime: the namespaces exist, the root is still the host's.</summary>
    internal static void RunBefore(ContainerRequest request, int process)
    {
        Run(request.Spec.Hooks?.Prestart, request, process, "creating");
        Run(request.Spec.Hooks?.CreateRuntime, request, process, "creating");
    }

    /// <summary>poststart: the command runs; what fails is only told.</summary>
    internal static void RunStarted(ContainerRequest request, int process) => Try(request.Spec.Hooks?.Poststart, request, process, "running");

    /// <summary>poststop: the container is gone; what fails is only told.</summary>
    internal static void RunAfterwards(ContainerRequest request) => Try(request.Spec.Hooks?.Poststop, request, 0, "stopped");

    /// <summary>createContainer and startContainer run inside, in init's hands.</summary>
    internal static void Plan(InitPlan plan, ContainerRequest request)
    {
        if (request.Spec.Hooks is not { } hooks)
        {
            return;
        }

        plan.CreateContainerHooks = Steps(hooks.CreateContainer);
        plan.StartContainerHooks = Steps(hooks.StartContainer);
        // Init adds the rest and the end.
        plan.HookState = Json(writer => WriteIdentity(writer, request))[..^1];
    }

    private static void Run(IReadOnlyList<HookSpec>? hooks, ContainerRequest request, int process, string status)
    {
        foreach (var hook in Steps(hooks))
        {
            HookRunner.Run(hook.Path, hook.Arguments, hook.Environment, hook.TimeoutSeconds, State(request, process, status));
        }
    }

    // The others run all the same (runtime-spec, "Lifecycle").
    private static void Try(IReadOnlyList<HookSpec>? hooks, ContainerRequest request, int process, string status)
    {
        foreach (var hook in hooks ?? [])
        {
            try
            {
                Run([hook], request, process, status);
            }
            catch (Exception failure) when (failure is SetupFailure or LinuxException)
            {
                request.Warn?.Invoke(failure.Message);
            }
        }
    }

    private static HookStep[] Steps(IReadOnlyList<HookSpec>? hooks)
    {
        var steps = new HookStep[hooks?.Count ?? 0];
        for (var i = 0; i < steps.Length; i++)
        {
            var hook = hooks![i];
            steps[i] = new HookStep
            {
                Path = PlanBuilder.Bytes(hook.Path),
                Arguments = [.. (hook.Args ?? []).Select(PlanBuilder.Bytes)],
                Environment = [.. (hook.Env ?? []).Select(PlanBuilder.Bytes)],
                TimeoutSeconds = hook.Timeout ?? 0,
            };
        }

        return steps;
    }

    /// <summary>What a seccomp listener is told (runtime-spec, "The Container Process State").</summary>
    internal static byte[] ProcessState(ContainerRequest request, int process) => Json(writer =>
    {
        writer.WriteString("ociVersion", request.Spec.OciVersion);
        writer.WriteStartArray("fds");
        writer.WriteStringValue("seccompFd");
        writer.WriteEndArray();
        writer.WriteNumber("pid", process);
        writer.WriteString("metadata", request.Spec.Linux?.Seccomp?.ListenerMetadata ?? "");
        writer.WriteStartObject("state");
        WriteState(writer, request, process, "creating");
        writer.WriteEndObject();
    });

    private static byte[] State(ContainerRequest request, int process, string status) => Json(writer => WriteState(writer, request, process, status));

    // runtime-spec, "State".
    private static void WriteState(Utf8JsonWriter writer, ContainerRequest identity, int process, string status)
    {
        WriteIdentity(writer, identity);
        writer.WriteString("status", status);
        writer.WriteNumber("pid", process);
    }

    private static void WriteIdentity(Utf8JsonWriter writer, ContainerRequest identity)
    {
        var spec = identity.Spec;
        writer.WriteString("ociVersion", spec.OciVersion);
        writer.WriteString("id", identity.Id.Length > 0 ? identity.Id : spec.Hostname ?? "");
        writer.WriteString("bundle", identity.Bundle.Length > 0 ? identity.Bundle : spec.Root?.Path ?? "");
        writer.WriteStartObject("annotations");
        foreach (var (name, value) in spec.Annotations ?? new Dictionary<string, string>())
        {
            writer.WriteString(name, value);
        }

        writer.WriteEndObject();
    }

    private static byte[] Json(Action<Utf8JsonWriter> write)
    {
        using var buffer = new MemoryStream();
        using (var writer = new Utf8JsonWriter(buffer))
        {
            writer.WriteStartObject();
            write(writer);
            writer.WriteEndObject();
        }

        return buffer.ToArray();
    }
}

using Bld.Runtime.Linux;
using Bld.Runtime.Spec;

namespace Bld.Runtime.Cgroups.Systemd;

/// <summary>
/// Cgroups by systemd: a container's process becomes a scope unit, so that the service manager knows of it, keeps its limits when it
/// reloads, and lists it (systemd.scope(5), org.freedesktop.systemd1(5)).
/// </summary>
internal static class SystemdScope
{
    private const string ManagerPath = "/org/freedesktop/systemd1";
    private const string Unit = "org.freedesktop.systemd1";
    private const int StructAlignment = 8;

    /// <summary>Makes the unit of a container and moves its process in; gives its name and its cgroup's path in each hierarchy.</summary>
    /// <param name="name">The spec's <c>slice:prefix:name</c>; empty for one of the container's id.</param>
    /// <param name="id">The container's id.</param>
    /// <param name="process">Its process.</param>
    /// <param name="resources">What it may use.</param>
    /// <exception cref="ContainerException">There is no systemd, or it refused.</exception>
    internal static (string Unit, string Path) Start(string name, string id, int process, ResourcesSpec? resources)
    {
        var isSystem = CgroupName.IsFullRoot();
        var parts = (name.Length > 0 ? name : $":bldrun:{id}").Split(':');
        if (parts.Length != 3 || parts[2].Length == 0)
        {
            throw new ContainerException($"the systemd driver for cgroups wants cgroupsPath as slice:prefix:name, not \"{name}\"", "cgroup", name);
        }

        var unit = (parts[1].Length > 0 ? $"{parts[1]}-{parts[2]}" : parts[2]) + ".scope";
        var slice = parts[0].Length > 0 ? parts[0] : isSystem ? "system.slice" : "user.slice";
        using var bus = BusConnection.Open(Socket());
        try
        {
            Run(bus, unit, Properties(slice, id, process, resources));
            return (unit, ControlGroup(bus, unit));
        }
        catch (Exception exception) when (exception is LinuxException or InvalidDataException)
        {
            throw new ContainerException($"the systemd driver for cgroups: {unit}: {exception.Message}", "cgroup", unit);
        }
    }

    /// <summary>Ends a unit whose processes have ended: systemd doesn't see that everywhere, and would keep it.</summary>
    /// <param name="unit">Its name; null does nothing.</param>
    internal static void Stop(string? unit)
    {
        if (unit is null)
        {
            return;
        }

        try
        {
            using var bus = BusConnection.Open(Socket());
            Kill(bus, unit);
            Await(bus, unit, bus.Call(ManagerPath, $"{Unit}.Manager", "StopUnit", "ss", new BusWriter().Text(unit).Text("replace")));
            bus.Call(ManagerPath, $"{Unit}.Manager", "ResetFailedUnit", "s", new BusWriter().Text(unit));
        }
        catch (Exception exception) when (exception is ContainerException or LinuxException or InvalidDataException)
        {
            // It has gone by itself, and so it should.
        }
    }

    // An init that failed may still be there, and a process that is the first of its namespace hears no SIGTERM.
    private static void Kill(BusConnection bus, string unit)
    {
        const uint SignalKill = 9;
        try
        {
            bus.Call(ManagerPath, $"{Unit}.Manager", "KillUnit", "ssi", new BusWriter().Text(unit).Text("all").UInt32(SignalKill));
        }
        catch (ContainerException)
        {
            // There is none any more.
        }
    }

    private static string Socket() => CgroupName.IsFullRoot()
        ? "/run/systemd/private"
        : $"{Environment.GetEnvironmentVariable("XDG_RUNTIME_DIR") ?? "/run/user/0"}/systemd/private";

    private static void Run(BusConnection bus, string unit, Action<BusWriter> properties)
    {
        var body = new BusWriter().Text(unit).Text("replace").Array(StructAlignment, properties).Array(StructAlignment, static _ => { });
        Await(bus, unit, bus.Call(ManagerPath, $"{Unit}.Manager", "StartTransientUnit", "ssa(sv)a(sa(sv))", body));
    }

    /// <summary>Waits for the end of a job.</summary>
    private static void Await(BusConnection bus, string unit, BusMessage started)
    {
        const int Patience = 60_000;
        var job = started.Read().Text();
        for (var end = Environment.TickCount64 + Patience; ;)
        {
            if (Environment.TickCount64 > end)
            {
                throw new ContainerException($"systemd: the job for {unit} doesn't end", "cgroup", unit);
            }

            var signal = bus.NextSignal();
            if (signal.Member != "JobRemoved")
            {
                continue;
            }

            var reader = signal.Read();
            reader.UInt32();
            if (reader.Text() != job)
            {
                continue;
            }

            reader.Text();
            var result = reader.Text();
            if (result != "done")
            {
                throw new ContainerException($"systemd: the job for {unit} ended as \"{result}\"", "cgroup", unit);
            }

            return;
        }
    }

    private static string ControlGroup(BusConnection bus, string unit)
    {
        var path = bus.Call(ManagerPath, $"{Unit}.Manager", "GetUnit", "s", new BusWriter().Text(unit)).Read().Text();
        var reader = bus.Call(path, "org.freedesktop.DBus.Properties", "Get", "ss", new BusWriter().Text($"{Unit}.Scope").Text("ControlGroup")).Read();
        reader.Signature();
        return reader.Text() is { Length: > 1 } group ? group : throw new ContainerException($"systemd: {unit} has no cgroup", "cgroup", unit);
    }

    private static Action<BusWriter> Properties(string slice, string id, int process, ResourcesSpec? resources) => properties =>
    {
        Property(properties, "Description", "s").Text($"bld container {id}");
        Property(properties, "Slice", "s").Text(slice);
        Property(properties, "PIDs", "au").Array(sizeof(uint), array => array.UInt32((uint)process));
        foreach (var name in (string[])["Delegate", "MemoryAccounting", "CPUAccounting", "TasksAccounting"])
        {
            Property(properties, name, "b").Boolean(true);
        }

        Property(properties, "DefaultDependencies", "b").Boolean(false);
        foreach (var (name, value) in Limits(resources, CgroupHost.IsUnifiedOnly(CgroupHost.All())))
        {
            Property(properties, name, "t").UInt64(value);
        }
    };

    /// <summary>The limits that systemd has words for; it would take its own when it reloads. The others are files of the cgroup alone.</summary>
    private static IEnumerable<(string Name, ulong Value)> Limits(ResourcesSpec? resources, bool isUnified)
    {
        const ulong MicrosecondsPerSecond = 1_000_000;
        const ulong UsualPeriod = 100_000;
        var memory = resources?.Memory;
        var cpu = resources?.Cpu;
        if (memory?.Limit is { } limit and not 0)
        {
            yield return (isUnified ? "MemoryMax" : "MemoryLimit", Unlimited(limit));
        }

        if (isUnified && memory?.Swap is not (null or 0))
        {
            yield return ("MemorySwapMax", Unlimited(CgroupSettings.SwapAlone(memory)));
        }

        if (cpu?.Shares is { } shares and not 0)
        {
            yield return isUnified ? ("CPUWeight", (ulong)CgroupSettings.Weight(shares)) : ("CPUShares", shares);
        }

        if (cpu?.Quota is { } quota and not 0)
        {
            var period = cpu.Period is null or 0 ? UsualPeriod : cpu.Period.Value;
            yield return ("CPUQuotaPerSecUSec", quota < 0 ? ulong.MaxValue : (ulong)quota * MicrosecondsPerSecond / period);
        }

        if (resources?.Pids?.Limit is { } tasks and not 0)
        {
            yield return ("TasksMax", Unlimited(tasks));
        }
    }

    private static ulong Unlimited(long value) => value < 0 ? ulong.MaxValue : (ulong)value;

    private static BusWriter Property(BusWriter properties, string name, string type) => properties.Struct().Text(name).Signature(type);
}

using System.Text;
using System.Text.Json;

using Bld.Runtime.Security;

namespace Bld.Runtime.Oci;

/// <summary>What this runtime can do, for callers that ask first (runtime-spec, "Features Structure").</summary>
public static class OciFeatures
{
    /// <summary>The newest version of the runtime-spec that is understood.</summary>
    public const string SpecVersion = "1.2.0";

    private static readonly string[] Hooks = ["prestart", "createRuntime", "createContainer", "startContainer", "poststart", "poststop"];

    private static readonly string[] MountOptions =
    [
        "async", "atime", "bind", "defaults", "dev", "diratime", "dirsync", "exec", "idmap", "lazytime", "loud", "mand", "noatime", "nodev", "nodiratime", "noexec",
        "nolazytime", "nomand", "norelatime", "nostrictatime", "nosuid", "nosymfollow", "private", "ratime", "rbind", "rdev", "rdiratime", "relatime",
        "rexec", "ridmap", "rnoatime", "rnodev", "rnodiratime", "rnoexec", "rnorelatime", "rnostrictatime", "rnosuid", "rnosymfollow", "ro",
        "rprivate", "rrelatime", "rro", "rrw", "rshared", "rslave", "rstrictatime", "rsuid", "rsymfollow", "runbindable", "rw", "shared",
        "silent", "slave", "strictatime", "suid", "symfollow", "sync", "tmpcopyup", "unbindable",
    ];

    /// <summary>Annotations that change what this runtime does.</summary>
    private static readonly string[] UnsafeAnnotations = ["run.oci.keep_original_groups"];
    private static readonly string[] Namespaces = ["cgroup", "ipc", "mount", "network", "pid", "time", "user", "uts"];
    private static readonly string[] Actions = ["SCMP_ACT_ALLOW", "SCMP_ACT_ERRNO", "SCMP_ACT_KILL", "SCMP_ACT_KILL_PROCESS", "SCMP_ACT_KILL_THREAD", "SCMP_ACT_LOG", "SCMP_ACT_TRACE", "SCMP_ACT_TRAP"];
    private static readonly string[] Operators = ["SCMP_CMP_EQ", "SCMP_CMP_GE", "SCMP_CMP_GT", "SCMP_CMP_LE", "SCMP_CMP_LT", "SCMP_CMP_MASKED_EQ", "SCMP_CMP_NE"];
    private static readonly string[] Architectures = ["SCMP_ARCH_AARCH64", "SCMP_ARCH_ARM", "SCMP_ARCH_X32", "SCMP_ARCH_X86", "SCMP_ARCH_X86_64"];
    private static readonly string[] Flags = ["SECCOMP_FILTER_FLAG_LOG", "SECCOMP_FILTER_FLAG_SPEC_ALLOW", "SECCOMP_FILTER_FLAG_TSYNC"];

    /// <summary>The document.</summary>
    public static string ToJson()
    {
        using var buffer = new MemoryStream();
        using (var writer = new Utf8JsonWriter(buffer, new JsonWriterOptions { Indented = true }))
        {
            writer.WriteStartObject();
            writer.WriteString("ociVersionMin", "1.0.0");
            writer.WriteString("ociVersionMax", SpecVersion);
            Write(writer, "hooks", Hooks);
            Write(writer, "mountOptions", MountOptions);
            WriteLinux(writer);
            Write(writer, "potentiallyUnsafeConfigAnnotations", UnsafeAnnotations);
            writer.WriteEndObject();
        }

        return Encoding.UTF8.GetString(buffer.ToArray());
    }

    private static void WriteLinux(Utf8JsonWriter writer)
    {
        writer.WriteStartObject("linux");
        Write(writer, "namespaces", Namespaces);
        Write(writer, "capabilities", Capabilities.All);
        writer.WriteStartObject("cgroup");
        writer.WriteBoolean("v1", value: true);
        writer.WriteBoolean("v2", value: true);
        writer.WriteBoolean("systemd", value: true);
        writer.WriteBoolean("systemdUser", value: true);
        writer.WriteBoolean("rdma", value: false);
        writer.WriteEndObject();
        writer.WriteStartObject("seccomp");
        writer.WriteBoolean("enabled", value: true);
        Write(writer, "actions", Actions);
        Write(writer, "operators", Operators);
        Write(writer, "archs", Architectures);
        Write(writer, "knownFlags", Flags);
        Write(writer, "supportedFlags", Flags);
        writer.WriteEndObject();
        WriteEnabled(writer, "apparmor");
        WriteEnabled(writer, "selinux");
        WriteEnabled(writer, "intelRdt", enabled: false);
        writer.WriteStartObject("mountExtensions");
        WriteEnabled(writer, "idmap");
        writer.WriteEndObject();
        writer.WriteEndObject();
    }

    private static void WriteEnabled(Utf8JsonWriter writer, string name, bool enabled = true)
    {
        writer.WriteStartObject(name);
        writer.WriteBoolean("enabled", enabled);
        writer.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter writer, string name, IReadOnlyList<string> values)
    {
        writer.WriteStartArray(name);
        foreach (var value in values)
        {
            writer.WriteStringValue(value);
        }

        writer.WriteEndArray();
    }
}

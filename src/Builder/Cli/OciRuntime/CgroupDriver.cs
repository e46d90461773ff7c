namespace Bld.Builder.Cli.OciRuntime;

/// <summary>Who makes the cgroups of containers.</summary>
internal enum CgroupDriver
{
    /// <summary>This program, as directories.</summary>
    Files,

    /// <summary>systemd, as scopes.</summary>
    Systemd,

    /// <summary>Nobody: containers stay in this process's own.</summary>
    Disabled,
}

using Bld.Builder.Cli.Flags;
using Bld.Runtime.Oci;

namespace Bld.Builder.Cli.OciRuntime;

/// <summary>One command of the OCI runtime's command line.</summary>
internal abstract class OciCommand
{
    public abstract string Name { get; }

    /// <summary>What it does, in a line.</summary>
    public abstract string Summary { get; }

    /// <summary>Its arguments as help shows them.</summary>
    public virtual string Usage => "ID";

    /// <summary>Its own flags.</summary>
    public virtual IReadOnlyList<Flag> Flags => [];

    /// <summary>Whether everything behind its first argument is an argument too.</summary>
    public virtual bool StopsAtArgument => false;

    /// <summary>Runs it and gives the exit code.</summary>
    public abstract int Run(OciCall call);
}

/// <summary>What a command is run with.</summary>
/// <param name="Flags">Its flags and arguments.</param>
/// <param name="Root">Where states are kept.</param>
/// <param name="Log">Where errors and warnings go.</param>
/// <param name="Cgroups">Who makes containers' cgroups.</param>
internal sealed record OciCall(ParsedFlags Flags, StateRoot Root, OciLog Log, CgroupDriver Cgroups)
{
    /// <summary>The container's name, the only argument.</summary>
    public string Id => Flags.Arguments.Count switch
    {
        1 => Flags.Arguments[0],
        0 => throw new UsageException("a container's ID is missing"),
        _ => throw new UsageException($"one container's ID is expected, and there is \"{Flags.Arguments[1]}\" too"),
    };

    /// <summary>The container that the only argument names.</summary>
    public OciContainer Container => Root.Find(Id);
}

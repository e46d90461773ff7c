namespace Bld.Runtime.Init;

/// <summary>The last part of the plan: who the command is, what it may do, and the command itself.</summary>
internal sealed class ProcessStep : IPlanPart
{
    internal byte[][] Arguments = [];
    internal byte[][] Environment = [];
    internal byte[] WorkingDirectory = "/"u8.ToArray();
    internal uint User;
    internal uint Group;
    internal uint[] Groups = [];
    internal bool KeepGroups;
    internal int Umask = -1;

    internal bool SetCapabilities;
    internal ulong Bounding;
    internal ulong Effective;
    internal ulong Permitted;
    internal ulong Inheritable;
    internal ulong Ambient;
    internal bool NoNewPrivileges;

    /// <summary>The compiled filter: an array of struct sock_filter, eight bytes each.</summary>
    internal byte[] Seccomp = [];
    internal uint SeccompFlags;

    /// <summary>A connected socket that takes the filter's notification descriptor; -1 for none.</summary>
    internal int SeccompSocket = -1;

    /// <summary>What goes with it: the container process state (runtime-spec, "The Container Process State").</summary>
    internal byte[] SeccompState = [];

    internal ulong Personality = ulong.MaxValue;
    internal int IoPriority = -1;
    internal byte[] Scheduler = [];

    /// <summary>Which standard streams have to be /dev/null of the container: bits 1, 2 and 4.</summary>
    internal int NullStreams;
    internal bool Terminal;
    internal int ConsoleWidth;
    internal int ConsoleHeight;
    internal int ConsoleDescriptor = -1;

    /// <summary>Stay as process 1, and let the command be a child.</summary>
    internal bool Stay;

    /// <summary>There is no pid namespace that would end with the command: what it leaves behind is to be ended by who stays.</summary>
    internal bool EndsOrphans;
    internal bool DieWithParent;
    internal bool KeepKeyring;

    /// <summary>A listening socket: whoever connects gives the word for the exec, and hears what becomes of it.</summary>
    internal int StartDescriptor = -1;
    internal int PreservedDescriptors;

    /// <inheritdoc/>
    public void Exchange(PlanCodec codec)
    {
        codec.Strings(ref Arguments);
        codec.Flag(ref EndsOrphans);
        codec.Strings(ref Environment);
        codec.Bytes(ref WorkingDirectory);
        codec.Number(ref User);
        codec.Number(ref Group);
        codec.Numbers(ref Groups);
        codec.Flag(ref KeepGroups);
        codec.Number(ref Umask);
        codec.Flag(ref SetCapabilities);
        codec.Number(ref Bounding);
        codec.Number(ref Effective);
        codec.Number(ref Permitted);
        codec.Number(ref Inheritable);
        codec.Number(ref Ambient);
        codec.Flag(ref NoNewPrivileges);
        codec.Bytes(ref Seccomp);
        codec.Number(ref SeccompFlags);
        codec.Number(ref SeccompSocket);
        codec.Bytes(ref SeccompState);
        codec.Number(ref Personality);
        codec.Number(ref IoPriority);
        codec.Bytes(ref Scheduler);
        codec.Number(ref NullStreams);
        codec.Flag(ref Terminal);
        codec.Number(ref ConsoleWidth);
        codec.Number(ref ConsoleHeight);
        codec.Number(ref ConsoleDescriptor);
        codec.Flag(ref Stay);
        codec.Flag(ref DieWithParent);
        codec.Flag(ref KeepKeyring);
        codec.Number(ref StartDescriptor);
        codec.Number(ref PreservedDescriptors);
    }
}

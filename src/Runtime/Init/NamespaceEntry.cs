using System.Globalization;
using System.Text;

using Bld.Runtime.Linux;

namespace Bld.Runtime.Init;

/// <summary>
/// The way into a user namespace. A process with threads can neither make nor join one, so this program is started first with this in
/// its arguments, copies itself as its first act, and the copy, which has one thread, goes in and becomes init. The copy's parent is
/// this process's parent, who thus waits for init as for a child of its own.
/// </summary>
public static unsafe class NamespaceEntry
{
    internal const string SetupArgument = "bld-userns";

    /// <summary>What tells the number of the second copy from that of the first.</summary>
    internal const int SecondCopy = 1 << 30;

    /// <summary>Whether the arguments of Main are those that the runtime gives here.</summary>
    public static bool IsEntry(string[] args) => args.Length > 6 && args[0] == SetupArgument;

    /// <summary>Goes in; the exit code of this process, which nobody asks for.</summary>
    public static int Main(string[] args)
    {
        var numbers = new int[args.Length];
        for (var i = 1; i < args.Length; i++)
        {
            numbers[i] = int.Parse(args[i], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture);
        }

        return Enter(numbers, args[2]);
    }

    /// <summary>The arguments of a process that goes in.</summary>
    /// <param name="gate">A socket: numbers go out, and the copy waits at it until the ids are mapped.</param>
    /// <param name="channel">Init's channel; -1 when there is no init and only the namespace is wanted.</param>
    /// <param name="isNew">Whether the user namespace is new.</param>
    /// <param name="newPids">Whether a new pid namespace comes with it.</param>
    /// <param name="pids">A pid namespace to join; -1 for none.</param>
    /// <param name="users">A user namespace to join; -1 for none.</param>
    /// <param name="joins">Descriptors and kinds of namespaces that only the outside may be able to join.</param>
    internal static byte[][] Arguments(int gate, int channel, bool isNew, bool newPids, int pids, int users, IEnumerable<JoinStep> joins)
    {
        List<int> numbers = [gate, channel, isNew ? 1 : 0, newPids ? 1 : 0, pids, users];
        foreach (var join in joins)
        {
            numbers.Add(join.Descriptor);
            numbers.Add(join.Type);
        }

        return [.. new[] { "bld", SetupArgument }.Concat(numbers.Select(static number => number.ToString(CultureInfo.InvariantCulture))).Select(Encoding.ASCII.GetBytes)];
    }

    private static int Enter(int[] numbers, string channelText)
    {
        var gate = numbers[1];
        var (isNew, newPids, pids, users) = (numbers[3] != 0, numbers[4] != 0, numbers[5], numbers[6]);

        // All that the copies need, before they are made.
        using var arguments = new CStringArray(["bld"u8.ToArray(), Encoding.ASCII.GetBytes(ContainerInit.SetupArgument), Encoding.ASCII.GetBytes(channelText)]);
        using var environment = new CStringArray(InitExecutable.Environment);
        var path = new CString("/proc/self/exe"u8, stackalloc byte[CString.StackSize]);
        for (var i = 7; i + 1 < numbers.Length; i += 2)
        {
            // What belongs to the new user namespace's inside can be joined from there only, and is.
            _ = ForkedProcess.TryJoin(numbers[i], (NamespaceFlags)numbers[i + 1]);
        }

        if (isNew && pids >= 0 && !ForkedProcess.TryJoin(pids, NamespaceFlags.Pid))
        {
            return 1;
        }

        var pidFlag = newPids ? (int)NamespaceFlags.Pid : 0;
        fixed (byte* p = path)
        {
            var first = ForkedProcess.Clone(ForkedProcess.BesideThis | (isNew ? (int)NamespaceFlags.User | pidFlag : 0));
            if (first != 0)
            {
                ForkedProcess.Tell(gate, first < 0 ? -(int)FileCalls.LastError() : first);
                return 0;
            }

            if (!isNew)
            {
                JoinUsers(gate, users, pids, pidFlag);
            }

            if (ForkedProcess.WaitAt(gate) && numbers[2] >= 0)
            {
                ForkedProcess.BecomeRoot();
                ForkedProcess.BecomeThisProgram(p, arguments.Pointers, environment.Pointers);
            }

            Libc._exit(0);
        }

        return 0;
    }

    // A pid namespace counts for children only, so one more copy is needed to be in it.
    private static void JoinUsers(int gate, int users, int pids, int pidFlag)
    {
        if (!ForkedProcess.TryJoin(users, NamespaceFlags.User) || (pids >= 0 && !ForkedProcess.TryJoin(pids, NamespaceFlags.Pid)))
        {
            ForkedProcess.Tell(gate, -(int)FileCalls.LastError());
            Libc._exit(1);
        }

        if (pids < 0 && pidFlag == 0)
        {
            return;
        }

        var second = ForkedProcess.Clone(ForkedProcess.BesideThis | pidFlag);
        if (second != 0)
        {
            ForkedProcess.Tell(gate, second < 0 ? -(int)FileCalls.LastError() : second | SecondCopy);
            Libc._exit(0);
        }
    }
}

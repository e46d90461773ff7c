using System.Globalization;

using Bld.Runtime.Linux;

using Microsoft.Win32.SafeHandles;

namespace Bld.Runtime.Init;

/// <summary>
/// The container's first process. <c>Program.Main</c> asks <see cref="IsInit"/> before anything else is touched, and a fresh
/// process goes on here: it makes the namespaces and mounts, drops its privileges and becomes the command.
/// </summary>
public static class ContainerInit
{
    /// <summary>The first argument of a process that is to be a container's init.</summary>
    internal const string SetupArgument = "bld-init";

    /// <summary>Whether the arguments of Main are those that the runtime gives to its own init.</summary>
    public static bool IsInit(string[] args) => args.Length > 1 && args[0] == SetupArgument;

    /// <summary>Runs init; returns (with an exit code) only when it failed or when it stayed as a reaper.</summary>
    public static int Main(string[] args) =>
        SetUp(int.Parse(args[1], NumberStyles.None, CultureInfo.InvariantCulture));

    private static int SetUp(int descriptor)
    {
        var socket = new SafeFileHandle(descriptor, ownsHandle: true);
        ProcessCalls.SetCloseOnExec(socket);
        using var channel = new InitChannel(socket);
        try
        {
            var message = channel.Receive(out var payload);
            if (message == InitMessage.Descriptors)
            {
                channel.ReceiveDescriptors(payload);
                message = channel.Receive(out payload);
            }

            if (message != InitMessage.Plan)
            {
                return 1;
            }

            var plan = new InitPlan();
            plan.Exchange(new PlanCodec(payload));
            return new InitSequence(plan, channel).Run();
        }
        catch (SetupFailure failure)
        {
            return Report(channel, failure);
        }
        catch (LinuxException failure)
        {
            return Report(channel, new SetupFailure(failure.Operation, failure.Path, failure.Errno));
        }
        catch (Exception failure)
        {
            // The top of a process without a voice of its own: whatever it is, the parent must hear of it.
            return Report(channel, new SetupFailure("container init", "", Errno.None, $"container init: {failure.Message}"));
        }
    }

    private static int Report(InitChannel channel, SetupFailure failure)
    {
        var codec = new PlanCodec();
        failure.Exchange(codec);
        channel.Send(InitMessage.Failure, codec.Written);
        return failure.ExitCode;
    }
}

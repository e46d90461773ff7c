using System.Text;
using System.Text.Json.Nodes;

using Bld.Runtime.Linux;
using Bld.Runtime.Spec;

using Microsoft.Win32.SafeHandles;

namespace Bld.Runtime.Tests;

/// <summary>SCMP_ACT_NOTIFY: another process answers for the container's system calls (seccomp_unotify(2)).</summary>
public sealed class SeccompListenerTests : IDisposable
{
    private readonly BusyboxRoot _root = new();
    private readonly string _folder = Directory.CreateTempSubdirectory("bld-listener-").FullName;

    private string Place => Path.Combine(_folder, "listener");

    public void Dispose()
    {
        _root.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [Theory]
    [InlineData(false, false)]
    [InlineData(true, false)]
    [InlineData(true, true)]
    public async Task A_listener_answers_for_a_call(bool noNewPrivileges, bool init)
    {
        using var listener = SocketCalls.Listen(Place);
        var state = Task.Run(() => AnswerOnce(listener, error: 92));
        var request = Request(["mkdir", "mkdirat"], noNewPrivileges) with { Init = init, Id = "listened-to" };

        var result = BusyboxRoot.Run(request);

        Assert.Contains("Protocol not available", result.Output, StringComparison.Ordinal);
        var told = JsonNode.Parse(await state)!;
        Assert.Equal("seccompFd", (string?)told["fds"]![0]);
        Assert.Equal("what the profile says", (string?)told["metadata"]);
        Assert.Equal("listened-to", (string?)told["state"]!["id"]);
        Assert.Equal((int)told["pid"]!, (int)told["state"]!["pid"]!);
    }

    [Fact]
    public void Nobody_who_listens_is_an_error_before_anything_runs()
    {
        var failure = Assert.Throws<ContainerException>(() => BusyboxRoot.Run(Request(["mkdir"], noNewPrivileges: true)));
        Assert.Equal($"seccomp: no program listens at {Place}: no such file or directory", failure.Message);
    }

    [Fact]
    public void The_call_that_hands_the_listener_over_can_not_be_asked_about()
    {
        var failure = Assert.Throws<ContainerException>(() => BusyboxRoot.Run(Request(["sendmsg"], noNewPrivileges: true)));
        Assert.Contains("sendmsg", failure.Message, StringComparison.Ordinal);
    }

    private ContainerRequest Request(string[] calls, bool noNewPrivileges)
    {
        var request = _root.Request("sh", "-c", "mkdir /tmp/made 2>&1");
        var seccomp = new SeccompSpec
        {
            DefaultAction = "SCMP_ACT_ALLOW",
            ListenerPath = Place,
            ListenerMetadata = "what the profile says",
            Syscalls = [new SeccompRule { Names = calls, Action = "SCMP_ACT_NOTIFY" }],
        };
        var spec = request.Spec with { Linux = request.Spec.Linux! with { Seccomp = seccomp }, Process = request.Spec.Process! with { NoNewPrivileges = noNewPrivileges } };
        return request with { Spec = spec };
    }

    /// <summary>Takes the descriptor, lets the next call that it hears of fail, and gives what came with the descriptor.</summary>
    private static unsafe string AnswerOnce(SafeFileHandle listener, int error)
    {
        const nuint ReceiveNotification = 0xC0502100;
        const nuint SendAnswer = 0xC0182101;
        const int NotificationLength = 80;
        using var connection = SocketCalls.Accept(listener);
        Span<int> numbers = stackalloc int[1];
        var text = new byte[4096];
        Assert.Equal(1, SocketCalls.ReceiveDescriptors(connection, numbers, text, out var length));
        using var filter = new SafeFileHandle(numbers[0], ownsHandle: true);

        // struct seccomp_notif begins with the call's cookie, and so does struct seccomp_notif_resp: id, value, error, flags.
        var notification = stackalloc byte[NotificationLength];
        new Span<byte>(notification, NotificationLength).Clear();
        Assert.Equal(0, Libc.ioctl(filter, ReceiveNotification, (nint)notification));
        var answer = stackalloc long[3];
        answer[0] = *(long*)notification;
        answer[1] = 0;
        answer[2] = (uint)-error;
        Assert.Equal(0, Libc.ioctl(filter, SendAnswer, (nint)answer));
        return Encoding.UTF8.GetString(text, 0, length);
    }
}

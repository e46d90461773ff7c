using Bld.Runtime.Linux;

namespace Bld.Runtime.Tests;

public sealed class CommandErrorTests : IDisposable
{
    private readonly BusyboxRoot _root = new();

    public void Dispose() => _root.Dispose();

    [Fact]
    public void A_typo_is_not_found_in_the_path() =>
        Expect(["bahs"], "exec: \"bahs\": executable file not found in $PATH", Errno.ENOENT, 127);

    [Fact]
    public void An_absolute_path_that_is_missing_is_named() =>
        Expect(["/bin/bsybox"], "exec: \"/bin/bsybox\": stat /bin/bsybox: no such file or directory", Errno.ENOENT, 127);

    [Fact]
    public void A_directory_is_not_a_command() => Expect(["/etc"], "exec: \"/etc\": is a directory: permission denied", Errno.EISDIR, 126);

    [Fact]
    public void A_file_without_the_execute_bit_is_refused() =>
        Expect(["/etc/passwd"], "exec: \"/etc/passwd\": permission denied", Errno.EACCES, 126);

    [Fact]
    public void A_file_of_no_known_format_says_so()
    {
        Write("garb", "garbage");
        Expect(["/garb"], "exec /garb: exec format error (neither a program nor a script with a #! line)", Errno.ENOEXEC, 126);
    }

    [Fact]
    public void A_program_for_another_machine_says_for_which()
    {
        var program = File.ReadAllBytes(_root.In("bin/busybox"));
        program[18] = program[18] == 183 ? (byte)62 : (byte)183;
        File.WriteAllBytes(_root.In("foreign"), program);
        File.SetUnixFileMode(_root.In("foreign"), UnixFileMode.UserRead | UnixFileMode.UserExecute);
        var failure = Assert.Throws<ContainerException>(() => BusyboxRoot.Run(_root.Request("/foreign")));
        Assert.StartsWith("exec /foreign: exec format error (the file is for a", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_missing_interpreter_is_named()
    {
        Write("script", "#!/usr/bin/bsh -e\n");
        Expect(["/script"], "exec /script: its interpreter \"/usr/bin/bsh\" was not found: no such file or directory", Errno.ENOENT, 127);
    }

    [Fact]
    public void A_carriage_return_in_the_interpreters_name_is_shown()
    {
        Write("script", "#!/bin/sh\r\n");
        Expect(["/script"], "exec /script: its interpreter \"/bin/sh\\r\" was not found: no such file or directory", Errno.ENOENT, 127);
    }

    [Fact]
    public void Init_gives_the_same_errors()
    {
        var failure = Assert.Throws<ContainerException>(() => BusyboxRoot.Run(_root.Request("bahs") with { Init = true }));
        Assert.Equal(127, failure.ExitCode);
        Write("garb", "garbage");
        failure = Assert.Throws<ContainerException>(() => BusyboxRoot.Run(_root.Request("/garb") with { Init = true }));
        Assert.Equal(126, failure.ExitCode);
    }

    [Fact]
    public void A_missing_source_of_a_bind_is_named()
    {
        var request = _root.Request("true");
        var mount = new Spec.MountSpec { Destination = "/mnt", Type = "bind", Source = "/nowhere/at/all" };
        request = request with { Spec = request.Spec with { Mounts = [.. request.Spec.Mounts!, mount] } };
        var failure = Assert.Throws<ContainerException>(() => BusyboxRoot.Run(request));
        Assert.Equal("mount /mnt: source /nowhere/at/all: no such file or directory", failure.Message);
    }

    private void Expect(string[] command, string message, Errno errno, int code)
    {
        var failure = Assert.Throws<ContainerException>(() => BusyboxRoot.Run(_root.Request(command)));
        Assert.Equal((message, errno, code), (failure.Message, failure.Errno, failure.ExitCode));
    }

    private void Write(string name, string text)
    {
        File.WriteAllText(_root.In(name), text);
        File.SetUnixFileMode(_root.In(name), UnixFileMode.UserRead | UnixFileMode.UserExecute);
    }
}

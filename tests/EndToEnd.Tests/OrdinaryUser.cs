using System.Security.Cryptography;

namespace Bld.EndToEnd.Tests;

/// <summary>A user of this machine that lives as long as a test, with a home, copies of the executables and a store of its own.</summary>
internal sealed class OrdinaryUser : IDisposable
{
    private readonly string _folder = Path.Combine(Path.GetTempPath(), $"bld-user-{RandomNumberGenerator.GetHexString(10, lowercase: true)}");
    private readonly string _name = $"bld{RandomNumberGenerator.GetHexString(10, lowercase: true)}";

    /// <param name="hasRanges">Whether /etc/subuid and /etc/subgid give it ids of its own.</param>
    internal OrdinaryUser(bool hasRanges = true)
    {
        Directory.CreateDirectory(_folder);
        BldHome.Peer("chmod", "755", _folder);
        // The files of users are locked while somebody else changes them.
        var made = SpinWait.SpinUntil(
            () =>
            {
                var outcome = BldHome.Run("useradd", [.. hasRanges ? (string[])["-K", "SUB_UID_COUNT=65536"] : ["-r"], "-m", "-d", Home, "-s", "/bin/sh", _name]);
                Thread.Sleep(outcome.Code == 0 ? 0 : 100);
                return outcome.Code == 0;
            },
            TimeSpan.FromSeconds(20));
        Assert.True(made, "useradd failed");
        File.Copy(BldHome.Executable, Executable);
        File.Copy(BldHome.RuntimeExecutable, In("bldrun"));
        BldHome.Peer("chmod", "755", Executable, In("bldrun"));
    }

    internal string Name => _name;

    internal string Home => Path.Combine(_folder, "home");

    internal string Executable => Path.Combine(_folder, "bld");

    /// <summary>Runs a command line of a shell as this user, with <c>bld</c> in the path.</summary>
    internal Outcome Shell(string script) => BldHome.Run("setpriv", Arguments(script));

    /// <summary>The same, and it has to succeed; what it printed.</summary>
    internal string Succeed(string script)
    {
        var outcome = Shell(script);
        Assert.True(outcome.Code == 0, $"{script}: exit {outcome.Code}\n{outcome.Output}{outcome.Error}");
        return outcome.Output.Trim();
    }

    /// <summary>The same where everybody may use /dev/fuse and this user has a directory in an overlay, both in a mount namespace of their own.</summary>
    /// <param name="script">Finds the directory as <c>$OVERLAY</c>.</param>
    internal Outcome ShellWithFuse(string script)
    {
        var place = In("fuse");
        Directory.CreateDirectory(place);
        var prepare = $"mount -t tmpfs none {place} && cd {place} && mkdir lower upper work merged && mknod fuse c 10 229 && chmod 666 fuse && mount --bind fuse /dev/fuse "
            + "&& mount -t overlay -o lowerdir=lower,upperdir=upper,workdir=work none merged && chmod 777 merged && exec setpriv \"$@\"";
        return BldHome.Run("unshare", ["--mount", "sh", "-c", prepare, "sh", .. Arguments($"OVERLAY={place}/merged; {script}")]);
    }

    /// <summary>How many processes of a name this user has.</summary>
    internal int Count(string name) => BldHome.Run("pgrep", "-u", _name, name).Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Length;

    /// <summary>Writes a file that everybody can read.</summary>
    internal void Write(string path, string content)
    {
        var full = Path.Combine(_folder, path);
        Directory.CreateDirectory(Path.GetDirectoryName(full)!);
        File.WriteAllText(full, content);
    }

    /// <summary>The path of a file of <see cref="Write"/>.</summary>
    internal string In(string path) => Path.Combine(_folder, path);

    internal System.Diagnostics.Process Start(string script) => BldHome.StartProcess("setpriv", Arguments(script));

    public void Dispose()
    {
        // By id, because the processes of a user namespace have its ids only.
        BldHome.Run("pkill", "-KILL", "-u", _name);
        SpinWait.SpinUntil(() => BldHome.Run("userdel", _name).Code is 0 or 6, TimeSpan.FromSeconds(20));
        BldHome.Run("rm", "-rf", _folder);
    }

    private string[] Arguments(string script) =>
    [
        "--reuid", _name, "--regid", _name, "--init-groups", "--reset-env", "sh", "-c",
        $"export PATH={_folder}:$PATH HOME={Home} XDG_DATA_HOME={Home}/data; cd {Home} && {script}",
    ];
}

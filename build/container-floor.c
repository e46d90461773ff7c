/*
 * The floor of build/bench.py for W9: what the kernel alone takes for the container that the bench has others make. Namespaces, cgroup,
 * mounts, devices, masked and read-only paths, pivot_root and the exec of /bin/true; no configuration, no checks of what an image might
 * hold, no state, no capabilities, no filter. Usage: container-floor ROOTFS CGROUP
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <linux/sched.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

#define MUST(call) do { if ((call) < 0) { perror(#call); exit(1); } } while (0)
#define PLAIN (MS_NOSUID | MS_NODEV | MS_NOEXEC)

static const char *masked[] = {
    "proc/acpi", "proc/interrupts", "proc/kcore", "proc/keys", "proc/latency_stats", "proc/sched_debug", "proc/scsi", "proc/timer_list",
    "proc/timer_stats", "sys/devices/virtual/powercap", "sys/firmware", "sys/fs/selinux",
};
static const char *read_only[] = { "proc/asound", "proc/bus", "proc/fs", "proc/irq", "proc/sys", "proc/sysrq-trigger" };
static const struct { const char *path; unsigned major, minor; } devices[] = {
    { "dev/null", 1, 3 }, { "dev/zero", 1, 5 }, { "dev/full", 1, 7 }, { "dev/random", 1, 8 }, { "dev/urandom", 1, 9 }, { "dev/tty", 5, 0 },
};
static const char *links[][2] = {
    { "/proc/self/fd", "dev/fd" }, { "/proc/self/fd/0", "dev/stdin" }, { "/proc/self/fd/1", "dev/stdout" },
    { "/proc/self/fd/2", "dev/stderr" }, { "pts/ptmx", "dev/ptmx" }, { "/proc/kcore", "dev/core" },
};

static void become_true(const char *root)
{
    MUST(unshare(CLONE_NEWCGROUP));
    MUST(mount("", "/", NULL, MS_REC | MS_SLAVE, NULL));
    MUST(mount(root, root, NULL, MS_BIND | MS_REC, NULL));
    MUST(chdir(root));
    MUST(mount("proc", "proc", "proc", PLAIN, NULL));
    MUST(mount("tmpfs", "dev", "tmpfs", MS_NOSUID | MS_NOEXEC | MS_STRICTATIME, "mode=755,size=65536k"));
    MUST(mkdir("dev/pts", 0755));
    MUST(mkdir("dev/shm", 01777));
    MUST(mkdir("dev/mqueue", 01777));
    MUST(mount("devpts", "dev/pts", "devpts", MS_NOSUID | MS_NOEXEC, "newinstance,ptmxmode=0666,mode=0620,gid=5"));
    MUST(mount("shm", "dev/shm", "tmpfs", PLAIN, "mode=1777,size=65536k"));
    MUST(mount("mqueue", "dev/mqueue", "mqueue", PLAIN, NULL));
    MUST(mount("sysfs", "sys", "sysfs", PLAIN | MS_RDONLY, NULL));
    MUST(mount("cgroup", "sys/fs/cgroup", "cgroup2", PLAIN | MS_RDONLY, NULL));
    for (size_t i = 0; i < sizeof devices / sizeof *devices; i++) {
        MUST(mknod(devices[i].path, S_IFCHR | 0666, makedev(devices[i].major, devices[i].minor)));
    }
    for (size_t i = 0; i < sizeof links / sizeof *links; i++) {
        MUST(symlink(links[i][0], links[i][1]));
    }
    for (size_t i = 0; i < sizeof read_only / sizeof *read_only; i++) {
        if (mount(read_only[i], read_only[i], NULL, MS_BIND | MS_REC, NULL) == 0) {
            MUST(mount("", read_only[i], NULL, MS_BIND | MS_REMOUNT | PLAIN | MS_RDONLY, NULL));
        }
    }
    for (size_t i = 0; i < sizeof masked / sizeof *masked; i++) {
        struct stat status;
        if (stat(masked[i], &status) == 0) {
            MUST(S_ISDIR(status.st_mode) ? mount("tmpfs", masked[i], "tmpfs", MS_RDONLY, NULL) : mount("/dev/null", masked[i], NULL, MS_BIND, NULL));
        }
    }
    MUST(syscall(SYS_pivot_root, ".", "."));
    MUST(umount2(".", MNT_DETACH));
    MUST(chdir("/"));
    MUST(sethostname("floor", 5));
    execl("/bin/true", "true", NULL);
    perror("/bin/true");
    _exit(127);
}

int main(int count, char **words)
{
    if (count != 3) {
        return 2;
    }
    MUST(mkdir(words[2], 0755));
    int cgroup = open(words[2], O_PATH | O_DIRECTORY | O_CLOEXEC);
    struct clone_args call = {
        .flags = CLONE_NEWPID | CLONE_NEWNS | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWNET | CLONE_INTO_CGROUP,
        .exit_signal = SIGCHLD,
        .cgroup = (uint64_t)cgroup,
    };
    long child = syscall(SYS_clone3, &call, sizeof call);
    if (child == 0) {
        become_true(words[1]);
    }
    MUST(child);
    int status;
    MUST(waitpid((pid_t)child, &status, 0));
    MUST(rmdir(words[2]));
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128;
}

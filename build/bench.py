#!/usr/bin/env python3
"""Times bld against its peers and the machine's floors, in one run, in alternation.

Each workload runs once unmeasured and then N times for each contender in turn, so that a noisy machine disturbs all of them alike.
What one leaves in the page cache goes to the disk before the next begins: a build that ends with a sync would pay for it.
Nothing is deleted between runs: ext4 shuns the inodes of files deleted a minute ago, which makes the next thousands of files cost ten times as much.
Printed: the median of the wall time, its ratio to bld's, CPU time, peak memory and bytes written. What a workload does is said by its
docstring. Results go to a JSON file, and with --publish to docs/performance.md and its drawings.

A peer that fails leaves the comparison; a workload that bld fails is told at the end, and the exit code is 1.
"""
import argparse
import contextlib
import ctypes
import hashlib
import json
import os
import platform
import random
import resource
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request

import benchplot

HERE = os.path.dirname(os.path.abspath(__file__))
BUSYBOX = "/bin/busybox"
ISOLATION = "chroot"
OCI = "application/vnd.oci.image."
SLOW_RUNS = 3
MAIN = '#include <stdio.h>\n#include "zlib.h"\nint main(void) { puts(zlibVersion()); return 0; }\n'


def run_flags(name):
    """The flags of a contender's run; none for one that has no such command. Buildah's chroot isolation has the host's network: like with like."""
    return {"bld": ["--network", "host"], "buildah": ["--isolation", ISOLATION]}.get(name)


class Measure:
    """Wall seconds, CPU seconds, peak memory in MiB and MiB written, of one command with all its children, and its exit code."""

    def __init__(self, wall, cpu, memory, written, code):
        self.wall, self.cpu, self.memory, self.written, self.code = wall, cpu, memory, written, code


class Failed(Exception):
    """A command did not end with 0."""


class Launcher:
    """
    Starts commands from a process that was forked while this program was small: a child's peak memory begins at its parent's, so
    started from here each would seem to need as much as the inputs did that were made before.
    """

    def __init__(self, prepare=None):
        """prepare() is called in that process."""
        asked, self.ask = os.pipe()
        self.answer, answering = os.pipe()
        self.process = os.fork()
        if self.process == 0:
            os.close(self.ask)
            if prepare:
                prepare()
            self.serve(os.fdopen(asked), os.fdopen(answering, "w"))
            os._exit(0)
        os.close(asked)
        os.close(answering)
        self.ask, self.answer = os.fdopen(self.ask, "w"), os.fdopen(self.answer)

    @staticmethod
    def serve(asked, answering):
        for line in asked:
            order = json.loads(line)
            with tempfile.TemporaryFile() as log:
                written, start = disk_written(), time.monotonic()
                process = subprocess.Popen(order["command"], shell=isinstance(order["command"], str), cwd=order["cwd"], env={**os.environ, **order["env"]},
                                           stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT)
                _, status, usage = os.wait4(process.pid, 0)
                wall = time.monotonic() - start
                process.returncode = os.waitstatus_to_exitcode(status)
                log.seek(max(0, os.fstat(log.fileno()).st_size - 3000))
                said = log.read().decode(errors="replace")
            print(json.dumps({"code": process.returncode, "said": said, "measure": [
                wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024, disk_written() - written]}), file=answering, flush=True)

    def run(self, command, cwd=None, env=None, check=True):
        """Runs one command to its end and measures it; the shell is only used for a string."""
        print(json.dumps({"command": command, "cwd": cwd, "env": env or {}}), file=self.ask, flush=True)
        answer = json.loads(self.answer.readline())
        if check and answer["code"] != 0:
            raise Failed(f"{command if isinstance(command, str) else ' '.join(command)} failed with {answer['code']}:\n{answer['said']}")
        return Measure(*answer["measure"], answer["code"])


def hide_cgroup_v1():
    """Leaves this process a mount namespace in which cgroup v2 is all there is, as most hosts have it; crun refuses a mixture."""
    new_mounts = 0x20000
    if ctypes.CDLL(None).unshare(new_mounts) != 0:
        raise OSError("a mount namespace can't be made")
    subprocess.run("mount --make-rprivate / && umount -R /sys/fs/cgroup; mount -t cgroup2 none /sys/fs/cgroup", shell=True, check=True)


def stand_alone(_):
    """Lets what the run before has set off come to rest."""
    time.sleep(0.1)


def disk_written():
    """MiB that went to block devices since boot."""
    total = 0
    with open("/proc/diskstats") as lines:
        for line in lines:
            fields = line.split()
            if not fields[2].startswith(("loop", "ram")) and os.path.exists(f"/sys/block/{fields[2]}"):
                total += int(fields[9])
    return total * 512 / 2**20


LAUNCHER = None


def run(*arguments, **named):
    return LAUNCHER.run(*arguments, **named)


class Bld:
    name = "bld"

    def __init__(self, home, binary):
        self.command = [binary, "--root", f"{home}/bld", "--runroot", f"{home}/bld-run"]

    def build(self, context, tag, cached, file="Dockerfile", network="host"):
        return self.command + ["bud", "-q", "--network", network, "-t", tag, "-f", f"{context}/{file}"] + ([] if cached else ["--no-cache"]) + [context]

    def push(self, tag, target, *flags):
        return self.command + ["push", "-q", *flags, tag, target]

    def pull(self, source):
        return self.command + ["pull", "-q", source]


class Buildah(Bld):
    name = "buildah"

    def __init__(self, home):
        self.command = ["buildah", "--log-level", "fatal", "--root", f"{home}/buildah", "--runroot", f"{home}/buildah-run"]

    def build(self, context, tag, cached, file="Dockerfile"):
        layers = ["--layers"] + ([] if cached else ["--no-cache"])
        return self.command + ["bud", "-q", "--isolation", ISOLATION, "--network", "host", "-t", tag, "-f", f"{context}/{file}"] + layers + [context]

    def push(self, tag, target, *flags):
        return self.command + ["push", "-q", "--tls-verify=false", *flags, tag, target]

    def pull(self, source):
        return self.command + ["pull", "-q", "--tls-verify=false", source]


class BuildKit:
    """The BuildKit inside Debian's docker.io."""
    name = "buildkit"

    def __init__(self, home):
        self.socket = f"unix://{home}/docker.sock"
        self.log = open(f"{home}/docker.log", "w")
        self.daemon = subprocess.Popen(
            ["dockerd", "--data-root", f"{home}/docker", "--exec-root", f"{home}/docker-run", "-H", self.socket, "-p", f"{home}/docker.pid",
             "--iptables=false", "--bridge=none", "--storage-driver", "overlay2"], stdout=self.log, stderr=subprocess.STDOUT)
        self.command = ["/usr/bin/docker", "-H", self.socket]
        for _ in range(100):
            if subprocess.run(self.command + ["version"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False).returncode == 0:
                return
            time.sleep(0.1)
        self.close()
        raise RuntimeError("dockerd does not start here")

    def close(self):
        self.daemon.terminate()
        self.daemon.wait()

    def build(self, context, tag, cached, file="Dockerfile"):
        return ["env", "DOCKER_BUILDKIT=1"] + self.command + ["build", "-q", "--network", "host", "-t", tag, "-f", f"{context}/{file}"] + ([] if cached else ["--no-cache"]) + [context]


class Bench:
    def __init__(self, arguments, home, contenders):
        self.runs, self.home, self.contenders, self.many = arguments.runs, home, contenders, arguments.many
        self.results, self.curves, self.failures = [], [], []

    def compare(self, title, commands, before=None, runs=None, warm=True):
        """Runs {name: command} in alternation and prints a row each; before(name) sets the stage, unmeasured."""
        commands, measures = dict(commands), {name: [] for name in commands}
        for round_ in range((runs or self.runs) + warm):
            for name, command in list(commands.items()):
                try:
                    if before:
                        before(name)
                    os.sync()
                    measure = command() if callable(command) else run(command)
                except Failed as failure:
                    del commands[name]
                    del measures[name]
                    self.failures.append(f"{title}: {name}: {failure}")
                    continue
                if round_ >= warm:
                    measures[name].append(measure)
        if not measures:
            return
        rows = {}
        for name, taken in measures.items():
            rows[name] = {field: statistics.median(getattr(each, field) for each in taken) for field in ("wall", "cpu", "memory", "written")}
        base = rows.get("bld", next(iter(rows.values())))["wall"]
        print(f"\n{title}")
        for name, row in rows.items():
            print(f"  {name:<28}{row['wall'] * 1000:10.1f} ms  x{row['wall'] / base:6.2f}  cpu {row['cpu'] * 1000:8.1f} ms  {row['memory']:7.1f} MiB  written {row['written']:8.1f} MiB", flush=True)
        self.results.append({"workload": title, "rows": rows})

    def grow(self, title, points):
        """Medians of three for each (work, command) or (work, command, before), of bld alone."""
        taken = []
        for count, command, *before in points:
            walls = []
            for _ in range(3):
                for each in before:
                    each()
                walls.append(run(command).wall)
            taken.append((count, statistics.median(walls)))
        print(f"\n{title}\n  " + "   ".join(f"{count}: {wall * 1000:.0f} ms" for count, wall in taken), flush=True)
        self.curves.append({"title": title, "points": taken})

    @property
    def bld(self):
        return self.contenders[0]

    def context(self, name, files):
        folder = f"{self.home}/{name}"
        for path, content in files.items():
            full = os.path.join(folder, path)
            os.makedirs(os.path.dirname(full), exist_ok=True)
            with open(full, "w") as file:
                file.write(content)
        return folder

    def base(self):
        folder = self.context("base", {"Dockerfile": 'FROM scratch\nCOPY busybox /bin/busybox\nRUN ["/bin/busybox", "--install", "-s", "/bin"]\nENV PATH=/bin\nCMD ["sh"]\n'})
        shutil.copy(BUSYBOX, f"{folder}/busybox")
        for contender in list(self.contenders):
            try:
                run(contender.build(folder, "localhost/base", True))
            except Failed as failure:
                self.failures.append(f"{contender.name} can't be compared: {failure}")
                self.contenders.remove(contender)

    def steps(self):
        """The context of ten RUNs of true."""
        return self.context("steps", {"Dockerfile": "FROM localhost/base\n" + "".join(f"RUN true {i}\n" for i in range(10))})

    def ten_steps(self):
        """W1 and W2: ten RUN of true, with nothing and with everything in the cache."""
        folder = self.steps()
        commands = {each.name: each.build(folder, "steps", False) for each in self.contenders}
        self.compare("W1 ten trivial RUNs, uncached", {**commands, "bld, private network": self.bld.build(folder, "steps", False, network="private")})
        self.compare("W2 ten trivial RUNs, cached", {each.name: each.build(folder, "steps", True) for each in self.contenders})

    def many_files(self):
        """W3: COPY of 20,000 files of 10 kB and a RUN."""
        folder = self.context("files", {"Dockerfile": "FROM localhost/base\nCOPY tree /tree\nRUN true\n"})
        make_tree(f"{folder}/tree", 20000, 10_000)
        copies = iter(range(1_000_000))
        self.compare("W3a COPY of 20,000 files and a RUN: uncached",
                     {**{each.name: each.build(folder, "files", False) for each in self.contenders},
                      "floor: cp -a": lambda: run(["cp", "-a", f"{folder}/tree", f"{self.home}/cp{next(copies)}"]),
                      "floor: tar | sha256sum": f"tar -C {folder} -c tree | sha256sum"})
        changes = iter(range(1_000_000))

        def change(_):
            with open(f"{folder}/tree/d7/f7", "w") as file:
                file.write(str(next(changes)).ljust(10_000))
        self.compare("W3b ... one file changed", {each.name: each.build(folder, "files", True) for each in self.contenders}, change)
        self.compare("W3c ... nothing changed", {each.name: each.build(folder, "files", True) for each in self.contenders})

    def big_layer(self):
        """W4: a RUN that makes 1 GiB of half-compressible data; pushes to a registry on loopback."""
        folder = self.context("big", {"Dockerfile": "FROM localhost/base\nCOPY make /make\nRUN sh /make\n",
                                      "make": "i=0; while [ $i -lt 16 ]; do cat /dev/urandom | head -c 33554432 > /big$i; head -c 33554432 /dev/zero | tr '\\0' 'x' >> /big$i; i=$((i+1)); done\n"})
        local = [each for each in self.contenders if each.name != "buildkit"]
        self.compare("W4a RUN that makes 1 GiB", {**{each.name: each.build(folder, "big", False) for each in self.contenders},
                                                  "floor: the same command": f"d=$(mktemp -d {self.home}/w4.XXXX) && sed \"s|/big|$d/big|g\" {folder}/make | {BUSYBOX} sh && ln -sfn $d {self.home}/w4",
                                                  "floor: openssl's sha256": f"cat {self.home}/w4/* | openssl dgst -sha256",
                                                  "floor: sha256sum": f"cat {self.home}/w4/* | sha256sum"})
        with registry(self.home) as port:
            def fresh(name):
                if name.startswith(("bld", "buildah")):
                    port.clear()
            for kind, flags in (("gzip", []), ("zstd", ["--compression-format", "zstd"])):
                self.compare(f"W4b first push of 1 GiB, {kind}",
                             {**{each.name: each.push("big", f"docker://127.0.0.1:{port}/big:{kind}", *flags, *(["--force-compression"] if each.name == "bld" else [])) for each in local},
                              "floor: cat | pigz" if kind == "gzip" else "floor: cat | zstd -T0": f"cat {self.home}/w4/* | {'pigz' if kind == 'gzip' else 'zstd -T0 -q'} | cat > /dev/null"}, fresh)
            self.compare("W4c second push of 1 GiB", {each.name: each.push("big", f"docker://127.0.0.1:{port}/big:gzip") for each in local})
            self.compare("W4d pull of 1 GiB", {each.name: self.fresh_pull(each, f"127.0.0.1:{port}/big:gzip") for each in local})

    def parallel_stages(self):
        """W5: four stages of sleep 2 that don't need each other."""
        text = "".join(f"FROM localhost/base AS s{i}\nRUN sleep 2 && echo {i} > /out\n" for i in range(4))
        folder = self.context("stages", {"Dockerfile": text + "FROM localhost/base\n" + "".join(f"COPY --from=s{i} /out /out{i}\n" for i in range(4))})
        commands = {each.name: each.build(folder, "stages", False) for each in self.contenders}
        for name in ("bld", "buildah"):
            commands[name] = commands[name][:-1] + ["--jobs", "4", commands[name][-1]]
        self.compare("W5 four independent stages of sleep 2", commands)

    def c_project(self):
        """W6: zlib from Debian's source on Debian: apt-get install of a compiler, apt-get source, configure, make, and a second stage. No warm-up run."""
        folder = self.context("c", {
            "debian/Dockerfile": "FROM scratch\nADD rootfs.tar /\nENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin DEBIAN_FRONTEND=noninteractive\nCMD [\"bash\"]\n",
            "Dockerfile": "FROM localhost/debian AS build\n"
                          "RUN find /etc/apt -name '*.list' -o -name '*.sources' | xargs sed -i -e 's/^Types: deb$/& deb-src/' -e 's/^deb .*/&\\n&/;s/\\ndeb/\\ndeb-src/' && apt-get update -qq && apt-get install -y -qq --no-install-recommends bzip2 gcc libc6-dev make >/dev/null\n"
                          "RUN mkdir /src && cd /src && apt-get source -qq --download-only zlib && tar xf zlib_*.orig.tar.* --strip-components=1\n"
                          "COPY main.c /src/\nRUN cd /src && ./configure >/dev/null && make -s libz.a && gcc -O2 -o /main main.c libz.a\n"
                          "FROM localhost/debian\nCOPY --from=build /main /usr/bin/main\nRUN main\n",
            "main.c": MAIN})
        environment = {"BLD": " ".join(self.bld.command)}
        run([f"{HERE}/debian-base"], env=environment)
        cache = os.environ.get("XDG_CACHE_HOME", os.path.expanduser("~/.cache"))
        tarball = next(f"{cache}/bld/{name}" for name in sorted(os.listdir(f"{cache}/bld")) if name.startswith("debian-") and name.endswith(".tar"))
        shutil.copy(tarball, f"{folder}/debian/rootfs.tar")
        able = []
        for each in self.contenders:
            try:
                run(each.build(f"{folder}/debian", "localhost/debian", True))
                able.append(each)
            except Failed as failure:
                self.failures.append(f"W6: {each.name}: {failure}")
        self.compare("W6a a C project on Debian with apt, uncached", {each.name: each.build(folder, "c", False) for each in able}, runs=SLOW_RUNS, warm=False)
        versions = iter(range(1_000_000))

        def change(_):
            with open(f"{folder}/main.c", "w") as file:
                file.write(f"/* {next(versions)} */\n{MAIN}")
        for each in able:
            run(each.build(folder, "c", True))
        self.compare("W6b ... its source changed", {each.name: each.build(folder, "c", True) for each in able}, change, runs=SLOW_RUNS)
        self.compare("W6c ... nothing changed", {each.name: each.build(folder, "c", True) for each in able})

    def fresh_pull(self, contender, name):
        """A pull into an empty store, which is thrown away first."""
        def pull():
            home = f"{self.home}/fresh"
            subprocess.run(f"umount -R {home}/buildah/overlay 2>/dev/null; rm -rf {home}", shell=True, check=False)
            os.makedirs(home)
            return run((Bld(home, self.bld.command[0]) if contender.name == "bld" else Buildah(home)).pull(name))
        return pull

    def first_pushes(self, title, image):
        """Pushes of a local image to a registry that is empty each time."""
        with registry(self.home) as port:
            self.compare(title, {each.name: each.push(image, f"docker://127.0.0.1:{port}/{image}:1", *(["--force-compression"] if each.name == "bld" else []))
                                 for each in self.contenders if each.name != "buildkit"}, lambda name: port.clear())

    def pull_image(self):
        """W7: a pull of 300 MB in 8 layers, gzip; pushes of it, and of as much of this machine's programs and texts in one layer."""
        bld = self.bld
        text = "FROM localhost/base\n" + "".join(f"RUN i=0; while [ $i -lt 300 ]; do head -c 65536 /dev/urandom > /l{layer}-$i; head -c 65536 /l{layer}-$i >> /l{layer}-$i.b; i=$((i+1)); done\n" for layer in range(8))
        folder = self.context("eight", {"Dockerfile": text})
        run(bld.build(folder, "eight", True))
        with registry(self.home) as port:
            name = f"127.0.0.1:{port}/eight:latest"
            run(bld.push("eight", f"docker://{name}"))
            places = (f"{self.home}/fresh{number}" for number in range(1_000_000))
            pulls = {"bld": lambda: run(Bld(next(places), bld.command[0]).pull(name))}
            if shutil.which("buildah"):
                pulls["buildah"] = lambda: run(Buildah(next(places)).pull(name))
            ask = urllib.request.Request(f"http://127.0.0.1:{port}/v2/eight/manifests/latest", headers={"Accept": "application/vnd.oci.image.manifest.v1+json"})
            urls = [f"http://127.0.0.1:{port}/v2/eight/blobs/{layer['digest']}" for layer in json.load(urllib.request.urlopen(ask))["layers"]]
            run(f"curl -s {' '.join(urls)} > {self.home}/eight.gz")
            self.compare("W7 pull of 300 MB in 8 layers", {
                **pulls,
                "floor: skopeo copy to dir:": lambda: run(["skopeo", "copy", "-q", "--src-tls-verify=false", f"docker://{name}", f"dir:{next(places)}"]),
                "floor: curl": f"curl -s --parallel {' '.join(f'-o /dev/null {url}' for url in urls)}",
                "floor: gzip -dc": f"gzip -dc {self.home}/eight.gz > /dev/null"})
        local = [each for each in self.contenders if each.name != "buildkit"]
        for each in local[1:]:
            run(each.build(folder, "eight", True))
        self.first_pushes("W7b first push of 300 MB in 8 layers", "eight")
        with registry(self.home) as port:
            pushes = {each.name: each.push("eight", f"docker://127.0.0.1:{port}/{each.name}:1") for each in local}
            for push in pushes.values():
                run(push)
            self.compare("W7c second push of 300 MB in 8 layers", pushes)
        folder = self.context("usr", {"Dockerfile": "FROM localhost/base\nCOPY usr /usr\n"})
        copy_programs(f"{folder}/usr", 300_000_000)
        for each in local:
            run(each.build(folder, "usr", True))
        self.first_pushes("W7d first push of 300 MB of programs and texts", "usr")

    def scripted(self):
        """W8: from, 5 run, copy, config, commit, rm as ten calls."""
        folder = self.context("script", {"file": "content"})

        def script(contender, flags):
            tool = " ".join(contender.command)
            return ["sh", "-ec", f"c=$({tool} from -q localhost/base); for i in 1 2 3 4 5; do {tool} run {flags} $c -- true; done; "
                                 f"{tool} copy -q $c {folder}/file /; {tool} config --env a=b $c; {tool} commit -q $c scripted; {tool} rm $c"]
        commands = {each.name: script(each, " ".join(run_flags(each.name))) for each in self.contenders if run_flags(each.name)}
        self.compare("W8 scripted build, ten calls", {**commands, "bld, private network": script(self.bld, "")})

    def container_start(self):
        """W9: one container of /bin/true from its bundle, where cgroup v2 is all there is, and on the host as it is; one command in a working container;
        the program alone.

        Each stands alone: right behind another one the kernel's waits for all processors cost nothing."""
        runs = max(self.runs, 31)
        bundle = f"{self.home}/bundle"
        os.makedirs(f"{bundle}/rootfs/bin", exist_ok=True)
        for folder in ("proc", "sys", "dev"):
            os.makedirs(f"{bundle}/rootfs/{folder}", exist_ok=True)
        shutil.copy(BUSYBOX, f"{bundle}/rootfs/bin/true")
        bldrun = os.path.join(os.path.dirname(os.path.abspath(self.bld.command[0])), "bldrun")
        run([bldrun, "spec"], cwd=bundle)
        spec = json.load(open(f"{bundle}/config.json"))
        spec["process"].update(args=["/bin/true"], terminal=False, rlimits=[])
        spec["linux"].pop("resources", None)
        json.dump(spec, open(f"{bundle}/config.json", "w"))
        run(["gcc", "-O2", "-o", f"{self.home}/floor", os.path.join(HERE, "container-floor.c")])
        hosts = (("W9a one container of /bin/true, cgroup v2 alone", Launcher(hide_cgroup_v1), {"floor: the same in C": [f"{self.home}/floor", f"{bundle}/rootfs", "/sys/fs/cgroup/bld-floor"]}),
                 ("W9b one container of /bin/true, this host", LAUNCHER, {"floor: unshare -fpmuin true": ["unshare", "-fpmuin", "--mount-proc", "true"]}))
        # States in memory, where engines have them: /run is not everywhere.
        with tempfile.TemporaryDirectory(prefix="bld-bench-", dir="/dev/shm") as states:
            commands = {name: [program, "--root", f"{states}/{name}", "run", "one"] for name, program in (("bld", bldrun), ("crun", "crun"), ("runc", "runc")) if shutil.which(program)}
            for title, launcher, floor in hosts:
                able = {name: command for name, command in commands.items() if name == "bld" or launcher.run(command, cwd=bundle, check=False).code == 0}
                self.compare(title, {name: (lambda command=command: launcher.run(command, cwd=bundle)) for name, command in {**able, **floor}.items()}, stand_alone, runs)
        local = [each for each in self.contenders if run_flags(each.name)]
        for each in local:
            run(each.command + ["from", "-q", "--name", "started", "localhost/base"])
        self.compare("W9c one command in a working container", {each.name: each.command + ["run", *run_flags(each.name), "started", "--", "true"] for each in local}, stand_alone)
        self.compare("W9d the program alone, `version`", {**{each.name: each.command[:1] + ["version"] for each in local}, "bldrun": [bldrun, "--version"], "floor: true, in C": ["/bin/true"]}, runs=runs)

    def growth(self):
        """How bld's cost grows: with layers, files, stages, and with what else the store holds."""
        bld, points, cached = self.bld, [], []
        for count in (10, 50, 100, 200):
            folder = self.context(f"layers{count}", {"Dockerfile": "FROM localhost/base\n" + "".join(f"RUN true {i}\n" for i in range(count))})
            points.append((count, bld.build(folder, f"layers{count}", False)))
            cached.append((count, bld.build(folder, f"layers{count}", True)))
        self.grow("RUNs in a row, uncached", points)
        self.grow("RUNs in a row, cached", cached)
        cold, again = [], []
        for count in (1_000, 10_000, 100_000) + ((500_000,) if self.many else ()):
            folder = self.context(f"files{count}", {"Dockerfile": "FROM localhost/base\nCOPY tree /tree\n"})
            make_tree(f"{folder}/tree", count, 1_000)
            cold.append((count, bld.build(folder, f"files{count}", False)))
            again.append((count, bld.build(folder, f"files{count}", True)))
        self.grow("files of a COPY, cold", cold)
        self.grow("files of a COPY, unchanged", again)
        points = []
        for count in (1, 2, 4, 8, 16):
            text = "".join(f"FROM localhost/base AS s{i}\nRUN sleep 0.5 && echo {i} > /out\n" for i in range(count))
            folder = self.context(f"stages{count}", {"Dockerfile": text + "FROM localhost/base\n" + "".join(f"COPY --from=s{i} /out /out{i}\n" for i in range(count))})
            points.append((count, bld.build(folder, f"stages{count}", False)[:-1] + ["--jobs", "16", folder]))
        self.grow("stages side by side, each sleeps 0.5 s", points)
        points, steps = [], self.steps()
        for count in (1, 1_000, 10_000):
            store = Bld(f"{self.home}/store{count}", bld.command[0])
            run(store.build(f"{self.home}/base", "localhost/base", True))
            fill(f"{self.home}/store{count}/bld/images", count - 1)
            run(store.build(steps, "steps", True))
            points.append((count, store.build(steps, "steps", True)))
        self.grow("images in the store, a build of ten cached steps", points)


def fill(images, count):
    """Adds images without layers to an OCI layout, as another program would: blobs, and lines in the index."""
    with open(f"{images}/index.json") as file:
        index = json.load(file)

    def blob(document):
        content = json.dumps(document, separators=(",", ":")).encode()
        digest = hashlib.sha256(content).hexdigest()
        with open(f"{images}/blobs/sha256/{digest}", "wb") as file:
            file.write(content)
        return {"digest": f"sha256:{digest}", "size": len(content)}
    for i in range(count):
        config = blob({"architecture": "amd64", "os": "linux", "author": f"{i}", "config": {}, "rootfs": {"type": "layers", "diff_ids": []}})
        manifest = blob({"schemaVersion": 2, "mediaType": OCI + "manifest.v1+json", "config": {"mediaType": OCI + "config.v1+json", **config}, "layers": []})
        index["manifests"].append({"mediaType": OCI + "manifest.v1+json", **manifest, "annotations": {"org.opencontainers.image.ref.name": f"localhost/other{i}:latest"}})
    with open(f"{images}/index.json.new", "w") as file:
        json.dump(index, file)
    os.rename(f"{images}/index.json.new", f"{images}/index.json")


class Port(int):
    clear = None


@contextlib.contextmanager
def registry(home):
    """Debian's docker-registry on a free port of loopback."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = Port(probe.getsockname()[1])
    data = f"{home}/registry"
    with open(f"{home}/registry.yml", "w") as file:
        file.write(f"version: 0.1\nlog: {{level: error}}\nstorage: {{filesystem: {{rootdirectory: {data}}}}}\nhttp: {{addr: '127.0.0.1:{port}'}}\n")
    port.clear = lambda: shutil.rmtree(f"{data}/docker", ignore_errors=True)
    process = subprocess.Popen(["docker-registry", "serve", f"{home}/registry.yml"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        for _ in range(100):
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 0.2):
                break
            time.sleep(0.1)
        yield port
    finally:
        process.terminate()
        process.wait()
        shutil.rmtree(data, ignore_errors=True)


def make_tree(root, count, size):
    """The same tree each time: names, sizes and contents come from a fixed seed."""
    if os.path.isdir(root):
        return
    source = random.Random(1)
    for i in range(count):
        folder = f"{root}/d{i % 200}"
        os.makedirs(folder, exist_ok=True)
        with open(f"{folder}/f{i // 200}", "wb") as file:
            file.write(source.randbytes(size))


def copy_programs(target, most):
    """What packages have put under /usr of this machine, in the order of names, up to a size."""
    for folder, folders, names in os.walk("/usr"):
        folders.sort()
        for name in sorted(names):
            path = os.path.join(folder, name)
            if os.path.islink(path) or not os.path.isfile(path) or os.path.getsize(path) > most // 10:
                continue
            most -= os.path.getsize(path)
            if most < 0:
                return
            os.makedirs(target + folder[4:], exist_ok=True)
            shutil.copyfile(path, target + folder[4:] + "/" + name)


def bounds(results):
    """What issue and README promise, as ratios of this run; only of what was measured."""
    rows = {result["workload"].split()[0]: result["rows"] for result in results}
    wanted = []

    def bound(name, text, value, limit, form="{:.1f} x"):
        wanted.append({"name": name, "wanted": text, "measured": form.format(value), "holds": bool(value >= limit if text.startswith("at least") else value <= limit)})

    def faster(workload, times, peer="buildah"):
        if {"bld", peer} <= set(rows.get(workload, {})):
            bound(f"{workload} against {peer}", f"at least {times} x faster", rows[workload][peer]["wall"] / rows[workload]["bld"]["wall"], times)
    for workload, times in (("W1", 10), ("W2", 5), ("W3a", 4), ("W3b", 15), ("W3c", 40), ("W4a", 3), ("W4b", 2), ("W4d", 2), ("W7", 2), ("W7b", 2), ("W7d", 2), ("W8", 8), ("W9c", 5)):
        faster(workload, times)
    wall = {workload: row["bld"]["wall"] for workload, row in rows.items() if "bld" in row}
    for workload, name, limit, each in (("W7c", "W7c", 0.100, 1), ("W1", "a step of W1", 0.015, 10), ("W2", "W2", 0.020, 1), ("W3c", "W3c", 0.120, 1), ("W5", "W5", 2.3, 1), ("W8", "W8", 0.150, 1), ("W9d", "`bld version`", 0.005, 1)):
        if workload in wall:
            bound(name, f"under {limit * 1000:.0f} ms", wall[workload] / each * 1000, limit * 1000, "{:.1f} ms" if limit < 0.01 else "{:.0f} ms")
    if "floor: cp -a" in rows.get("W3a", {}) and "W3a" in wall:
        bound("W3a against cp -a", "at most 2 x", wall["W3a"] / rows["W3a"]["floor: cp -a"]["wall"], 2)
    if {"W3a", "W3b"} <= set(wall):
        bound("W3b against W3a", "at most 0.2 x", wall["W3b"] / wall["W3a"], 0.2, "{:.2f} x")
    floors = rows.get("W4a", {})
    if {"bld", "floor: the same command", "floor: sha256sum"} <= set(floors):
        own = floors["bld"]["wall"] - floors["floor: the same command"]["wall"]
        bound("W4a less the command, against sha256sum", "at most 1.5 x", own / floors["floor: sha256sum"]["wall"], 1.5)
    if {"bld", "crun"} <= set(rows.get("W9a", {})):
        bound("W9a against crun", "at most 1 x", rows["W9a"]["bld"]["wall"] / rows["W9a"]["crun"]["wall"], 1, "{:.2f} x")
    if {"bld", "floor: the same in C"} <= set(rows.get("W9a", {})):
        bound("W9a against the floor", "at most 3 x", rows["W9a"]["bld"]["wall"] / rows["W9a"]["floor: the same in C"]["wall"], 3)
    for workload in ("W3a", "W4a", "W4b"):
        if {"bld", "buildah"} <= set(rows.get(workload, {})):
            bound(f"W10 memory of {workload} against buildah", "at most 1 x", rows[workload]["bld"]["memory"] / rows[workload]["buildah"]["memory"], 1, "{:.2f} x")
    return wanted


WORKLOADS = ["ten_steps", "many_files", "big_layer", "parallel_stages", "c_project", "pull_image", "scripted", "container_start", "growth"]


def main():
    global ISOLATION, LAUNCHER
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bld", default=os.path.join(HERE, "../out/bld"))
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--only", help="comma-separated: " + ",".join(WORKLOADS))
    parser.add_argument("--skip", default="", help="comma-separated, as for --only")
    parser.add_argument("--many", action="store_true", help="also a COPY of 500,000 files")
    parser.add_argument("--json", default="bench.json")
    parser.add_argument("--isolation", default="chroot", help="buildah's; oci needs a runtime that works on this host's cgroups")
    parser.add_argument("--no-buildkit", action="store_true")
    parser.add_argument("--publish", action="store_true")
    arguments = parser.parse_args()
    ISOLATION = arguments.isolation
    resource.setrlimit(resource.RLIMIT_NOFILE, (resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)
    LAUNCHER = Launcher()
    # The first touch of memory is slow on some virtual machines.
    subprocess.run([sys.executable, "-c", "bytearray(2 << 30)"], check=True)
    home = tempfile.mkdtemp(prefix="bld-bench-")
    contenders = [Bld(home, os.path.abspath(arguments.bld))] + ([Buildah(home)] if shutil.which("buildah") else [])
    if not arguments.no_buildkit and shutil.which("dockerd"):
        with contextlib.suppress(RuntimeError):
            contenders.append(BuildKit(home))
    daemons = [each for each in contenders if isinstance(each, BuildKit)]
    machine = f"{os.cpu_count()} processors, Linux {platform.release()}; " + "; ".join(
        subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip().split("\n")[0]
        for command in (["buildah", "--version"], ["crun", "--version"], ["dockerd", "--version"]) if shutil.which(command[0]))
    print(machine)
    bench = Bench(arguments, home, contenders)
    started = time.monotonic()
    try:
        bench.base()
        for name in arguments.only.split(",") if arguments.only else WORKLOADS:
            if name in arguments.skip.split(","):
                continue
            try:
                getattr(bench, name)()
            except (Failed, OSError, StopIteration) as failure:
                bench.failures.append(f"{name}: {failure!r}")
    finally:
        for daemon in daemons:
            daemon.close()
        subprocess.run(f"umount -R {home}/buildah/overlay {home}/fresh/buildah/overlay 2>/dev/null; rm -rf {home}", shell=True, check=False)
    results = {"machine": machine, "runs": arguments.runs, "slow_runs": SLOW_RUNS, "isolation": ISOLATION, "minutes": round((time.monotonic() - started) / 60, 1),
               "results": bench.results, "bounds": bounds(bench.results), "curves": bench.curves, "failures": bench.failures}
    print("\nbounds")
    for bound in results["bounds"]:
        print(f"  {bound['name']:<44}{bound['wanted']:<24}{bound['measured']:>10}  {'' if bound['holds'] else 'DOES NOT HOLD'}")
    with open(arguments.json, "w") as file:
        json.dump(results, file, indent=1)
    if arguments.publish:
        benchplot.publish(results, os.path.join(HERE, "../docs"))
    for failure in bench.failures:
        print(f"\nFAILED {failure}", file=sys.stderr)
    if any(": bld" in failure or "bld can't" in failure for failure in bench.failures):
        sys.exit(1)


if __name__ == "__main__":
    main()

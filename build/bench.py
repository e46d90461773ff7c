#!/usr/bin/env python3
"""Times bld against its peers and the machine's floors, in one run, in alternation.

Each workload runs once unmeasured and then N times for each contender in turn, so that a noisy machine disturbs all of them alike.
Printed: the median of the wall time, its ratio to bld's, CPU time, peak memory and bytes written. What a workload does is said by its
docstring. Results go to a JSON file, and to docs/performance.md and docs/performance.svg with --publish.
"""
import argparse
import contextlib
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

HERE = os.path.dirname(os.path.abspath(__file__))
BUSYBOX = "/bin/busybox"


class Measure:
    """Wall seconds, CPU seconds, peak memory in MiB and MiB written, of one command with all its children."""

    def __init__(self, wall, cpu, memory, written):
        self.wall, self.cpu, self.memory, self.written = wall, cpu, memory, written


def disk_written():
    """MiB that went to block devices since boot."""
    total = 0
    for line in open("/proc/diskstats"):
        fields = line.split()
        if not fields[2].startswith(("loop", "ram")) and os.path.exists(f"/sys/block/{fields[2]}"):
            total += int(fields[9])
    return total * 512 / 2**20


def run(command, cwd=None, env=None, check=True):
    """Runs one command to its end and measures it; the shell is only used for a string."""
    before_disk = disk_written()
    start = time.monotonic()
    with tempfile.TemporaryFile() as log:
        process = subprocess.Popen(command, shell=isinstance(command, str), cwd=cwd, env={**os.environ, **(env or {})},
                                   stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT)
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.monotonic() - start
        process.returncode = os.waitstatus_to_exitcode(status)
        if check and process.returncode != 0:
            log.seek(0)
            sys.exit(f"bench: {command} failed with {process.returncode}:\n{log.read().decode(errors='replace')[-3000:]}")
    return Measure(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024, disk_written() - before_disk)


class Bld:
    name = "bld"

    def __init__(self, home, binary):
        self.command = [binary, "--root", f"{home}/bld", "--runroot", f"{home}/bld-run"]

    def build(self, context, tag, cached, file="Dockerfile"):
        return self.command + ["bud", "-q", "--network", "host", "-t", tag, "-f", f"{context}/{file}"] + ([] if cached else ["--no-cache"]) + [context]

    def push(self, tag, target, *flags):
        return self.command + ["push", "-q", *flags, tag, target]

    def pull(self, source):
        return self.command + ["pull", "-q", source]

    def forget(self, *names):
        run(self.command + ["rmi", "-f", *names], check=False)
        run(self.command + ["prune", "-f", "-a"], check=False)


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
        self.runs, self.home, self.contenders = arguments.runs, home, contenders
        self.results = []

    def compare(self, title, commands, before=None):
        """Runs {name: command} in alternation and prints a row each; before(name) sets the stage, unmeasured."""
        measures = {name: [] for name in commands}
        for round_ in range(self.runs + 1):
            for name, command in commands.items():
                if before:
                    before(name)
                measure = command() if callable(command) else run(command)
                if round_ > 0:
                    measures[name].append(measure)
        rows = {}
        for name, taken in measures.items():
            rows[name] = {field: statistics.median(getattr(each, field) for each in taken) for field in ("wall", "cpu", "memory", "written")}
        base = rows.get("bld", next(iter(rows.values())))["wall"]
        print(f"\n{title}")
        for name, row in rows.items():
            print(f"  {name:<28}{row['wall'] * 1000:10.1f} ms  x{row['wall'] / base:6.2f}  cpu {row['cpu'] * 1000:8.1f} ms  {row['memory']:7.1f} MiB  written {row['written']:8.1f} MiB", flush=True)
        self.results.append({"workload": title, "rows": rows})

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
        for contender in self.contenders:
            run(contender.build(folder, "localhost/base", True))

    def ten_steps(self):
        """W1 and W2: ten RUN of true, with nothing and with everything in the cache."""
        folder = self.context("steps", {"Dockerfile": "FROM localhost/base\n" + "".join(f"RUN true {i}\n" for i in range(10))})
        self.compare("W1 ten trivial RUNs, uncached", {each.name: each.build(folder, "steps", False) for each in self.contenders})
        self.compare("W2 ten trivial RUNs, cached", {each.name: each.build(folder, "steps", True) for each in self.contenders})

    def many_files(self):
        """W3: COPY of 20,000 files of 10 kB and a RUN."""
        folder = self.context("files", {"Dockerfile": "FROM localhost/base\nCOPY tree /tree\nRUN true\n"})
        make_tree(f"{folder}/tree", 20000, 10_000)
        copy = f"rm -rf {self.home}/cp && cp -a {folder}/tree {self.home}/cp"
        self.compare("W3a COPY of 20,000 files and a RUN: uncached",
                     {**{each.name: each.build(folder, "files", False) for each in self.contenders},
                      "floor: cp -a": copy, "floor: tar | sha256sum": f"tar -C {folder} -c tree | sha256sum"})
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
                                                  "floor: the same command": f"mkdir -p {self.home}/w4 && sed 's|/big|{self.home}/w4/big|g' {folder}/make | sh"})
        with registry(self.home) as port:
            def fresh(name):
                if name.startswith(("bld", "buildah")):
                    port.clear()
            for kind, flags in (("gzip", []), ("zstd", ["--compression-format", "zstd"])):
                self.compare(f"W4b first push of 1 GiB, {kind}",
                             {**{each.name: each.push("big", f"docker://127.0.0.1:{port}/big:{kind}", *flags, *(["--force-compression"] if each.name == "bld" else [])) for each in local},
                              "floor: cat | pigz" if kind == "gzip" else "floor: cat | zstd -T0": f"cat {self.home}/w4/* | {'pigz' if kind == 'gzip' else 'zstd -T0 -q'} | cat > /dev/null"}, fresh)
            self.compare("W4c second push of 1 GiB", {each.name: each.push("big", f"docker://127.0.0.1:{port}/big:gzip") for each in local})

    def parallel_stages(self):
        """W5: four stages of sleep 2 that don't need each other."""
        text = "".join(f"FROM localhost/base AS s{i}\nRUN sleep 2 && echo {i} > /out\n" for i in range(4))
        folder = self.context("stages", {"Dockerfile": text + "FROM localhost/base\n" + "".join(f"COPY --from=s{i} /out /out{i}\n" for i in range(4))})
        commands = {each.name: each.build(folder, "stages", False) for each in self.contenders}
        for name in ("bld", "buildah"):
            commands[name] = commands[name][:-1] + ["--jobs", "4", commands[name][-1]]
        self.compare("W5 four independent stages of sleep 2", commands)

    def pull_image(self):
        """W7: a pull of 300 MB in 8 layers, gzip."""
        bld, buildah = (next(each for each in self.contenders if each.name == name) for name in ("bld", "buildah"))
        text = "FROM localhost/base\n" + "".join(f"RUN i=0; while [ $i -lt 300 ]; do head -c 65536 /dev/urandom > /l{layer}-$i; head -c 65536 /l{layer}-$i >> /l{layer}-$i.b; i=$((i+1)); done\n" for layer in range(8))
        folder = self.context("eight", {"Dockerfile": text})
        run(bld.build(folder, "eight", True))
        with registry(self.home) as port:
            name = f"127.0.0.1:{port}/eight:latest"
            run(bld.push("eight", f"docker://{name}"))
            fresh = Bld(f"{self.home}/fresh", bld.command[0])
            other = Buildah(f"{self.home}/fresh")

            def clear(_):
                shutil.rmtree(f"{self.home}/fresh", ignore_errors=True)
            self.compare("W7 pull of 300 MB in 8 layers", {"bld": fresh.pull(name), "buildah": other.pull(name),
                         "floor: skopeo copy to dir:": ["skopeo", "copy", "-q", "--src-tls-verify=false", f"docker://{name}", f"dir:{self.home}/fresh/dir"]}, clear)

    def scripted(self):
        """W8: from, 5 run, copy, config, commit, rm as ten calls."""
        folder = self.context("script", {"file": "content"})

        def script(contender, flags):
            tool = " ".join(contender.command)
            return ["sh", "-ec", f"c=$({tool} from -q localhost/base); for i in 1 2 3 4 5; do {tool} run {flags} $c -- true; done; "
                                 f"{tool} copy -q $c {folder}/file /; {tool} config --env a=b $c; {tool} commit -q $c scripted; {tool} rm $c"]
        self.compare("W8 scripted build, ten calls", {each.name: script(each, "" if each.name == "bld" else f"--isolation {ISOLATION}") for each in self.contenders if each.name != "buildkit"})

    def container_start(self):
        """W9: one container of /bin/true from its bundle."""
        bundle = f"{self.home}/bundle"
        os.makedirs(f"{bundle}/rootfs/bin", exist_ok=True)
        for folder in ("proc", "sys", "dev"):
            os.makedirs(f"{bundle}/rootfs/{folder}", exist_ok=True)
        shutil.copy(BUSYBOX, f"{bundle}/rootfs/bin/true")
        binary = next(each for each in self.contenders if each.name == "bld").command[0]
        link = f"{self.home}/bldrun"
        if not os.path.exists(link):
            os.symlink(os.path.abspath(binary), link)
        run([link, "spec"], cwd=bundle)
        spec = json.load(open(f"{bundle}/config.json"))
        spec["process"].update(args=["/bin/true"], terminal=False, rlimits=[])
        spec["linux"].pop("resources", None)
        json.dump(spec, open(f"{bundle}/config.json", "w"))
        commands = {"bld": [link, "--root", f"{self.home}/rt-bld", "run", "one"]}
        for other in ("crun", "runc"):
            if shutil.which(other) and subprocess.run([other, "--root", f"{self.home}/rt-{other}", "run", "try"], cwd=bundle, capture_output=True, check=False).returncode == 0:
                commands[other] = [other, "--root", f"{self.home}/rt-{other}", "run", "one"]
        commands["floor: unshare -fpmuin true"] = ["unshare", "-fpmuin", "--mount-proc", "true"]
        self.compare("W9 one container of /bin/true", {name: (lambda command=command: run(command, cwd=bundle)) for name, command in commands.items()})


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


def plot(results, path):
    """Bars of each contender's time relative to bld's, on a logarithmic axis."""
    import math
    rows = [(result["workload"], name, row["wall"]) for result in results for name, row in result["rows"].items()]
    bases = {result["workload"]: result["rows"].get("bld", {"wall": 1})["wall"] for result in results}
    height, y, lines = 20, 30, []
    last = None
    for workload, name, wall in rows:
        if workload != last:
            y += 12
            lines.append(f'<text x="10" y="{y}" class="t">{workload}</text>')
            y += 8
            last = workload
        ratio = wall / bases[workload]
        width = max(2.0, 90 * (1 + math.log2(max(ratio, 0.25) * 2) / 1.6))
        kind = "b" if name == "bld" else "f" if name.startswith("floor") else "p"
        lines.append(f'<rect x="210" y="{y}" width="{width:.0f}" height="14" class="{kind}"/><text x="200" y="{y + 11}" text-anchor="end">{name}</text><text x="{216 + width:.0f}" y="{y + 11}">{wall * 1000:.0f} ms, x{ratio:.2f}</text>')
        y += height
    style = "<style>text{font:11px sans-serif;fill:#555}.t{font-weight:bold}.b{fill:#2a7}.p{fill:#b75}.f{fill:#aaa}</style>"
    with open(path, "w") as file:
        file.write(f'<svg xmlns="http://www.w3.org/2000/svg" width="800" height="{y + 10}">{style}<text x="10" y="20" class="t">wall time, ratio to bld (logarithmic)</text>{"".join(lines)}</svg>\n')


def publish(results, machine, arguments):
    """Writes docs/performance.md and its plot."""
    docs = os.path.join(HERE, "../docs")
    plot(results, f"{docs}/performance.svg")
    with open(f"{docs}/performance.md", "w") as file:
        file.write("# Performance\n\nThe last run of `make bench` that was kept. Read the ratios, not the times: machines differ and are noisy.\n\n")
        file.write(f"- machine: {machine}\n- medians of {arguments.runs} runs after one unmeasured, contenders in alternation\n- made by `python3 build/bench.py --publish`, which says in its docstrings what each workload is\n")
        file.write("- *written* counts what reached the block devices in that time, so it is blind to what is still in the page cache\n\n![ratios](performance.svg)\n")
        for result in results:
            base = result["rows"].get("bld", next(iter(result["rows"].values())))["wall"]
            file.write(f"\n## {result['workload']}\n\n| | wall | ratio to bld | CPU | peak memory of the largest process | written |\n|---|---|---|---|---|---|\n")
            for name, row in result["rows"].items():
                file.write(f"| {name} | {row['wall'] * 1000:.0f} ms | {row['wall'] / base:.2f} | {row['cpu'] * 1000:.0f} ms | {row['memory']:.0f} MiB | {row['written']:.0f} MiB |\n")


def main():
    global ISOLATION
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bld", default=os.path.join(HERE, "../out/bld"))
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--only", help="comma-separated: ten_steps,many_files,big_layer,parallel_stages,pull_image,scripted,container_start")
    parser.add_argument("--json", default="bench.json")
    parser.add_argument("--isolation", default="chroot", help="buildah's; oci needs a runtime that works on this host's cgroups")
    parser.add_argument("--no-buildkit", action="store_true")
    parser.add_argument("--publish", action="store_true")
    arguments = parser.parse_args()
    ISOLATION = arguments.isolation
    # The first touch of memory is slow on some virtual machines. In a process of its own: a child's peak memory begins at its parent's.
    subprocess.run([sys.executable, "-c", "bytearray(2 << 30)"], check=True)
    resource.setrlimit(resource.RLIMIT_NOFILE, (resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)
    home = tempfile.mkdtemp(prefix="bld-bench-")
    contenders = [Bld(home, os.path.abspath(arguments.bld)), Buildah(home)]
    if not arguments.no_buildkit and shutil.which("dockerd"):
        with contextlib.suppress(RuntimeError):
            contenders.append(BuildKit(home))
    machine = f"{os.cpu_count()} processors, Linux {platform.release()}; " + "; ".join(
        subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip().split("\n")[0]
        for command in (["buildah", "--version"], ["crun", "--version"], ["dockerd", "--version"]) if shutil.which(command[0]))
    print(machine)
    bench = Bench(arguments, home, contenders)
    try:
        bench.base()
        names = arguments.only.split(",") if arguments.only else ["ten_steps", "many_files", "big_layer", "parallel_stages", "pull_image", "scripted", "container_start"]
        for name in names:
            getattr(bench, name)()
    finally:
        for contender in contenders:
            if isinstance(contender, BuildKit):
                contender.close()
        subprocess.run(f"umount -R {home}/buildah/overlay {home}/fresh/buildah/overlay 2>/dev/null; rm -rf {home}", shell=True, check=False)
    with open(arguments.json, "w") as file:
        json.dump({"machine": machine, "runs": arguments.runs, "results": bench.results}, file, indent=1)
    if arguments.publish:
        publish(bench.results, machine, arguments)


if __name__ == "__main__":
    main()

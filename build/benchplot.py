"""Writes docs/performance.md with its two drawings from the results of build/bench.py."""
import math
import os

STYLE = "<style>text{font:11px sans-serif;fill:#555}.t{font-weight:bold}.b{fill:#2a7}.f{fill:#aaa}.p{fill:#b75}.l{fill:none;stroke:#2a7;stroke-width:2}.g{stroke:#ddd}</style>"

INTRODUCTION = """# Performance

Written by `python3 build/bench.py --publish`; the docstrings there say what each workload is. Read the ratios, not the times: machines
differ and are noisy.

- machine: {machine}
- medians of {runs} runs after one unmeasured, contenders in alternation; W6 of {slow_runs} without, because it waits for a mirror; W9a to W9c stand alone each time, W9a and W9b 31 times at least
- *memory* is the peak of the largest process; *written* is what reached the block devices in that time, so it is blind to what is still
  in the page cache. BuildKit's daemon works in another process, so its CPU time and memory are not counted
- buildah with `--isolation {isolation}`; BuildKit is the one inside Debian's docker.io

![ratios](performance.svg)

## Where the time goes

| | |
|---|---|
| W1 | a step is mounts, namespaces and `execve` by the kernel (see W9), two small files and two renames; at the end one `syncfs` |
| W1, private network | the same, and pasta's own start, which goes on beside the first step |
| W2 | half is the start of the process (page faults of its type tables), the rest reading one small file for each step and layer |
| W3 | cold: opening, reading and writing 20,000 files, then reading them once more for the layer's digest; one file changed: a tenth the walk, a third `linkat` of the others, half reading all of them for the layer's digest, which alone is about a fifth of cold; unchanged: one `statx` a file, on all processors |
| W4 | the command, which is three quarters of it and as quick as on the host, so that Buildah's time can't be divided by much more than three; then SHA-256 of its layer at the processor's speed (OpenSSL's; coreutils' `sha256sum` doesn't use the processor's instructions) while the kernel writes the last pages; pushes are the compressor, on all processors, and the registry, which hashes what it gets; pulls are `inflate` |
| W5 | the longest `sleep` |
| W6 | apt's mirror, dpkg and the compiler |
| W7 | the download, `inflate` and writing files; pushes as in W4, of text nearly all of it the compressor (bld and Buildah make layers of the same size); a second push is a few questions to the registry |
| W8 | ten starts of the process, 6 ms each, of which 2 lay out type tables ([0047](decisions/0047-position-independent.md), [0052](decisions/0052-type-tables-in-huge-pages.md)), and five containers; with a private network five starts of pasta too, 30 to 40 ms each |
| W9 | two starts of a .NET program, `bldrun`'s at 2 ms and its init's at 1.5 ([0053](decisions/0053-quick-starts-of-small-programs.md); crun's init is a copy of it, without an exec), the rest namespaces, mounts and their end (the floor); W9b: and moving the process into the hierarchies of cgroup v1, where nothing can be born ([0049](decisions/0049-born-in-the-cgroup.md)) |
"""


def publish(results, docs):
    """Writes the page and the drawings below a folder."""
    bars(results["results"], f"{docs}/performance.svg")
    with open(f"{docs}/performance.md", "w") as file:
        file.write(INTRODUCTION.format(**results))
        missing = [f"W{number}" for number in range(1, 10) if not any(result["workload"].startswith(f"W{number}") for result in results["results"])]
        if missing:
            file.write(f"\nNot in this run: {', '.join(missing)}.\n")
        for result in results["results"]:
            file.write(table(result))
        if results["bounds"]:
            file.write("\n## Bounds\n\n| | wanted | measured | |\n|---|---|---|---|\n")
            for bound in results["bounds"]:
                file.write(f"| {bound['name']} | {bound['wanted']} | {bound['measured']} | {'holds' if bound['holds'] else '**does not hold**'} |\n")
        if results["curves"]:
            curves(results["curves"], f"{docs}/performance-scale.svg")
            file.write("\n## Growth\n\nThe cost must grow with the work and with nothing else.\n\n![growth](performance-scale.svg)\n")
            for curve in results["curves"]:
                file.write(f"\n{curve['title']}\n\n| | {' | '.join(str(point[0]) for point in curve['points'])} |\n|---|{'---|' * len(curve['points'])}\n")
                file.write(f"| wall | {' | '.join(f'{point[1] * 1000:.0f} ms' for point in curve['points'])} |\n")


def table(result):
    base = base_of(result)
    lines = [f"\n## {result['workload']}\n\n| | wall | ratio to bld | CPU | memory | written |\n|---|---|---|---|---|---|"]
    for name, row in result["rows"].items():
        lines.append(f"| {name.replace('|', chr(92) + '|')} | {row['wall'] * 1000:.0f} ms | {row['wall'] / base:.2f} | {row['cpu'] * 1000:.0f} ms | {row['memory']:.0f} MiB | {row['written']:.0f} MiB |")
    return "\n".join(lines) + "\n"


def base_of(result):
    return result["rows"].get("bld", next(iter(result["rows"].values())))["wall"]


def bars(results, path):
    """A bar for each contender's time relative to bld's, on a logarithmic axis."""
    y, lines = 30, []
    for result in results:
        y += 12
        lines.append(f'<text x="10" y="{y}" class="t">{result["workload"]}</text>')
        y += 8
        for name, row in result["rows"].items():
            ratio = row["wall"] / base_of(result)
            width = max(2.0, 90 * (1 + math.log2(max(ratio, 0.25) * 2) / 1.6))
            kind = "b" if name.startswith("bld") else "f" if name.startswith("floor") else "p"
            lines.append(f'<rect x="230" y="{y}" width="{width:.0f}" height="14" class="{kind}"/><text x="220" y="{y + 11}" text-anchor="end">{name}</text>'
                         f'<text x="{236 + width:.0f}" y="{y + 11}">{row["wall"] * 1000:.0f} ms, x{ratio:.2f}</text>')
            y += 20
    with open(path, "w") as file:
        file.write(f'<svg xmlns="http://www.w3.org/2000/svg" width="860" height="{y + 10}">{STYLE}<text x="10" y="20" class="t">wall time, ratio to bld (logarithmic)</text>{"".join(lines)}</svg>\n')


def curves(given, path):
    """A small drawing for each curve, both axes logarithmic; the grey line is growth in proportion to the work."""
    lines = []
    for i, curve in enumerate(given):
        left, top = 60 + 400 * (i % 2), 40 + 230 * (i // 2)
        xs, ys = [math.log(max(x, 1)) for x, _ in curve["points"]], [math.log(y) for _, y in curve["points"]]
        low, high = min(ys), max(max(ys), min(ys) + math.log(4))
        span = max(xs[-1] - xs[0], 0.1)
        places = [(left + 300 * (x - xs[0]) / span, top + 160 - 160 * (y - low) / (high - low)) for x, y in zip(xs, ys)]
        lines.append(f'<text x="{left}" y="{top - 12}" class="t">{curve["title"]}</text><path class="g" d="M{left} {top}V{top + 160}H{left + 300}" fill="none"/>')
        slope = min(1.0, (high - low) / span)
        lines.append(f'<path class="g" d="M{left} {top + 160}L{left + 300 * slope:.0f} {top + 160 - 160 * slope * span / (high - low):.0f}"/>')
        lines.append(f'<path class="l" d="M{"L".join(f"{x:.0f} {y:.0f}" for x, y in places)}"/>')
        for (x, y), (count, wall) in zip(places, curve["points"]):
            lines.append(f'<circle cx="{x:.0f}" cy="{y:.0f}" r="3" class="b"/><text x="{x:.0f}" y="{y - 7:.0f}" text-anchor="middle">{wall * 1000:.0f} ms</text>'
                         f'<text x="{x:.0f}" y="{top + 175}" text-anchor="middle">{count}</text>')
    with open(path, "w") as file:
        file.write(f'<svg xmlns="http://www.w3.org/2000/svg" width="860" height="{60 + 230 * ((len(given) + 1) // 2)}">{STYLE}{"".join(lines)}</svg>\n')


if __name__ == "__main__":
    # python3 build/benchplot.py bench.json: draws a run again.
    import json
    import sys
    publish(json.load(open(sys.argv[1])), os.path.join(os.path.dirname(os.path.abspath(__file__)), "../docs"))

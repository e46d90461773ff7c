#!/usr/bin/env python3
"""Makes an SVG of what a command shows on a terminal, from a real run through a pseudo-terminal.

usage: screenshot.py [--columns N] [--at PATTERN] [--title TEXT] OUT.svg COMMAND...
With --at, the picture is taken at the frame that shows PATTERN most often; otherwise at the end.
"""
import argparse, html, os, pty, re, struct, sys, fcntl, termios

parser = argparse.ArgumentParser()
parser.add_argument("--columns", type=int, default=92)
parser.add_argument("--rows", type=int, default=40)
parser.add_argument("--at")
parser.add_argument("--title", default="")
parser.add_argument("out")
parser.add_argument("command", nargs=argparse.REMAINDER)
options = parser.parse_args()


def record():
    pid, master = pty.fork()
    if pid == 0:
        os.environ["TERM"] = "xterm-256color"
        os.execvp(options.command[0], options.command)
    fcntl.ioctl(master, termios.TIOCSWINSZ, struct.pack("HHHH", options.rows, options.columns, 0, 0))
    chunks = []
    try:
        while chunk := os.read(master, 65536):
            chunks.append(chunk)
    except OSError:
        pass  # the other side is closed
    os.waitpid(pid, 0)
    return b"".join(chunks).decode("utf-8", "replace")


def screens(text):
    """Every state of the screen that ends with a flush: rows of (character, style)."""
    rows, row, column, style = [[]], 0, 0, ""
    for token in re.findall(r"\x1b\[[0-9;?]*[A-Za-z]|\x1b\][^\x07]*\x07|\x1b[=>]|[\s\S]", text):
        if token == "\n":
            row, column = row + 1, 0
            while row >= len(rows):
                rows.append([])
        elif token == "\r":
            column = 0
        elif token.startswith("\x1b["):
            number, kind = token[2:-1], token[-1]
            if kind == "A":
                row = max(0, row - int(number or 1))
            elif kind == "J":
                yield [list(line) for line in rows]
                del rows[row + 1:], rows[row][column:]
            elif kind == "m":
                style = "" if number in ("", "0") else number
        elif not token.startswith("\x1b"):
            line = rows[row]
            line.extend([(" ", "")] * (column - len(line)))
            line[column:column + 1] = [(token, style)]
            column += 1
    yield rows


def shown(rows):
    return "\n".join("".join(character for character, _ in line) for line in rows)


frames = list(screens(record()))
rows = max(frames, key=lambda frame: (len(re.findall(options.at, shown(frame))), len(frame))) if options.at else frames[-1]
while rows and not shown([rows[-1]]).strip():
    rows.pop()

STYLES = {"2": "d", "1": "b", "32": "g", "1;31": "r", "36": "c"}
width, height = options.columns * 8 + 32, len(rows) * 18 + 58
lines = []
for number, line in enumerate(rows):
    spans, start = "", 0
    while start < len(line):
        end = start
        while end < len(line) and line[end][1] == line[start][1]:
            end += 1
        text = html.escape("".join(character for character, _ in line[start:end]))
        style = STYLES.get(line[start][1], "")
        spans += f'<tspan class="{style}">{text}</tspan>' if style else text
        start = end
    lines.append(f'<text x="16" y="{56 + number * 18}" xml:space="preserve">{spans}</text>')
with open(options.out, "w", encoding="utf-8") as out:
    out.write(f'''<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" role="img" aria-label="{html.escape(options.title)}">
<style>text{{font:13.3px ui-monospace,"SF Mono",Menlo,Consolas,"DejaVu Sans Mono",monospace;fill:#d7dde5}}.d{{fill:#8b96a5}}.b{{font-weight:700;fill:#fff}}.g{{fill:#6cc995}}.r{{fill:#ff7b7b;font-weight:700}}.c{{fill:#6bc7e8}}</style>
<rect width="100%" height="100%" rx="10" fill="#161b22"/><circle cx="20" cy="18" r="5.5" fill="#ff5f57"/><circle cx="38" cy="18" r="5.5" fill="#febc2e"/><circle cx="56" cy="18" r="5.5" fill="#28c840"/>
<text x="{width // 2}" y="22" text-anchor="middle" class="d">{html.escape(options.title)}</text>
{chr(10).join(lines)}
</svg>
''')

# SPDX-License-Identifier: BSD-2-Clause
"""The files of the project, and small readers of them, for the style tests."""
import fnmatch
import functools
import pathlib
import re
import subprocess

ROOT = pathlib.Path(__file__).resolve().parents[2]
SOURCE_FOLDERS = ("resolver", "dga", "feeds", "web")


@functools.lru_cache(maxsize=None)
def files():
    """All files that are or could be committed, as paths relative to the root."""
    listed = subprocess.run(
        ["git", "-c", "safe.directory=*", "-C", ROOT, "ls-files", "-co", "--exclude-standard"],
        capture_output=True, text=True, check=True).stdout.splitlines()
    found = sorted(f for f in listed if (ROOT / f).is_file())
    assert "CMakeLists.txt" in found
    return found


def matching(*patterns):
    return [f for f in files() if any(fnmatch.fnmatch(f, p) for p in patterns)]


def sources():
    """C files of the program, without tests."""
    return [f for f in matching("*.c", "*.h") if f.split("/")[0] in SOURCE_FOLDERS]


def text(name):
    return (ROOT / name).read_text(encoding="utf-8")


def code(name):
    """The text of a C file with comments and string contents blanked, line numbers kept."""
    def blank(match):
        found = match.group(0)
        if found.startswith("/"):
            return re.sub(r"[^\n]", " ", found)
        return found[0] + " " * (len(found) - 2) + found[-1]
    return re.sub(r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', blank, text(name), flags=re.S)


def functions(name):
    """(name, first line, lines) of each function; a body begins and ends with a brace in column 0."""
    lines = code(name).split("\n")
    for start, line in enumerate(lines):
        if line != "{":
            continue
        end = lines.index("}", start)
        head = start - 1
        while head > 0 and lines[head][:1] in ("\t", " "):
            head -= 1
        called = re.search(r"(\w+)\s*\(", lines[head])
        yield (called.group(1) if called else lines[head]), head + 1, end - head + 1

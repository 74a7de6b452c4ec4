# SPDX-License-Identifier: BSD-2-Clause
"""What the object files of the ordinary build show: names begin with their file's stem, and there are no globals."""
import pathlib
import re
import subprocess

import tree

BUILD = tree.ROOT / "build"
# file: reason for its variables
VARIABLES = {
    "resolver/base/log.c": "the level, read by every thread",
    "resolver/base/clock.c": "the clock that tests freeze",
    "resolver/recurse_context.c": "the resolver library has one log stream for the process",
}


def objects():
    """(source, object) of all that is linked into the program."""
    found = []
    for name in tree.sources():
        found += [(name, path) for path in BUILD.glob(f"CMakeFiles/*.dir/{name}.o")]
    assert found, "build first"
    return found


def symbols(path):
    """(name, class, section) of each defined symbol."""
    listed = subprocess.run(["nm", "--defined-only", "--format=sysv", path], capture_output=True, text=True, check=True)
    for line in listed.stdout.splitlines():
        fields = [field.strip() for field in line.split("|")]
        if len(fields) == 7 and fields[2].strip():
            yield fields[0], fields[2], fields[6]


def prefixes(source):
    """The stem of the file; for a module that is split over files (config_text.c of config.h) the module's too."""
    path = pathlib.Path(source)
    words = path.stem.split("_")
    yield path.stem
    for n in range(len(words) - 1, 0, -1):
        module = "_".join(words[:n])
        if (tree.ROOT / path.parent / f"{module}.h").exists():
            yield module


def test_public_names_begin_with_their_file():
    wrong = []
    for source, path in objects():
        allowed = tuple(prefixes(source))
        for name, kind, _ in symbols(path):
            if kind.isupper() and name != "main" and not any(name == p or name.startswith(p + "_") for p in allowed):
                wrong.append(f"{source}: {name}")
    assert not wrong


def test_there_are_no_variables_at_file_level():
    wrong = []
    for source, path in objects():
        for name, _, section in symbols(path):
            is_variable = re.match(r"\.(data|bss|tdata|tbss)", section) and not section.startswith(".data.rel.ro")
            if is_variable and not name.startswith("log_site_") and source not in VARIABLES:
                wrong.append(f"{source}: {name} in {section}")
    assert not wrong

# SPDX-License-Identifier: BSD-2-Clause
"""Who may include whom, and which few files know a third-party header."""
import fnmatch
import re

import tree

INCLUDE = re.compile(r'^\s*#\s*include\s+([<"])([^>"]+)[>"]', re.M)

# Project headers: the first pattern that matches the including file decides.
MAY_INCLUDE = [
    ("resolver/main.c", ["*"]),
    ("resolver/cli*", ["*"]),
    ("resolver/base/*", ["resolver/base/*"]),
    ("resolver/replay/capture*", ["resolver/base/*", "resolver/replay/*"]),
    ("resolver/replay/*", ["resolver/base/*", "dga/dga.h", "dga/calendar.h", "dga/label.h", "feeds/listdb/listdb.h", "resolver/*.h"]),
    ("resolver/evidence/*", ["resolver/base/*", "dga/dga.h", "dga/label.h", "resolver/evidence/*"]),
    ("resolver/journal/*", ["resolver/base/*", "dga/dga.h", "resolver/query.h", "resolver/stats.h", "resolver/journal/*"]),
    ("resolver/*", ["resolver/base/*", "dga/dga.h", "dga/calendar.h", "dga/label.h", "dga/popularity.h", "feeds/listdb/listdb.h",
                    "feeds/listdb/overlay.h", "feeds/listdb/detail.h", "resolver/evidence/evidence.h",
                    "resolver/journal/journal.h", "resolver/journal/event.h", "resolver/*.h"]),
    ("dga/*", ["resolver/base/*", "dga/*"]),
    ("feeds/*", ["resolver/base/*", "feeds/*"]),
    ("web/*", ["resolver/base/*", "feeds/feeds.h", "resolver/stats.h", "resolver/server.h",
               "resolver/evidence/evidence.h", "resolver/evidence/cases.h", "resolver/evidence/report/*.h",
               "resolver/journal/journal.h", "resolver/journal/querylog.h", "resolver/journal/history.h", "web/*"]),
]

# Third-party headers: an API change or a CVE has one address.
THIRD_PARTY = {
    "unbound*.h": ["resolver/recurse*.c", "resolver/lookup.c"],
    "lmdb.h": ["resolver/base/mdb.c"],
    "xxhash.h": ["resolver/base/hash.h"],
    "libpsl.h": ["resolver/base/suffix.c"],
    "zlib.h": ["dga/samples.c", "dga/top_list.c", "resolver/replay/capture.c"],
    "idn2.h": ["resolver/base/dname.c"],
    "yaml.h": ["resolver/base/config*.[ch]"],
    "openssl/*": ["feeds/transfer/tsig.c", "dga/families/digest.c", "resolver/evidence/report/report_digest.c",
                  "resolver/evidence/sinkhole/knock_ja.c"],
    "ldns/*": ["feeds/format/format_record.c", "feeds/transfer/xfr_stream.c", "feeds/transfer/zone_text.c", "resolver/local*.c"],
    "event2/*": ["resolver/worker.[ch]", "resolver/udp.[ch]", "resolver/tcp.[ch]", "resolver/recurse*.[ch]",
                 "resolver/lookup.c", "resolver/nameservers.c", "resolver/server.c", "resolver/evidence/sinkhole/sinkhole*.[ch]"],
    "urcu*": ["resolver/base/rcu.h"],
    "curl/*": ["feeds/fetch/fetch_h*.[ch]", "web/client.c", "resolver/evidence/notice/webhook.c"],
    "archive*.h": ["feeds/format/reader.c"],
    "gnutls/*": ["web/http_tls.c"],
    "microhttpd.h": ["web/http*.[ch]"],
    "pcre2.h": ["feeds/listdb/patterns.c"],
    "jansson.h": ["web/*", "feeds/*.c", "dga/families/family.c", "resolver/cli*.[ch]", "resolver/evidence/report/*.[ch]",
                  "resolver/evidence/notice/webhook.c"],
    "sodium.h": ["resolver/base/*.c", "resolver/cache.c", "resolver/flight.c", "resolver/view.c", "resolver/evidence/c*.c", "resolver/evidence/evidence.c", "resolver/evidence/sinkhole/sinkhole.c",
                 "resolver/evidence/notice/*.c", "resolver/journal/*.c", "feeds/*.c", "web/*.c"],
    "curses.h": ["resolver/cli_top.c"],
    "systemd/*": ["resolver/main.c", "resolver/cli_run.c"],
}
OF_THE_SYSTEM = re.compile(
    r"^(std\w+|assert|ctype|dirent|endian|errno|fcntl|float|ifaddrs|inttypes|limits|locale|math|netdb|poll|pthread|pwd|grp"
    r"|sched|search|semaphore|signal|string|strings|syslog|termios|threads|time|unistd|malloc|getopt|spawn|wchar"
    r"|(arpa|net|netinet|sys|linux|bits)/[\w/]+)\.h$")


def includes(name):
    return INCLUDE.findall(tree.text(name))


def matches(name, patterns):
    return any(fnmatch.fnmatchcase(name, p) for p in patterns)


def test_project_headers_point_downwards():
    wrong = []
    for name in tree.sources():
        allowed = next(patterns for of, patterns in MAY_INCLUDE if fnmatch.fnmatchcase(name, of))
        wrong += [f"{name} includes {header}" for kind, header in includes(name)
                  if kind == '"' and not matches(header, allowed)]
    assert not wrong


def test_project_headers_are_written_from_the_root():
    known = set(tree.files())
    wrong = [f"{name} includes {header}" for name in tree.sources() for kind, header in includes(name)
             if kind == '"' and header not in known]
    assert not wrong


def test_third_party_headers_have_one_address():
    wrong = []
    for name in tree.sources():
        for kind, header in includes(name):
            if kind == '"' or OF_THE_SYSTEM.match(header):
                continue
            allowed = next((files for of, files in THIRD_PARTY.items() if fnmatch.fnmatchcase(header, of)), None)
            if allowed is None:
                wrong.append(f"{name} includes <{header}>, which has no row in THIRD_PARTY")
            elif not matches(name, allowed):
                wrong.append(f"{name} includes <{header}>; only {', '.join(allowed)} may")
    assert not wrong

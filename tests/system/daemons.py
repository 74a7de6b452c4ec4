# SPDX-License-Identifier: BSD-2-Clause
"""Starting, asking and stopping daemons: any server, Unbound as the reference, and cenote."""
import contextlib
import ctypes
import http.client
import itertools
import json
import os
import pathlib
import re
import shutil
import signal
import socket
import struct
import subprocess
import time

import dns.exception
import dns.flags
import dns.message
import dns.query
import yaml

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]
TOOLS = REPOSITORY / "build" / "tools"
CENOTE = pathlib.Path(os.environ.get("CENOTE", REPOSITORY / "build" / "cenote"))
SANITIZERS = {
    "ASAN_OPTIONS": "detect_leaks=1:strict_string_checks=1",
    "UBSAN_OPTIONS": "print_stacktrace=1",
    "TSAN_OPTIONS": f"exitcode=66:suppressions={pathlib.Path(__file__).with_name('tsan.suppressions')}",
}
BAD_WORDS = re.compile(r"Sanitizer|runtime error:|failed=\"|cannot go on|CHECK|Assertion")
PORTS = itertools.count(5300)


def tool(name):
    """A test server or tool: what setup unpacked, or what is installed."""
    for folder in ("usr/sbin", "usr/bin"):
        if (TOOLS / folder / name).exists():
            return TOOLS / folder / name
    found = shutil.which(name, path=os.environ["PATH"] + ":/usr/sbin:/sbin")
    assert found, f"{name} is missing: run ./setup test once"
    return pathlib.Path(found)


def tool_environment():
    folders = [str(p) for p in TOOLS.glob("usr/lib/*-linux-gnu*") if p.is_dir()]
    return dict(os.environ, LD_LIBRARY_PATH=":".join(folders))


def until(condition, seconds=90, every=0.02):
    """Polls until `condition()` is true; returns its value. Fails at the deadline, which is far off: a machine may stall."""
    deadline = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        assert time.monotonic() < deadline, f"not within {seconds} s: {condition.__doc__ or condition}"
        time.sleep(every)


def die_with_parent():
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)


def query(name, rdtype="A", do=False, ad=False, cd=False, edns=True, rd=True, payload=1232, options=()):
    message = dns.message.make_query(name, rdtype, use_edns=0 if edns else False, payload=payload, options=list(options))
    if do:
        message.want_dnssec(True)
    for is_on, flag in ((ad, dns.flags.AD), (cd, dns.flags.CD), (rd, dns.flags.RD)):
        message.flags = message.flags | flag if is_on else message.flags & ~flag
    return message


def receive_exactly(connection, size):
    data = b""
    while len(data) < size:
        more = connection.recv(size - len(data))
        if not more:
            raise EOFError(f"closed after {len(data)} of {size} octets")
        data += more
    return data


def receive_tcp(connection):
    return receive_exactly(connection, struct.unpack("!H", receive_exactly(connection, 2))[0])


def frame(wire):
    return struct.pack("!H", len(wire)) + wire


class Daemon:
    """A child process with its standard error in a file."""

    def __init__(self, command, stderr, environment=None, input_file=None):
        self.stderr_path = pathlib.Path(stderr)
        self.arguments = [str(word) for word in command]
        with self.stderr_path.open("ab") as out:
            self.process = subprocess.Popen(self.arguments, stdin=subprocess.DEVNULL, stdout=out, stderr=out,
                                            env=environment or tool_environment(), preexec_fn=die_with_parent)

    def log(self):
        return self.stderr_path.read_text(errors="replace")

    def assert_running(self):
        assert self.process.poll() is None, f"{self.arguments} ended with {self.process.returncode}:\n{self.log()[-3000:]}"

    def wait_for_dns(self, host, port, name="localhost.", seconds=90):
        """A connected socket says at once that nobody listens yet: the first question that gets through is the only one."""
        def answers():
            self.assert_running()
            with contextlib.suppress(OSError), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
                s.settimeout(20)
                s.connect((host, port))
                s.send(query(name).to_wire())
                return s.recv(4096)
        until(answers, seconds)
        return self

    def stop(self, codes=(0,), seconds=60, signal_number=signal.SIGTERM):
        if self.process.poll() is None:
            self.process.send_signal(signal_number)
            try:
                self.process.wait(seconds)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
                raise AssertionError(f"{self.arguments} did not stop within {seconds} s:\n{self.log()[-3000:]}") from None
        if codes is not None:
            assert self.process.returncode in codes, f"exit {self.process.returncode}:\n{self.log()[-3000:]}"


class Resolver(Daemon):
    """A daemon that answers questions on `host`:`port`."""
    host = "127.0.0.1"
    port = 0

    def ask(self, name, rdtype="A", tcp=False, source=None, timeout=30.0, host=None, **flags):
        return self.exchange(query(name, rdtype, **flags), tcp, source, timeout, host)

    def exchange(self, message, tcp=False, source=None, timeout=30.0, host=None):
        ask = dns.query.tcp if tcp else dns.query.udp
        return ask(message, host or self.host, port=self.port, timeout=timeout, source=source)

    def raw(self, wire, timeout=30.0, source=None):
        """One datagram there, one back; None when nothing comes."""
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
            s.settimeout(timeout)
            if source:
                s.bind((source, 0))
            s.connect((self.host, self.port))
            s.send(wire)
            try:
                return s.recv(65535)
            except socket.timeout:
                return None

    def answers_nothing_to(self, wire):
        """A question sent behind it on the same way is the first that is answered."""
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
            s.settimeout(30)
            s.connect((self.host, self.port))
            s.send(wire)
            marker = query("localhost.").to_wire()
            s.send(marker)
            return s.recv(65535)[:2] == marker[:2]

    def connect(self, timeout=30.0, source=None):
        return socket.create_connection((self.host, self.port), timeout, (source, 0) if source else None)


class Unbound(Resolver):
    """The reference: Unbound's daemon with the options that cenote gives its resolver library."""

    def __init__(self, folder, tree, port, extra=""):
        self.port = port
        folder = pathlib.Path(folder)
        config = folder / "unbound.conf"
        config.write_text(f"""server:
 interface: 127.0.0.1@{port}
 username: ""
 chroot: ""
 directory: "{folder}"
 pidfile: "{folder}/pid"
 use-syslog: no
 num-threads: 1
 module-config: "validator iterator"
 root-hints: "{tree.hints}"
 trust-anchor: "{tree.anchor}"
 do-not-query-localhost: no
 do-ip6: no
 qname-minimisation: yes
 aggressive-nsec: no
 ede: yes
 minimal-responses: yes
 rrset-roundrobin: no
 harden-below-nxdomain: yes
 outgoing-num-tcp: 10
{extra}
remote-control:
 control-enable: no
""")
        super().__init__([tool("unbound"), "-d", "-c", config], folder / "stderr")
        self.wait_for_dns(self.host, port)

    def ask(self, *words, **options):
        """Asks again, as stub resolvers do: when a server of the tree does not get to run, Unbound may stay silent for long."""
        for _ in range(5):
            with contextlib.suppress(dns.exception.Timeout):
                return super().ask(*words, timeout=10, **options)
        raise AssertionError(f"Unbound does not answer {words}: {self.log()[-3000:]}")


class Bind(Resolver):
    """The reference for policy zones: BIND's named with zones (name -> file) in order."""

    def __init__(self, folder, tree, port, zones):
        self.port = port
        folder = pathlib.Path(folder)
        order = " ".join(f'zone "{name}";' for name in zones)
        each = "".join(f'zone "{name}" {{ type primary; file "{path}"; allow-query {{ any; }}; }};\n' for name, path in zones.items())
        (folder / "named.conf").write_text(f"""options {{
 directory "{folder}"; pid-file "{folder}/pid"; session-keyfile none; managed-keys-directory "{folder}";
 listen-on port {port} {{ 127.0.0.1; }}; listen-on-v6 {{ none; }};
 recursion yes; allow-recursion {{ any; }}; allow-query-cache {{ any; }}; dnssec-validation no; empty-zones-enable no;
 qname-minimization off; minimal-responses yes; notify no; recursive-clients 2000; tcp-clients 200;
 response-policy {{ {order} }} qname-wait-recurse no nsip-wait-recurse yes nsdname-wait-recurse yes break-dnssec yes
  max-policy-ttl 300;
}};
controls {{ }};
zone "." {{ type hint; file "{tree.hints}"; }};
{each}""")
        super().__init__([tool("named"), "-f", "-n", "2", "-c", folder / "named.conf"], folder / "stderr")
        self.wait_for_dns(self.host, port)


class UnixConnection(http.client.HTTPConnection):
    def __init__(self, path, timeout):
        super().__init__("localhost", timeout=timeout)
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(str(self.path))


class Cenote(Resolver):
    """cenote with a configuration given as a dictionary. Its folder outlives it, so that it can be started again."""

    def __init__(self, folder, config=None, wait=True, arguments=(), environment=None, http=None):
        self.folder = pathlib.Path(folder)
        self.folder.mkdir(exist_ok=True)
        self.config_path = self.folder / "cenote.yaml"
        self.port = next(PORTS)
        self.http_port = next(PORTS)
        self.config = {
            "directory": str(self.folder),
            "listen": [f"127.0.0.1:{self.port}"],
            "http": {"listen": [f"127.0.0.1:{self.http_port}"], "anonymous": "stats", **(http or {})},
            "workers": 2,
        }
        self.write_config(config or {})
        environment = dict(os.environ, **SANITIZERS, **(environment or {}))
        stderr = self.folder / "stderr"
        self.log_before = len(stderr.read_text(errors="replace")) if stderr.exists() else 0
        super().__init__([CENOTE, "run", "-c", self.config_path, *arguments], stderr, environment)
        if wait:
            self.wait_for_dns(self.host, self.port)

    def log_of_this_life(self):
        return self.log()[self.log_before:]

    def wait_for_dns(self, *where, **options):
        """And until it has said all that it says at the start."""
        super().wait_for_dns(*where, **options)
        until(lambda: "event=serving" in self.log_of_this_life())
        return self

    def write_config(self, changes):
        self.config.update(changes)
        # Tests keep their lists in folders of their own, and do not wait for a failure to pass.
        feeds = {"directory": str(self.folder.parent.parent), "retry_wait": "20ms", **self.config.get("feeds", {})}
        # Tests count lists and names: the calendar is for those that turn it on.
        dga = {"calendar": {"mode": "off"}, **self.config.get("dga", {})}
        self.config_path.write_text(yaml.safe_dump({**self.config, "feeds": feeds, "dga": dga}))

    def reload(self, changes=None):
        if changes:
            self.write_config(changes)
        self.process.send_signal(signal.SIGHUP)

    @property
    def socket_path(self):
        found = list(pathlib.Path(self.config["directory"]).rglob("control.sock"))
        assert found, "no control socket"
        return found[0]

    def http(self, method, path, body=None, unix=True, timeout=60, **more):
        """(status, headers, text) over the control socket or TCP."""
        connection = UnixConnection(self.socket_path, timeout) if unix else \
            http.client.HTTPConnection("127.0.0.1", self.http_port, timeout=timeout)
        with contextlib.closing(connection):
            headers = {name.replace("_", "-"): value for name, value in more.items()}
            if body is not None:
                headers["Content-Type"] = "application/json"
            connection.request(method, path, json.dumps(body) if body is not None else None, headers)
            response = connection.getresponse()
            return response.status, response.headers, response.read().decode()

    def get(self, path):
        status, _, text = self.http("GET", path)
        assert status == 200, (status, text)
        return json.loads(text)

    def command(self, *words, codes=(0,), timeout=180):
        """Runs a subcommand against this daemon's configuration; returns its output."""
        done = subprocess.run([CENOTE, words[0], "-c", self.config_path, *words[1:]], capture_output=True, text=True,
                              timeout=timeout, env=dict(os.environ, **SANITIZERS))
        assert done.returncode in codes, (done.returncode, done.stdout, done.stderr)
        assert not BAD_WORDS.search(done.stderr), done.stderr
        return done.stdout

    def stop(self, codes=(0,), **options):
        super().stop(codes, **options)
        bad = [line for line in self.log().splitlines() if BAD_WORDS.search(line)]
        assert not bad, "\n".join(bad[:5]) + "\n" + self.log()[-6000:]

    def kill(self):
        self.process.kill()
        self.process.wait()

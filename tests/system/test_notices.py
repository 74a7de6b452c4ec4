# SPDX-License-Identifier: BSD-2-Clause
"""Who is told of a case: a web server, signed, and by mail; and what a receiver that is slow, wrong or gone can do."""
import hashlib
import hmac
import http.server
import json
import threading
import time

import pytest

from checks import rcode, stats
from daemons import until
from signing import Authority
from test_evidence import BOT, OTHER, become_case, cases, evidence

SECRET = b"a secret of thirty-two octets.. "

pytestmark = pytest.mark.threads


class Receiver(http.server.ThreadingHTTPServer):
    """Answers the first messages with `statuses`, later ones with 204; a status of None: never."""
    daemon_threads = True

    def __init__(self, *statuses, tls=None):
        super().__init__(("127.0.0.1", 0), Handler)
        self.statuses, self.messages, self.ending = list(statuses), [], threading.Event()
        self.lock = threading.Lock()
        if tls:
            self.socket = tls.wrap_socket(self.socket, server_side=True)
        self.url = f"{'https' if tls else 'http'}://localhost:{self.server_address[1]}/hook"
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def close(self):
        self.ending.set()
        self.shutdown()
        self.server_close()

    def handle_error(self, request, client_address):
        pass  # a client that does not like the certificate


class Handler(http.server.BaseHTTPRequestHandler):
    def log_message(self, *words):
        pass

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        with self.server.lock:
            self.server.messages.append((self.path, dict(self.headers), body))
            status = self.server.statuses.pop(0) if self.server.statuses else 204
        if status is None:
            self.server.ending.wait()
            return
        self.send_response(status)
        if status == 307:
            self.send_header("Location", "/elsewhere")
        self.send_header("Content-Length", "0")
        self.end_headers()


@pytest.fixture
def receive():
    made = []

    def make(*statuses, **options):
        made.append(Receiver(*statuses, **options))
        return made[-1]
    yield make
    for r in made:
        r.close()


@pytest.fixture
def hooked(start, tmp_path):
    """A daemon with a webhook."""
    secret = tmp_path / "secret"
    secret.write_bytes(SECRET.strip() + b"\n")

    def make(url, folder=None, timeout="60s", **changes):
        return start({"evidence": {"webhook": {"url": url, "secret_file": str(secret), "timeout": timeout, **changes}}},
                     **({"folder": folder} if folder else {}))
    return make


def checked(message):
    """The body of a message whose signature is right and fresh."""
    path, headers, body = message
    assert path == "/hook" and headers["Content-Type"] == "application/json"
    parts = dict(part.split("=", 1) for part in headers["Cenote-Signature"].split(","))
    expected = hmac.new(SECRET.strip(), parts["t"].encode() + b"." + body, hashlib.sha256).hexdigest()
    assert hmac.compare_digest(parts["v1"], expected) and abs(time.time() - int(parts["t"])) < 300
    return json.loads(body)


def told(cenote, receiver="webhook"):
    return evidence(cenote)["notices"][receiver]


def test_a_case_and_what_becomes_of_it(hooked, receive):
    server = receive()
    cenote = hooked(server.url)
    become_case(cenote)
    cenote.command("cases", "ack", "1", "Ann looks at it")
    until(lambda: told(cenote)["delivered"] == 2)
    opened, changed = [checked(m) for m in server.messages]
    assert (opened["event"], opened["state"]) == ("case.opened", "open")
    assert opened["case"]["client"] == BOT and opened["case"]["evidence"][0]["name"]
    assert (changed["event"], changed["state"], changed["case"]["note"]) == ("case.changed", "acknowledged", "Ann looks at it")
    assert opened["id"] != changed["id"] and opened["time"] == opened["case"]["opened"]
    assert told(cenote, "mail") is None
    status, _, text = cenote.http("GET", "/metrics")
    assert status == 200 and 'cenote_notices_delivered_total{receiver="webhook"} 2' in text


def test_again_until_it_is_taken(hooked, receive):
    server = receive(500, 307, 204)
    cenote = hooked(server.url)
    become_case(cenote)
    until(lambda: told(cenote)["delivered"] == 1)
    assert told(cenote)["failed_tries"] == 2 and told(cenote)["problem"] == ""
    bodies = [checked(m) for m in server.messages]  # and nobody was sent to /elsewhere
    assert len(bodies) == 3 and len({b["id"] for b in bodies}) == 1
    assert "status 500" in cenote.log()


def test_a_final_no_is_not_repeated(hooked, receive):
    server = receive(422)
    cenote = hooked(server.url)
    become_case(cenote)
    until(lambda: told(cenote)["given_up"] == 1)
    become_case(cenote, OTHER, 50)
    until(lambda: told(cenote)["delivered"] == 1)
    assert len(server.messages) == 2


def test_a_receiver_that_never_answers_costs_nothing_else(hooked, receive):
    server = receive(*[None] * 100)
    cenote = hooked(server.url)
    become_case(cenote)
    until(lambda: server.messages)
    become_case(cenote, OTHER, 50)
    cenote.command("cases", "close", "1")
    for i in range(20):
        assert rcode(cenote.ask(f"host{i}.load.net")) in ("NOERROR", "NXDOMAIN")
    until(lambda: told(cenote)["waiting"] == 3)
    assert (told(cenote)["delivered"], len(server.messages)) == (0, 1)
    begun = time.monotonic()
    cenote.stop()
    assert time.monotonic() - begun < 45  # less than a try may take


def test_a_try_has_a_deadline(hooked, receive):
    server = receive(None)
    cenote = hooked(server.url, timeout="1s")
    become_case(cenote)
    until(lambda: told(cenote)["delivered"] == 1)
    assert told(cenote)["failed_tries"] >= 1


def test_what_waits_survives_a_restart(hooked, receive):
    silent = receive(*[None] * 100)
    cenote = hooked(silent.url)
    become_case(cenote)
    cenote.command("cases", "ack", "1")
    until(lambda: silent.messages)
    first = checked(silent.messages[0])
    folder = cenote.folder
    cenote.stop()
    server = receive()
    cenote = hooked(server.url, folder=folder)
    until(lambda: told(cenote)["delivered"] == 2)
    opened, changed = [checked(m) for m in server.messages]
    assert opened["id"] == first["id"] and (opened["event"], changed["event"]) == ("case.opened", "case.changed")
    # What was delivered is not sent once more.
    cenote.stop()
    cenote = hooked(server.url, folder=folder)
    assert told(cenote)["waiting"] == 0 and len(server.messages) == 2


def test_tls_is_verified(hooked, receive, tmp_path):
    authority = Authority(tmp_path)
    server = receive(tls=authority.context("localhost"))
    cenote = hooked(server.url)
    become_case(cenote)
    until(lambda: told(cenote)["failed_tries"] >= 1)
    assert told(cenote)["delivered"] == 0 and not server.messages and "certificate" in told(cenote)["problem"]
    folder = cenote.folder
    cenote.stop()
    cenote = hooked(server.url, folder=folder, ca_file=str(authority.path))
    until(lambda: told(cenote)["delivered"] == 1)


def test_a_mail_in_plain_words(start, tmp_path):
    program = tmp_path / "sendmail"
    program.write_text(f"#!/bin/sh\ncat > {tmp_path}/mail.new && echo \"$@\" > {tmp_path}/words && mv {tmp_path}/mail.new {tmp_path}/mail\n")
    program.chmod(0o700)
    cenote = start({"evidence": {"mail": {"to": "abuse@example.net", "from": "cenote@example.net", "program": str(program)}}})
    case = become_case(cenote)
    cenote.command("cases", "ack", "1")  # the operator's own doing is no news
    until(lambda: told(cenote, "mail")["delivered"] == 1)
    head, words = (tmp_path / "mail").read_text().split("\n\n", 1)
    assert f"case 1: {BOT} looks infected" in head and "To: abuse@example.net" in head
    assert case["evidence"][0]["name"] in words and "cenote cases close 1" in words
    assert (tmp_path / "words").read_text() == "-i -f cenote@example.net -- abuse@example.net\n"
    assert (told(cenote, "mail")["waiting"], told(cenote)) == (0, None)


def test_a_configuration_that_cannot_be(start, tmp_path):
    short = tmp_path / "short"
    short.write_text("short")
    for webhook, words in (({"url": "http://127.0.0.1:9/"}, "secret_file"), ({"url": "file:///etc/passwd", "secret_file": "/x"}, "http"),
                           ({"url": "http://127.0.0.1:9/", "secret_file": str(short)}, "too few octets"),
                           ({"url": "http://127.0.0.1:9/", "secret_file": "/nowhere"}, "/nowhere")):
        cenote = start({"evidence": {"webhook": webhook}}, wait=False)
        until(lambda: cenote.process.poll() is not None)
        assert cenote.process.returncode in (1, 78) and words in cenote.log()
    for address in ("a b@example.net", "-oQ/tmp@example.net", "a@example.net\\nBcc: b@example.net", "a@-x"):
        cenote = start({"evidence": {"mail": {"to": address}}}, wait=False)
        until(lambda: cenote.process.poll() is not None)
        assert cenote.process.returncode == 78 and "evidence.mail.to" in cenote.log()


def test_cases_open_without_any_receiver(start):
    cenote = start()
    become_case(cenote)
    assert stats(cenote)["evidence"]["notices"] == {"webhook": None, "mail": None} and cases(cenote)

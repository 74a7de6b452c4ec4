# SPDX-License-Identifier: BSD-2-Clause
"""The clients of other products, as they ask: their requests with the same headers and bodies, and what they read of the answers."""
import base64
import contextlib
import http.client
import json
import types

from checks import taken_up

OPTIONAL_TEXT = (str, types.NoneType)
NUMBER = (int, float)


def fits(value, shape, where="answer"):
    """Asserts that all that a shape names is there and of its type. int: no fraction, no true; [shape]: a list of such; {str: shape}: a map."""
    if isinstance(shape, dict):
        assert isinstance(value, dict), f"{where} is {value!r}"
        if set(shape) == {str}:
            for key, one in value.items():
                fits(one, shape[str], f"{where}.{key}")
            return value
        for key, inner in shape.items():
            assert key in value, f"{where} has no {key}: {value}"
            fits(value[key], inner, f"{where}.{key}")
    elif isinstance(shape, list):
        assert isinstance(value, list), f"{where} is {value!r}"
        for i, one in enumerate(value):
            fits(one, shape[0], f"{where}[{i}]")
    else:
        wanted = shape if isinstance(shape, tuple) else (shape,)
        is_right = isinstance(value, wanted) and (not isinstance(value, bool) or bool in wanted)
        assert is_right, f"{where} is {value!r}, not {shape}"
    return value


class Answer:
    def __init__(self, response):
        self.status, self.headers = response.status, response.headers
        self.text = response.read().decode()

    @property
    def json(self):
        assert self.headers.get("Content-Type", "").startswith("application/json"), (self.status, dict(self.headers), self.text)
        return json.loads(self.text)


def ask(cenote, method, path, body=None, headers=None, timeout=60):
    """One request over TCP. `body`: octets, text, or what becomes JSON (without a content type of its own accord)."""
    if body is not None and not isinstance(body, (str, bytes)):
        body = json.dumps(body)
    connection = http.client.HTTPConnection("127.0.0.1", cenote.http_port, timeout=timeout)
    with contextlib.closing(connection):
        connection.request(method, path, body, headers or {})
        return Answer(connection.getresponse())


def new_key(cenote, name, scope):
    status, _, text = cenote.http("POST", "/api/v1/keys", {"name": name, "scope": scope})
    assert status in (200, 201), text
    return json.loads(text)["key"]


def settled(cenote):
    """The native numbers of the last day, once all that was counted is in the history."""
    return taken_up(cenote)[1]


def grouped(summary):
    """Queries as Pi-hole groups them, of the native outcomes."""
    def of(*names):
        return sum(summary["outcomes"].get(name, 0) for name in names)
    return {"total": summary["queries"], "blocked": summary["blocked"], "cached": of("cached", "stale", "local"),
            "forwarded": of("recursed", "rebinding", "servfail", "bogus")}


class PiHole6:
    """One who logs in with a password and then sends the session in `header`."""

    def __init__(self, cenote, password, header="X-FTL-SID", common=None):
        self.cenote, self.password, self.header, self.common = cenote, password, header, common or {}
        self.sid, self.csrf = None, None

    def login(self):
        answer = ask(self.cenote, "POST", "/api/auth", {"password": self.password},
                     {"Content-Type": "application/json", **self.common})
        if answer.status == 200:
            session = answer.json["session"]
            self.sid, self.csrf = session["sid"], session.get("csrf")
        return answer

    def headers(self):
        return {**self.common, self.header: self.sid, **({"X-FTL-CSRF": self.csrf} if self.csrf else {})}

    def get(self, path, status=200):
        answer = ask(self.cenote, "GET", path, headers=self.headers())
        assert answer.status == status, (path, answer.status, answer.text)
        return answer.json

    def send(self, method, path, body=None):
        headers = self.headers()
        if body is not None:
            headers["Content-Type"] = "application/json"
        return ask(self.cenote, method, path, body, headers)


def basic(password, user="admin"):
    return {"Authorization": "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()}


class AdGuard:
    """python-adguardhome: `Accept` as it sends it; an error's body is read as JSON only if it says it is."""

    def __init__(self, cenote, password):
        self.cenote = cenote
        self.headers = {"Accept": "application/json, text/plain, */*", **basic(password)}

    def request(self, uri, method="GET", json_data=None):
        headers = dict(self.headers)
        if json_data is not None:
            headers["Content-Type"] = "application/json"
        answer = ask(self.cenote, method, f"/control/{uri}", json_data, headers)
        if "application/json" in answer.headers.get("Content-Type", ""):
            return answer.status, answer.json
        return answer.status, {"message": answer.text}

    def get(self, uri):
        status, value = self.request(uri)
        assert status == 200, (uri, status, value)
        return value

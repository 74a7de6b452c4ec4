# SPDX-License-Identifier: BSD-2-Clause
"""What a list's server may send instead of a list. Each poison is octets, or a function that is given the request's handler; with it go
words of the sentence that must be said of it."""
import bz2
import gzip
import io
import lzma
import tarfile
import zipfile
import zlib

MIB = 1 << 20
MARK = "poisoned.example"  # whatever else a poison holds, this name must not come to act
NAMES = "".join(f"n{i}.poisoned.example\n" for i in range(40))
HTML = f"<!DOCTYPE html>\n<html><head><title>Sign in</title></head>\n<body>\n{MARK}\n</body></html>\n".encode()
SCRIPT = ("(function () {\n  'use strict';\n" + "  window.dataLayer = window.dataLayer || [];\n" * 40 + "})();\n").encode()


def send(status, body=b"", **headers):
    return lambda handler: handler.answer(status, body, **{k.replace("_", "-"): v for k, v in headers.items()})


def redirect(to):
    return send(302, b"go there", Location=to)


def raw(head, chunks=(), pause=None):
    """An answer of which the test writes every octet."""
    def behave(handler):
        handler.close_connection = True
        handler.wfile.write(head)
        for chunk in chunks() if callable(chunks) else chunks:
            handler.wfile.write(chunk)
            if pause and handler.server.ending.wait(pause):
                break
    return behave


def ok(*headers):
    return ("HTTP/1.1 200 OK\r\n" + "".join(h + "\r\n" for h in headers) + "\r\n").encode()


def forever(chunk):
    def chunks():
        while True:
            yield chunk
    return chunks


def zeros(n):
    """A gzip file of `n` MiB that takes a thousandth of them: members one behind the other (RFC 1952 2.2)."""
    return gzip.compress(b"a" * MIB, 9) * n


def zipped(*names):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as z:
        for name in names:
            z.writestr(name, NAMES)
    return out.getvalue()


def tarred(*names):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as t:
        for name in names:
            entry = tarfile.TarInfo(name)
            entry.size = len(NAMES)
            t.addfile(entry, io.BytesIO(NAMES.encode()))
    return out.getvalue()


def contents(port):
    """Poison in what is sent. `port`: of a good server, to lead to."""
    over = gzip.compress(b"b" * 17 * MIB)
    return {
        "html": (HTML, "web page"),
        "html-upper": (b"\n\n <HTML><BODY>" + HTML, "web page"),
        "javascript": (SCRIPT, "refused"),
        "css": (b"body {\n  margin: 0;\n}\n" * 30, "refused"),
        "json": (b'[\n' + b'  {"domain": "poisoned.example"},\n' * 30 + b"]\n", "refused"),
        "xml": (b'<?xml version="1.0"?>\n<list><name>poisoned.example</name></list>\n', "web page"),
        "pdf": (b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n" + bytes(range(256)) * 20, "binary"),
        "elf": (b"\x7fELF\x02\x01\x01" + bytes(2000), "binary"),
        "empty": (b"", "empty"),
        "comments": (b"# nothing\n! at all\n" * 50, "empty or holds only comments"),
        "bom": (b"\xef\xbb\xbf", "empty"),
        "newlines": (b"\n" * 5000, "empty"),
        "scheme": (b"://\n", "refused"),
        "anchor": (b"||^\n", "refused"),
        "zeros": (b"0.0.0.0 0.0.0.0\n", "refused"),
        "star": (b"*\n", "refused"),
        "com": (b"com\n", "refused"),
        "couk": (b"co.uk\n", "refused"),
        "root": (b".\n", "refused"),
        "wildcards": (b"*.*\n*.com\n||com^\n*.co.uk\n" * 5, "refused"),
        "addresses": (b"".join(b"203.0.113.%d\n" % i for i in range(100)), "refused"),
        "utf16": (("\ufeff" + NAMES).encode("utf-16-le"), "UTF-16"),
        "utf16-be": (NAMES.encode("utf-16-be"), "UTF-16"),
        "cr-only": (b"not a name !!\r" * 200, "refused"),
        "nul": (NAMES.replace("\n", "\0\n").encode(), "binary data"),
        "binary": (bytes((i * 7919 >> 3) & 255 for i in range(20000)), "binary data"),
        "latin": ("schön ist anders als gut\n".encode("latin-1") * 50, "refused"),
        "long-line": (b"a" * 10 * MIB, "refused"),
        "long-label": (b"a" * 64 + b".example\n", "refused"),
        "over-bytes": (b"c.poisoned.example\n" * (17 * MIB // 19), "feeds.max_bytes"),
        "line-1g-packed": (zeros(1024), "feeds.max_bytes|200 times its size"),
        "line-1g-sent": (raw(ok(), forever(b"a" * MIB)), "feeds.max_bytes"),
        "gzip-bomb": (over, "refused|more than|limit"),
        "gzip-in-gzip": (gzip.compress(gzip.compress(NAMES.encode())), "archive"),
        "gzip-cut": (gzip.compress(NAMES.encode() * 50)[:-40], "damaged archive"),
        "gzip-junk": (b"\x1f\x8b" + bytes(200), "damaged archive"),
        "xz-bomb": (lzma.compress(b"x.poisoned.example\n" * (64 * MIB // 19)), "feeds.max_bytes|200 times its size|feeds.max_rules"),
        "bzip2": (bz2.compress(NAMES.encode() * 50), "binary|archive|refused"),
        "encoded-bomb": (raw(ok("Content-Encoding: gzip", "Connection: close"), [gzip.compress(bytes(64 * MIB))]), "feeds.max_bytes"),
        "encoded-junk": (send(200, b"this is not gzip", Content_Encoding="gzip"), "gzip|decoding|encoding|incorrect header"),
        "encoding": (send(200, NAMES.encode(), Content_Encoding="x-rot13"), "content encoding"),
        "deflate-cut": (send(200, zlib.compress(NAMES.encode() * 20)[:30], Content_Encoding="deflate"), "."),
        "google": (b"google.com\n" + b"".join(b"good%d.example\n" % i for i in range(40)), "google.com"),
        "own-server": (b"lists.example\n" + b"".join(b"good%d.example\n" % i for i in range(40)), "lists.example"),
    }


def answers(port, closed):
    """Poison in how it is sent. `port`: of the server of good lists on all addresses; `closed`: where nobody listens."""
    good = f":{port}/ok"
    long_head = b"".join(b"X-Filler-%d: %s\r\n" % (i, b"f" * 8000) for i in range(60))
    return {
        "error": (send(500, NAMES.encode()), "status 500"),
        "unavailable": (send(503, b"", Retry_After="3600"), "asked again in 3600 s"),
        "missing": (send(404, NAMES.encode()), "status 404"),
        "gone": (send(410), "status 410"),
        "forbidden": (send(403, HTML), "status 403"),
        "no-content": (raw(b"HTTP/1.1 204 No Content\r\n\r\n"), "status 204"),
        "partial": (send(206, NAMES.encode(), Content_Range="bytes 0-9/900"), "status 206"),
        "login": (send(200, HTML, Content_Type="text/html"), "web page"),
        "portal": (redirect(f"http://198.51.100.1:{port}/sign-in"), "web page"),
        "loop": (lambda handler: handler.answer(302, b"", Location=handler.path), "redirected more than 5 times"),
        "chain": (redirect(f"http://198.51.100.1:{port}/chain/7"), "redirected more than 5 times"),
        "nowhere": (send(302, b"nowhere"), "redirects to no place"),
        "to-loopback": (redirect(f"http://127.0.0.1{good}"), "127.0.0.1, which is not a public address"),
        "to-loopback-hex": (redirect(f"http://0x7f000001{good}"), "127.0.0.1, which is not a public address"),
        "to-loopback-number": (redirect(f"http://2130706433{good}"), "127.0.0.1, which is not a public address"),
        "to-loopback-v6": (redirect(f"http://[::1]{good}"), "::1, which is not a public address"),
        "to-loopback-mapped": (redirect(f"http://[::ffff:127.0.0.1]{good}"), "127.0.0.1, which is not a public address"),
        "to-loopback-nat64": (redirect(f"http://[64:ff9b::7f00:1]{good}"), "which is not a public address"),
        "to-loopback-6to4": (redirect(f"http://[2002:7f00:1::1]{good}"), "which is not a public address"),
        "to-loopback-name": (redirect(f"http://inside.example{good}"), "inside.example is at 127.0.0.1"),
        "to-localhost": (redirect(f"http://localhost{good}"), "which is not a public address"),
        "to-any": (redirect(f"http://0.0.0.0{good}"), "which is not a public address"),
        "to-private": (redirect(f"http://10.53.0.1{good}"), "10.53.0.1, which is not a public address"),
        "to-metadata": (redirect("http://169.254.169.254/latest/meta-data/"), "169.254.169.254, which is not a public address"),
        "to-multicast": (redirect("http://224.0.0.1/"), "which is not a public address"),
        "to-file": (redirect("file:///etc/passwd"), "redirected to file://"),
        "to-gopher": (redirect("gopher://198.51.100.1:70/1"), "redirected to gopher://"),
        "to-ftp": (redirect("ftp://198.51.100.1/list"), "redirected to ftp://"),
        "to-dict": (redirect("dict://198.51.100.1/show:db"), "redirected to dict://"),
        "to-data": (redirect("data:text/plain,poisoned.example"), "redirect"),
        "to-junk": (redirect("http://[not an address/"), "redirect"),
        "to-no-host": (redirect(f"http://nobody.invalid{good}"), "nobody.invalid"),
        "to-closed": (redirect(f"http://198.51.100.1:{closed}/"), "198.51.100.1"),
        "cut": (raw(ok("Content-Length: 100000"), [NAMES.encode()]), "transfer closed|end of"),
        "cut-chunk": (raw(ok("Transfer-Encoding: chunked"), [b"ffff\r\n" + NAMES.encode()]), "transfer closed|chunk"),
        "bad-chunk": (raw(ok("Transfer-Encoding: chunked"), [b"zz\r\n" + NAMES.encode()]), "chunk"),
        "endless-chunks": (raw(ok("Transfer-Encoding: chunked"), forever(b"10000\r\n" + b"d" * 65536 + b"\r\n")), "feeds.max_bytes"),
        "long-head": (raw(b"HTTP/1.1 200 OK\r\n" + long_head + b"\r\n", [NAMES.encode()]), "head of its answer"),
        "endless-head": (raw(b"HTTP/1.1 200 OK\r\n", forever(long_head)), "head of its answer"),
        "long-header": (raw(b"HTTP/1.1 200 OK\r\nX-Long: " + b"h" * MIB + b"\r\n\r\n", [NAMES.encode()]), "header|head of its answer"),
        "no-head": (raw(NAMES.encode()), "HTTP/0.9|protocol|version"),
        "hang-up": (raw(b""), "Empty reply|reset|closed"),
        "slow": (raw(ok("Content-Length: 1000"), forever(b"e"), pause=1.0), "timed out|Operation too slow"),
        "negative-length": (raw(ok("Content-Length: -5"), [NAMES.encode()]), "."),
    }

# SPDX-License-Identifier: BSD-2-Clause
"""Questions at a steady rate, each answer checked, in a thread of its own."""
import select
import socket
import struct
import threading
import time

import dns.message

from daemons import query


class Load(threading.Thread):
    """Asks `rate` questions a second, fewer when more than `most` wait: a socket's buffer is for some hundreds, and who stalls must not lose
    one. `questions` yields (name, rdtype); `judge(name, rdtype, answer)` returns a complaint or nothing. Use as a context; afterwards
    `sent`, `answered`, `complaints` and `slowest` tell."""

    def __init__(self, daemon, questions, rate, judge=lambda *_: None, patience=60, most=200):
        super().__init__(daemon=True)
        self.questions, self.rate, self.judge, self.patience, self.most = iter(questions), rate, judge, patience, most
        self.sent = self.answered = 0
        self.slowest = 0.0
        self.complaints = []
        self.waiting = {}
        self.ending = threading.Event()
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 22)
        self.socket.connect((daemon.host, daemon.port))

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.ending.set()
        self.join()
        self.socket.close()

    @property
    def lost(self):
        return self.sent - self.answered

    def run(self):
        begin = time.monotonic()
        while not self.ending.is_set():
            while self.sent < (time.monotonic() - begin) * self.rate and len(self.waiting) < self.most:
                self.send_one()
            self.receive(0.002)
        deadline = time.monotonic() + self.patience
        while self.waiting and time.monotonic() < deadline:
            self.receive(0.05)

    def send_one(self):
        name, rdtype = next(self.questions)
        ident = self.sent & 0xFFFF
        wire = query(name, rdtype).to_wire()
        self.waiting[ident] = (name, rdtype, time.monotonic())
        self.sent += 1
        self.socket.send(struct.pack("!H", ident) + wire[2:])

    def receive(self, seconds):
        while select.select([self.socket], [], [], seconds)[0]:
            seconds = 0
            wire = self.socket.recv(65535)
            name, rdtype, at = self.waiting.pop(struct.unpack_from("!H", wire)[0])
            self.answered += 1
            self.slowest = max(self.slowest, time.monotonic() - at)
            complaint = self.judge(name, rdtype, dns.message.from_wire(wire))
            if complaint:
                self.complaints.append(f"{name} {rdtype}: {complaint}")

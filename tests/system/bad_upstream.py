# SPDX-License-Identifier: BSD-2-Clause
"""Authorities that misbehave. Each has an address of its own, UDP and TCP, and a behaviour that a test may change."""
import random
import socket
import struct
import threading
import time

import dns.flags
import dns.message
import dns.rcode
import dns.rrset


class BadUpstream(threading.Thread):
    """Behaviours: good, slow, silent, refusing, servfail, wrong_id, wrong_name, truncated, garbage, lame. `delay` is in seconds."""

    def __init__(self, address, behaviour="good", delay=3.0):
        super().__init__(daemon=True)
        self.address, self.behaviour, self.delay = address, behaviour, delay
        self.asked = 0
        self.names = []  # as they stood in the questions
        self.udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.udp.bind((address, 53))
        self.tcp = socket.create_server((address, 53), backlog=64)
        threading.Thread(target=self.serve_tcp, daemon=True).start()
        self.start()

    def run(self):
        while True:
            wire, peer = self.udp.recvfrom(65535)
            self.asked += 1
            delay = self.delay if self.behaviour == "slow" else 0
            if delay:
                threading.Timer(delay, self.reply_udp, (wire, peer)).start()
            else:
                self.reply_udp(wire, peer)

    def reply_udp(self, wire, peer):
        answer = self.answer(wire, False)
        if answer:
            self.udp.sendto(answer, peer)

    def serve_tcp(self):
        while True:
            connection, _ = self.tcp.accept()
            threading.Thread(target=self.serve_connection, args=(connection,), daemon=True).start()

    def serve_connection(self, connection):
        with connection:
            connection.settimeout(30)
            try:
                while True:
                    size = struct.unpack("!H", connection.recv(2, socket.MSG_WAITALL))[0]
                    wire = connection.recv(size, socket.MSG_WAITALL)
                    if self.behaviour == "slow":
                        time.sleep(self.delay)
                    answer = self.answer(wire, True)
                    if answer:
                        connection.sendall(struct.pack("!H", len(answer)) + answer)
            except (OSError, struct.error):
                pass

    def answer(self, wire, is_tcp):
        if self.behaviour == "silent":
            return None
        if self.behaviour == "garbage":
            return wire[:2] + random.randbytes(40)
        asked = dns.message.from_wire(wire)
        reply = dns.message.make_response(asked)
        reply.flags |= dns.flags.AA
        reply.flags &= ~dns.flags.RA
        question = asked.question[0]
        self.names.append(question.name.to_text())
        zone = dns.name.Name(question.name.labels[-3:]) if len(question.name) >= 3 else question.name
        if self.behaviour in ("refusing", "servfail"):
            reply.set_rcode(dns.rcode.REFUSED if self.behaviour == "refusing" else dns.rcode.SERVFAIL)
            return reply.to_wire()
        if self.behaviour == "lame":
            reply.flags &= ~dns.flags.AA
            reply.authority.append(dns.rrset.from_text(".", 300, "IN", "NS", "ns."))
            return reply.to_wire()
        self.fill(reply, question, zone)
        if self.behaviour == "wrong_id":
            reply.id ^= 0x5555
        if self.behaviour == "wrong_name":
            reply.question = [dns.rrset.RRset(dns.name.from_text("other.example."), question.rdclass, question.rdtype)]
        if self.behaviour == "truncated" and not is_tcp:
            reply.flags |= dns.flags.TC
            reply.answer = []
        return reply.to_wire()

    @staticmethod
    def fill(reply, question, zone):
        kind = dns.rdatatype.to_text(question.rdtype)
        soa = dns.rrset.from_text(zone, 60, "IN", "SOA", f"ns.{zone} host.{zone} 1 2 3 4 60")
        if kind == "A":
            # A TTL of one second: the next question but one finds it expired.
            reply.answer.append(dns.rrset.from_text(question.name, 1, "IN", "A", "9.5.5.5"))
        elif kind == "NS" and question.name == zone:
            reply.answer.append(dns.rrset.from_text(zone, 60, "IN", "NS", f"ns.{zone}"))
        else:
            reply.authority.append(soa)

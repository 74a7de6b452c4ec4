# SPDX-License-Identifier: BSD-2-Clause
"""BIND as the primary of an RPZ zone: TSIG, NOTIFY, dynamic updates."""
import base64
import pathlib

import dns.query
import dns.rcode
import dns.tsigkeyring
import dns.update

from daemons import Daemon, tool, until

SECRET = base64.b64encode(b"a secret for the tests of transfers").decode()
KEY = "transfer-key"


class Primary(Daemon):
    """named with the zone `zone` on `host`:`port`; it tells `notify` (a port of this machine) of every change."""
    host = "127.0.0.1"

    def __init__(self, folder, port, notify, zone="rpz.test", records="", algorithm="hmac-sha256"):
        self.folder, self.port, self.notify, self.zone = pathlib.Path(folder), port, notify, zone
        self.folder.mkdir(exist_ok=True)
        (self.folder / "zone.db").write_text(
            f"$ORIGIN {zone}.\n$TTL 60\n@ SOA localhost. nobody.invalid. 1 60 20 86400 60\n@ NS localhost.\n{records}")
        self.config = self.folder / "named.conf"
        self.config.write_text(f"""
options {{
 directory "{self.folder}"; pid-file "{self.folder}/pid"; session-keyfile "{self.folder}/session.key";
 managed-keys-directory "{self.folder}";
 listen-on port {port} {{ 127.0.0.1; }}; listen-on-v6 {{ none; }}; recursion no; dnssec-validation no;
 notify-delay 0; notify-rate 1000; startup-notify-rate 1000; serial-update-method increment;
 transfers-out 100; tcp-clients 200; max-ixfr-ratio unlimited;
}};
controls {{ }};
key "{KEY}" {{ algorithm {algorithm}; secret "{SECRET}"; }};
zone "{zone}" {{
 type primary; file "{self.folder}/zone.db"; journal "{self.folder}/zone.jnl";
 allow-transfer {{ key "{KEY}"; }}; allow-update {{ key "{KEY}"; }};
 notify explicit; also-notify {{ 127.0.0.1 port {notify} key "{KEY}"; }};
}};
""")
        self.keyring = dns.tsigkeyring.from_text({KEY: (algorithm, SECRET)})
        self.run()

    def run(self):
        super().__init__([tool("named"), "-g", "-c", self.config], self.folder / "stderr")
        self.wait_for_dns(self.host, self.port, self.zone)
        until(lambda: self.soa().answer)  # it listens before it has loaded the zone

    def update(self, *changes):
        """`changes`: (owner without the zone, type, data) to set; without type and data: to remove. One update, one serial."""
        message = dns.update.Update(self.zone, keyring=self.keyring)
        for owner, *data in changes:
            if data:
                message.replace(owner, 60, *data)
            else:
                message.delete(owner)
        answer = dns.query.tcp(message, self.host, port=self.port, timeout=60)
        assert answer.rcode() == dns.rcode.NOERROR, answer

    def soa(self):
        return dns.query.udp(dns.message.make_query(self.zone, "SOA"), self.host, port=self.port, timeout=30)

    def serial(self):
        return self.soa().answer[0][0].serial

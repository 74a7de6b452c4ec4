# SPDX-License-Identifier: BSD-2-Clause
"""Keys of minisign and certificates, made by the tests themselves."""
import base64
import datetime
import hashlib
import ssl

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.x509.oid import NameOID


class Minisign:
    """A key pair; `text` is the public key as minisign prints it."""

    def __init__(self, identity=b"identity"):
        self.key, self.identity = Ed25519PrivateKey.generate(), identity
        self.public = self.key.public_key().public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
        self.text = base64.b64encode(b"Ed" + identity + self.public).decode()

    def sign(self, content, is_legacy=False, comment="timestamp:1", signed_comment=None):
        """A signature's file. `signed_comment`: what is signed in place of the comment that is shown."""
        message = content if is_legacy else hashlib.blake2b(content).digest()
        signature = self.key.sign(message)
        whole = self.key.sign(signature + (comment if signed_comment is None else signed_comment).encode())
        head = (b"Ed" if is_legacy else b"ED") + self.identity
        return (f"untrusted comment: of a test\n{base64.b64encode(head + signature).decode()}\n"
                f"trusted comment: {comment}\n{base64.b64encode(whole).decode()}\n")


def name_of(text):
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


class Authority:
    """Signs certificates; its own is in `folder`/ca.pem."""

    def __init__(self, folder):
        self.folder, self.key, self.name = folder, ec.generate_private_key(ec.SECP256R1()), name_of("authority of a test")
        self.path = folder / "ca.pem"
        self.path.write_bytes(self.certify(self.key.public_key(), self.name, None, True))

    def certify(self, public, subject, host, is_authority=False, key=None, issuer=None, age_days=1):
        now = datetime.datetime.utcnow()
        begin = now - datetime.timedelta(days=age_days)
        builder = x509.CertificateBuilder(
            issuer or self.name, subject, public, x509.random_serial_number(), begin, begin + datetime.timedelta(days=30))
        builder = builder.add_extension(x509.BasicConstraints(is_authority, None), critical=True)
        if host:
            builder = builder.add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=False)
        return builder.sign(key or self.key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)

    def context(self, host, is_self_signed=False, age_days=1):
        """For a server that says it is `host`."""
        key, subject = ec.generate_private_key(ec.SECP256R1()), name_of(host)
        pem = self.certify(key.public_key(), subject, host, key=key if is_self_signed else None,
                           issuer=subject if is_self_signed else None, age_days=age_days)
        path = self.folder / f"{host}-{is_self_signed}-{age_days}.pem"
        path.write_bytes(pem + key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8,
                                                 serialization.NoEncryption()))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(path)
        return context

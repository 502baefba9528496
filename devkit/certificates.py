"""A certificate authority of one's own, for brokers that speak TLS on loopback."""

from dataclasses import dataclass
import datetime as dt
import ipaddress
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

_LIFETIME = dt.timedelta(days=30)


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerFiles:
    """What a broker's TLS listener reads: its authority, its certificate and its key, as PEM files."""

    authority: Path
    certificate: Path
    key: Path


class Authority:
    """Signs server certificates. ``pem`` is what a client has to trust."""

    def __init__(self, name: str = "Event Hub test authority") -> None:
        """Make a key and a certificate that signs itself."""
        self._name = _name(name)
        self._key = ec.generate_private_key(ec.SECP256R1())
        builder = _builder(self._name, self._name, self._key).add_extension(
            x509.BasicConstraints(ca=True, path_length=0), critical=True
        )
        self._certificate = builder.sign(self._key, hashes.SHA256())
        self.pem = _pem(self._certificate)

    def issue(self, folder: Path, *names: str) -> ServerFiles:
        """Write a server's files into ``folder``; ``names`` are the host names and addresses it answers to."""
        folder.mkdir(parents=True, exist_ok=True)
        key = ec.generate_private_key(ec.SECP256R1())
        builder = _builder(_name(names[0]), self._name, key).add_extension(
            x509.SubjectAlternativeName([_alternative(name) for name in names]), critical=False
        )
        files = ServerFiles(authority=folder / "ca.pem", certificate=folder / "server.pem", key=folder / "server.key")
        files.authority.write_text(self.pem, encoding="utf-8")
        files.certificate.write_text(_pem(builder.sign(self._key, hashes.SHA256())), encoding="utf-8")
        files.key.write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
        )
        return files


def _builder(subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey) -> x509.CertificateBuilder:
    now = dt.datetime.now(dt.UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(hours=1))
        .not_valid_after(now + _LIFETIME)
    )


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _alternative(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def _pem(certificate: x509.Certificate) -> str:
    return certificate.public_bytes(serialization.Encoding.PEM).decode()

"""What CMS signatures are made of: DER, BER, certificates, signers. Used by cms.py."""

import datetime
import hashlib

from asn1crypto import core
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed448, ed25519, padding, rsa
from cryptography.x509.oid import NameOID

NOW = datetime.datetime.now(datetime.timezone.utc).replace(microsecond=0)
DAY = datetime.timedelta(days=1)
DER, PEM = serialization.Encoding.DER, serialization.Encoding.PEM
CONTENT = b"what is signed \x00\r\n\xff"
HASHES = {
    "sha1": hashes.SHA1(), "sha256": hashes.SHA256(), "sha384": hashes.SHA384(), "sha512": hashes.SHA512(),
}
DIGESTS = {
    "md5": "1.2.840.113549.2.5", "sha1": "1.3.14.3.2.26", "sha256": "2.16.840.1.101.3.4.2.1",
    "sha384": "2.16.840.1.101.3.4.2.2", "sha512": "2.16.840.1.101.3.4.2.3", "sha3_256": "2.16.840.1.101.3.4.2.8",
}
WITH_ECDSA = {
    "sha1": "1.2.840.10045.4.1", "sha256": "1.2.840.10045.4.3.2", "sha384": "1.2.840.10045.4.3.3",
    "sha512": "1.2.840.10045.4.3.4",
}
DATA, SIGNED_DATA, ENVELOPED = (f"1.2.840.113549.1.7.{last}" for last in (1, 2, 3))
CONTENT_TYPE, MESSAGE_DIGEST, SIGNING_TIME = (f"1.2.840.113549.1.9.{last}" for last in (3, 4, 5))
PROTECTION, UNKNOWN, OTHER_TYPE = "1.2.840.113549.1.9.52", "1.2.3.4.5", "1.2.3.4.6"
ESS_1, ESS_2 = "1.2.840.113549.1.9.16.2.12", "1.2.840.113549.1.9.16.2.47"
NULL = b"\x05\x00"


def tlv(tag, *parts):
    body = b"".join(parts)
    if len(body) < 128:
        return bytes([tag, len(body)]) + body
    length = len(body).to_bytes((len(body).bit_length() + 7) // 8, "big")
    return bytes([tag, 0x80 | len(length)]) + length + body


def seq(*parts):
    return tlv(0x30, *parts)


def set_of(*parts):
    return tlv(0x31, *sorted(parts))


def oid(dotted):
    return core.ObjectIdentifier(dotted).dump()


def octets(body):
    return tlv(0x04, body)


def number(value):
    return core.Integer(value).dump()


def digest(name, body):
    return hashlib.new(name, body).digest()


def name(common):
    country = x509.NameAttribute(NameOID.COUNTRY_NAME, "VN")
    return x509.Name([country, x509.NameAttribute(NameOID.COMMON_NAME, common)])


class Party:
    """A certificate with its key."""

    def __init__(self, common, key, issuer=None, serial=None):
        self.key, self.common = key, common
        above = issuer or self
        builder = x509.CertificateBuilder().subject_name(name(common)).issuer_name(name(above.common))
        builder = builder.public_key(key.public_key()).serial_number(serial or x509.random_serial_number())
        builder = builder.not_valid_before(NOW - 9 * DAY).not_valid_after(NOW + 400 * DAY)
        builder = builder.add_extension(x509.BasicConstraints(issuer is None, None), True)
        above_all, signs = issuer is None, issuer is not None
        usage = x509.KeyUsage(signs, signs, False, False, False, above_all, above_all, False, False)
        builder = builder.add_extension(usage, True)
        identifier = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
        builder = builder.add_extension(identifier, False)
        self.identifier = identifier.digest
        certificate = builder.sign(above.key, hashes.SHA256())
        self.certificate, self.der = certificate, certificate.public_bytes(DER)
        self.issuer = certificate.issuer.public_bytes()
        self.serial = certificate.serial_number


ROOT = Party("Root", ec.generate_private_key(ec.SECP256R1()))
PARTIES = {}


def party(kind):
    makers = {
        "p256": lambda: ec.generate_private_key(ec.SECP256R1()),
        "p384": lambda: ec.generate_private_key(ec.SECP384R1()),
        "p521": lambda: ec.generate_private_key(ec.SECP521R1()),
        "secp256k1": lambda: ec.generate_private_key(ec.SECP256K1()),
        "brainpool": lambda: ec.generate_private_key(ec.BrainpoolP256R1()),
        "rsa": lambda: rsa.generate_private_key(65537, 2048),
        "rsa1024": lambda: rsa.generate_private_key(65537, 1024),
        "ed25519": ed25519.Ed25519PrivateKey.generate,
        "ed448": ed448.Ed448PrivateKey.generate,
        "dsa": lambda: dsa.generate_private_key(2048),
    }
    if kind not in PARTIES:
        PARTIES[kind] = Party(f"Signer {kind}", makers[kind](), ROOT)
    return PARTIES[kind]


def pss(hash_name, salt, mask=None):
    """Parameters of RSASSA-PSS."""
    one = seq(oid(DIGESTS[hash_name]), NULL)
    other = seq(oid(DIGESTS[mask or hash_name]), NULL)
    mask = seq(oid("1.2.840.113549.1.1.8"), other)
    fields = tlv(0xA0, one), tlv(0xA1, mask), tlv(0xA2, number(salt))
    return seq(oid("1.2.840.113549.1.1.10"), seq(*fields))


def made(key, data, hash_name, pss_salt=None, mask=None):
    """A signature, and the algorithm it is usually called by."""
    if isinstance(key, rsa.RSAPrivateKey):
        if pss_salt is None:
            algorithm = seq(oid("1.2.840.113549.1.1.1"), NULL)
            return key.sign(data, padding.PKCS1v15(), HASHES[hash_name]), algorithm
        how = padding.PSS(padding.MGF1(HASHES[mask or hash_name]), pss_salt)
        return key.sign(data, how, HASHES[hash_name]), pss(hash_name, pss_salt, mask)
    if isinstance(key, ec.EllipticCurvePrivateKey):
        return key.sign(data, ec.ECDSA(HASHES[hash_name])), seq(oid(WITH_ECDSA[hash_name]))
    if isinstance(key, dsa.DSAPrivateKey):
        return key.sign(data, HASHES[hash_name]), seq(oid("2.16.840.1.101.3.4.3.2"))
    last = "112" if isinstance(key, ed25519.Ed25519PrivateKey) else "113"
    return key.sign(data), seq(oid(f"1.3.101.{last}"))


def attribute(kind, *values):
    return seq(oid(kind), set_of(*values))


def usual(content, hash_name="sha256", content_type=DATA, at=NOW):
    """The attributes of an ordinary signature."""
    return [
        attribute(CONTENT_TYPE, oid(content_type)),
        attribute(SIGNING_TIME, core.UTCTime(at).dump()),
        attribute(MESSAGE_DIGEST, octets(digest(hash_name, content))),
    ]


def info(signer, content=CONTENT, hash_name="sha256", more=(), attributes=None, **how):
    """A SignerInfo: `attributes` False for none, `order` for how they are stored and signed."""
    if attributes is None:
        attributes = usual(content, hash_name, how.get("content_type", DATA)) + list(more)
    stored = signed = b""
    if attributes is False:
        data = content
    else:
        order = how.get("order", "der")
        stored = sorted(attributes) if order == "der" else sorted(attributes, reverse=True)
        signed = stored if order == "as stored" else sorted(attributes)
        data, stored = tlv(0x31, *signed), tlv(0xA0, *stored)
    key = how.get("key", signer.key)
    signature, algorithm = made(key, data, hash_name, how.get("salt"), how.get("mask"))
    named = seq(how.get("issuer", signer.issuer), number(signer.serial))
    if how.get("by_key"):
        named = tlv(0x80, signer.identifier)
    return seq(
        number(3 if how.get("by_key") else 1), named, seq(oid(DIGESTS[how.get("says", hash_name)]), NULL), stored,
        how.get("algorithm", algorithm), octets(how.get("change", bytes)(signature)),
        how.get("unsigned", b""),
    )


def data_of(infos, certificates, content=None, content_type=DATA, digests=None, lists=()):
    """A SignedData."""
    if digests is None:
        digests = [seq(oid(DIGESTS[each]), NULL) for each in ("sha1", "sha256", "sha384", "sha512")]
    inside = oid(content_type) + (tlv(0xA0, octets(content)) if content is not None else b"")
    parts = [number(1), set_of(*digests), seq(inside)]
    parts += [tlv(0xA0, *certificates)] if certificates else []
    parts += [tlv(0xA1, *lists)] if lists else []
    return seq(oid(SIGNED_DATA), tlv(0xA0, seq(*parts, tlv(0x31, *infos))))


def indefinite(der, chunks=False):
    """The same with indefinite lengths wherever there are elements in elements."""
    out = b""
    while der:
        length, at = der[1], 2
        if length & 0x80:
            at += length & 0x7F
            length = int.from_bytes(der[2:at], "big")
        body, tag, der = der[at:at + length], der[0], der[at + length:]
        if tag & 0x20:
            out += bytes([tag, 0x80]) + indefinite(body, chunks) + b"\x00\x00"
        elif tag == 0x04 and chunks and body:
            pieces = b"".join(octets(body[start:start + 5]) for start in range(0, len(body), 5))
            out += b"\x24\x80" + pieces + b"\x00\x00"
        else:
            out += tlv(tag, body)
    return out


def longer(der):
    """The same with lengths of five bytes."""
    length, at = der[1], 2
    if length & 0x80:
        at += length & 0x7F
        length = int.from_bytes(der[2:at], "big")
    return bytes([der[0], 0x84]) + length.to_bytes(4, "big") + der[at:]

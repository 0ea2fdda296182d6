"""Lays out NIST PKITS for the tests: pkits.py OUT

For every signer's certificate its signed message: NAME.p7s and NAME.content; certificates and lists as they
are in the package cryptography-vectors.
"""

import email
import pathlib
import shutil
import sys

import cryptography_vectors
from asn1crypto import cms
from asn1crypto import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.serialization import pkcs7
from cryptography.hazmat.primitives.serialization import pkcs12


def parts(path):
    """The signed bytes of a message and the signature over them."""
    raw = path.read_bytes().replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
    message = email.message_from_bytes(raw)
    boundary = b"--" + message.get_boundary().encode()
    signed = raw.split(b"\r\n" + boundary)[1].removeprefix(b"\r\n")
    signature = message.get_payload()[1].get_payload(decode=True)
    return signed, signature


def named(signature):
    """Issuer and serial number of the certificate that the signature names."""
    data = cms.ContentInfo.load(signature)["content"]
    signer = data["signer_infos"][0]["sid"].chosen
    return signer["issuer"].dump(), signer["serial_number"].native


def key(path):
    """Issuer and serial number of a certificate."""
    certificate = x509.Certificate.load(path.read_bytes())
    return certificate.issuer.dump(), certificate.serial_number


def main(out):
    root = pathlib.Path(cryptography_vectors.__file__).parent / "x509" / "PKITS_data"
    for folder in ("certs", "crls"):
        shutil.copytree(root / folder, out / folder)
    names = {key(path): path.stem for path in (root / "certs").glob("*EE.crt")}
    found = set()
    for path in sorted((root / "smime").glob("*.eml")):
        signed, signature = parts(path)
        name = names.get(named(signature))
        if name is None or name in found:
            continue
        found.add(name)
        (out / f"{name}.p7s").write_bytes(signature)
        (out / f"{name}.content").write_bytes(signed)
    # The message of 4.14.18 is that of 4.14.19: it is signed here with the key that comes with it.
    name = "ValidonlySomeReasonsTest18EE"
    packed = (root / "pkcs12" / f"{name}.p12").read_bytes()
    private, certificate, _ = pkcs12.load_key_and_certificates(packed, b"password")
    content = b"content"
    builder = pkcs7.PKCS7SignatureBuilder().set_data(content)
    builder = builder.add_signer(certificate, private, hashes.SHA256())
    options = [pkcs7.PKCS7Options.DetachedSignature, pkcs7.PKCS7Options.Binary]
    (out / f"{name}.p7s").write_bytes(builder.sign(serialization.Encoding.DER, options))
    (out / f"{name}.content").write_bytes(content)


main(pathlib.Path(sys.argv[1]))

"""Makes signatures with time stamps by pyHanko and openssl, in the current directory.

Everybody's certificate but those of `authority` and `strange` is valid for 30 days; lists are for 400. Whoever
judges later than that needs the time stamps. What each file is, its name says; root.pem and root.crl judge all.
"""

import asyncio
import hashlib
import subprocess
from datetime import datetime, timedelta, timezone

from asn1crypto import algos, cms, core, keys
from asn1crypto import crl as asn1_crl
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.writer import PageObject, PdfFileWriter
from pyhanko.sign import fields, signers, timestamps
from pyhanko_certvalidator import ValidationContext
from pyhanko_certvalidator.registry import SimpleCertificateStore

NOW = datetime.now(timezone.utc).replace(microsecond=0)
DAY = timedelta(days=1)
CONTENT = b"what is signed"


class Party:
    """Somebody with a key and a certificate."""

    def __init__(self, name, issuer=None, days=30, purposes=None, is_critical=True):
        self.name = name
        self.key = rsa.generate_private_key(65537, 2048)
        subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
        above = issuer or self
        usage = dict.fromkeys(
            "digital_signature content_commitment key_encipherment data_encipherment key_agreement "
            "key_cert_sign crl_sign encipher_only decipher_only".split(),
            False,
        )
        usage["digital_signature"] = usage["content_commitment"] = issuer is not None
        usage["key_cert_sign"] = usage["crl_sign"] = issuer is None
        made = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(issuer.certificate.subject if issuer else subject)
            .public_key(self.key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(NOW - 2 * DAY)
            .not_valid_after(NOW + days * DAY)
            .add_extension(x509.BasicConstraints(issuer is None, None), True)
            .add_extension(x509.KeyUsage(**usage), True)
        )
        if purposes:
            made = made.add_extension(x509.ExtendedKeyUsage(purposes), is_critical)
        self.certificate = made.sign(above.key, hashes.SHA256())
        pem = serialization.Encoding.PEM
        with open(f"{name}.pem", "wb") as out:
            out.write(self.certificate.public_bytes(pem))
        with open(f"{name}.key", "wb") as out:
            form = serialization.PrivateFormat.PKCS8
            out.write(self.key.private_bytes(pem, form, serialization.NoEncryption()))

    @property
    def asn1(self):
        der = self.certificate.public_bytes(serialization.Encoding.DER)
        return asn1_x509.Certificate.load(der)

    @property
    def asn1_key(self):
        form = serialization.PrivateFormat.PKCS8
        der = self.key.private_bytes(
            serialization.Encoding.DER, form, serialization.NoEncryption()
        )
        return keys.PrivateKeyInfo.load(der)

    def stamps(self, at=None):
        store = SimpleCertificateStore()
        store.register(self.asn1)
        return timestamps.DummyTimeStamper(
            tsa_cert=self.asn1,
            tsa_key=self.asn1_key,
            certs_to_embed=store,
            fixed_dt=at,
            override_md="sha256",
        )


def revocations(issuer, revoked, name):
    made = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(issuer.certificate.subject)
        .last_update(NOW - timedelta(minutes=5))
        .next_update(NOW + 400 * DAY)
    )
    for party in revoked:
        made = made.add_revoked_certificate(
            x509.RevokedCertificateBuilder()
            .serial_number(party.certificate.serial_number)
            .revocation_date(NOW - timedelta(minutes=10))
            .build()
        )
    made = made.sign(issuer.key, hashes.SHA256())
    der = made.public_bytes(serialization.Encoding.DER)
    with open(name, "wb") as out:
        out.write(der)
    return asn1_crl.CertificateList.load(der)


STAMPS = [x509.ExtendedKeyUsageOID.TIME_STAMPING]
root = Party("root", days=4000)
other_root = Party("other-root", days=4000)
signer = Party("signer", root)
authority = Party("authority", root, 4000, STAMPS)
short = Party("short", root, 30, STAMPS)
revoked = Party("revoked", root, 4000, STAMPS)
usage = Party("usage", root, 4000, [*STAMPS, x509.ExtendedKeyUsageOID.EMAIL_PROTECTION])
lax = Party("lax", root, 4000, STAMPS, is_critical=False)
strange = Party("strange", other_root, 4000, STAMPS)
lists = [revocations(root, [revoked], "root.crl")]
revocations(other_root, [], "other-root.crl")

with open("content", "wb") as file:
    file.write(CONTENT)


def run(*arguments):
    subprocess.run(["openssl", *arguments], check=True, capture_output=True)


def token(by, digest, at=None):
    return asyncio.run(by.stamps(at).async_timestamp(digest, "sha256"))


def signed():
    run(
        *"cms -sign -binary -nodetach -cades -outform DER -in content -out plain.cms".split(),
        *"-signer signer.pem -inkey signer.key".split(),
    )
    with open("plain.cms", "rb") as file:
        return cms.ContentInfo.load(file.read())


def signature(info):
    return info["content"]["signer_infos"][0]["signature"].native


def with_stamps(name, *tokens, info=None):
    """Writes a signature with these time stamps, as one attribute of each."""
    info = info or signed()
    attribute = cms.CMSAttribute(
        {"type": "signature_time_stamp_token", "values": list(tokens)}
    )
    info["content"]["signer_infos"][0]["unsigned_attrs"] = cms.CMSAttributes([attribute])
    with open(name, "wb") as out:
        out.write(info.dump())


def stamped(name, by, at=None):
    info = signed()
    digest = hashlib.sha256(signature(info)).digest()
    with_stamps(name, token(by, digest, at), info=info)


with open("none.cms", "wb") as out:
    out.write(signed().dump())
for by in [authority, short, revoked, usage, lax, strange]:
    stamped(f"by-{by.name}.cms", by)
stamped("future.cms", authority, NOW + 300 * DAY)
stamped("before.cms", authority, NOW - DAY)
# Signatures of one second over one content are the same: it is of a third thing.
with_stamps("other.cms", token(authority, hashlib.sha256(b"another signature").digest()))
broken = signed()
digest = hashlib.sha256(signature(broken)).digest()
good = token(authority, digest)
changed = good.copy()
value = changed["content"]["signer_infos"][0]["signature"].native
changed["content"]["signer_infos"][0]["signature"] = value[:-1] + bytes([value[-1] ^ 1])
with_stamps("broken.cms", changed, info=broken)
with_stamps("broken-and-good.cms", changed, good, info=broken)

# By openssl, with the serial number of the authority's certificate in it.
configuration = """
[tsa]
default_tsa=t
[t]
serial=serial
signer_digest=sha256
default_policy=1.2.3.4
digests=sha256,sha384
ess_cert_id_chain=yes
ess_cert_id_alg=sha256
accuracy=secs:1
"""
with open("ts.conf", "w") as out:
    out.write(configuration)
with open("serial", "w") as out:
    out.write("01\n")
info = signed()
with open("signature", "wb") as out:
    out.write(signature(info))
run(*"ts -query -data signature -sha384 -cert -out query.tsq".split())
run(
    *"ts -reply -config ts.conf -queryfile query.tsq -signer authority.pem -inkey authority.key".split(),
    *"-chain root.pem -token_out -out token.der".split(),
)
with open("token.der", "rb") as file:
    with_stamps("by-openssl.cms", cms.ContentInfo.load(file.read()), info=info)


# Time stamps of archives (ETSI EN 319 122-1, 5.5.3): what the short one is over is proved by a longer one.
class Any(cms.SetOf):
    _child_spec = core.Any


INDEX = "0.4.0.19122.1.5"
OLD_INDEX = "0.4.0.1733.2.5"
ARCHIVE = "0.4.0.1733.2.4"
OLD_ARCHIVE = "1.2.840.113549.1.9.16.2.48"
cms.CMSAttribute._oid_specs.update(
    {INDEX: Any, OLD_INDEX: Any, ARCHIVE: cms.SetOfContentInfo, OLD_ARCHIVE: cms.SetOfContentInfo}
)


class Digests(core.SequenceOf):
    _child_spec = core.OctetString


class HashIndex(core.Sequence):
    _fields = [
        ("algorithm", algos.DigestAlgorithm),
        ("certificates", Digests),
        ("lists", Digests),
        ("attributes", Digests),
    ]


def sha(data):
    return hashlib.sha256(data).digest()


def hash_index(info, attributes=None, more=(), algorithm="sha256"):
    """The index of what stands in a signature; of unsigned attributes those of these types."""
    data = info["content"]
    unsigned = data["signer_infos"][0]["unsigned_attrs"]
    named = []
    for attribute in unsigned:
        if attributes is None or attribute["type"].native in attributes:
            kind = attribute["type"].dump()
            named += [sha(kind + value.dump()) for value in attribute["values"]]
    return HashIndex(
        {
            "algorithm": {"algorithm": algorithm},
            "certificates": [sha(one.dump()) for one in data["certificates"]] + list(more),
            "lists": [],
            "attributes": named,
        }
    )


def old_index(info):
    """The first version: attributes are hashed whole."""
    index = hash_index(info)
    unsigned = info["content"]["signer_infos"][0]["unsigned_attrs"]
    index["attributes"] = [sha(attribute.dump()) for attribute in unsigned]
    return index


def archived(name, info, by, content=CONTENT, index=None, write_index=INDEX, at=None):
    """Adds a time stamp over the archive, third version, and writes it all down."""
    index = index or hash_index(info)
    data = info["content"]
    signer_info = data["signer_infos"][0]
    fields = list(signer_info)[:6]
    parts = [data["encap_content_info"]["content_type"].dump(), sha(content)]
    parts += [signer_info[field].dump() for field in fields]
    made = token(by, sha(b"".join(parts) + index.dump()), at)
    if write_index:
        attribute = cms.CMSAttribute({"type": write_index, "values": [index]})
        made["content"]["signer_infos"][0]["unsigned_attrs"] = cms.CMSAttributes([attribute])
    add(info, ARCHIVE, made)
    with open(name, "wb") as out:
        out.write(info.dump())
    return info


def add(info, kind, made):
    signer_info = info["content"]["signer_infos"][0]
    before = list(signer_info["unsigned_attrs"])
    attribute = cms.CMSAttribute({"type": kind, "values": [made]})
    signer_info["unsigned_attrs"] = cms.CMSAttributes([*before, attribute])


def take_away(name, info, kind):
    """Takes an unsigned attribute away, and writes it all down."""
    signer_info = info["content"]["signer_infos"][0]
    left = [one for one in signer_info["unsigned_attrs"] if one["type"].native != kind]
    signer_info["unsigned_attrs"] = cms.CMSAttributes(left)
    with open(name, "wb") as out:
        out.write(info.dump())


def stamped_short():
    """A signature that a short authority's time stamp is over."""
    info = signed()
    digest = sha(signature(info))
    attribute = cms.CMSAttribute(
        {"type": "signature_time_stamp_token", "values": [token(short, digest)]}
    )
    info["content"]["signer_infos"][0]["unsigned_attrs"] = cms.CMSAttributes([attribute])
    return info


archived("lta.cms", stamped_short(), authority)
archived("lta-twice.cms", archived("lta-short.cms", stamped_short(), short), authority)
archived("lta-content.cms", stamped_short(), authority, content=b"something else")
archived("lta-no-index.cms", stamped_short(), authority, write_index=None)
archived("lta-strange.cms", stamped_short(), strange)
for name, kind in (("lta-old-index.cms", OLD_INDEX), ("lta-index-mixed-up.cms", INDEX)):
    info = stamped_short()
    archived(name, info, authority, index=old_index(info), write_index=kind)
info = stamped_short()
archived("lta-missing.cms", info, authority, index=hash_index(info, more=[sha(b"not there")]))
info = stamped_short()
archived("lta-digest.cms", info, authority, index=hash_index(info, algorithm="sha384"))
# The signature is in the archive; the other time stamp is not, and proves nothing any more.
info = stamped_short()
archived("lta-beside.cms", info, authority, index=hash_index(info, attributes=[]))
# Added behind the archive: it is not in there, and nobody asks for it.
info = archived("lta-later.cms", stamped_short(), authority)
add(info, "signature_time_stamp_token", token(short, sha(signature(info))))
with open("lta-later.cms", "wb") as out:
    out.write(info.dump())
# Taken away: the index names it, and it is not there.
info = archived("lta-taken.cms", stamped_short(), authority)
take_away("lta-taken.cms", info, "signature_time_stamp_token")


def archived_before(name, with_header, at=None):
    """A time stamp over the archive, second version: all that stands there (TS 101 733, annex K)."""
    info = stamped_short()
    data = info["content"]
    signer_info = data["signer_infos"][0]
    unsigned = signer_info["unsigned_attrs"]
    parts = [data["encap_content_info"].dump(), data["certificates"].dump()]
    parts += [signer_info[field].dump() for field in list(signer_info)[:6]]
    parts += [unsigned.dump() if with_header else unsigned.contents]
    add(info, OLD_ARCHIVE, token(authority, sha(b"".join(parts)), at))
    with open(name, "wb") as out:
        out.write(info.dump())
    return info


archived_before("archive-v2.cms", True)
archived_before("archive-v2-old.cms", False)
info = archived_before("archive-v2-taken.cms", True)
take_away("archive-v2-taken.cms", info, "signature_time_stamp_token")


def context():
    return ValidationContext(
        trust_roots=[root.asn1],
        crls=lists,
        other_certs=[signer.asn1, authority.asn1, short.asn1],
        allow_fetching=False,
        revocation_mode="require",
    )


def sign(out, by, **more):
    """Signs a page with a time stamp by somebody."""
    store = SimpleCertificateStore()
    store.register(signer.asn1)
    how = signers.SimpleSigner(
        signing_cert=signer.asn1, signing_key=signer.asn1_key, cert_registry=store
    )
    writer = PdfFileWriter()
    stream = generic.StreamObject(stream_data=b"")
    page = PageObject(contents=writer.add_object(stream), media_box=(0, 0, 595, 842))
    writer.insert_page(page)
    meta = signers.PdfSignatureMetadata(
        field_name="Signer",
        subfilter=fields.SigSeedSubFilter.PADES,
        md_algorithm="sha256",
        **more,
    )
    pdf = signers.PdfSigner(meta, how, timestamper=by and by.stamps())
    with open(out, "wb") as file:
        pdf.sign_pdf(writer, output=file)


def stamp(name, out, by):
    """Adds a time stamp over the whole document."""
    with open(name, "rb") as file, open(out, "wb") as output:
        writer = IncrementalPdfFileWriter(file)
        made = signers.PdfTimeStamper(by.stamps(), field_name=f"Stamp-{by.name}")
        made.timestamp_pdf(writer, "sha256", validation_context=context(), output=output)


evidence = {"embed_validation_info": True, "validation_context": context()}
sign("b-b.pdf", None)
sign("b-t.pdf", authority)
sign("b-lt.pdf", authority, **evidence)
sign("b-lta.pdf", authority, use_pades_lta=True, **evidence)
sign("short.pdf", short, **evidence)
stamp("short.pdf", "short-lta.pdf", authority)
stamp("b-b.pdf", "document.pdf", authority)
with open("document.pdf", "rb") as file:
    written = bytearray(file.read())
# Another document's time stamp, in the place of this one's.
sign("b-b.pdf", None)
stamp("b-b.pdf", "another.pdf", authority)
with open("another.pdf", "rb") as file:
    another = file.read()


def contents(pdf):
    start = pdf.rindex(b"/Contents <") + len(b"/Contents <")
    return start, pdf.index(b">", start)


(start, end), (from_, to) = contents(written), contents(another)
# The room for each is a guess at its length, filled up with zeros.
token = another[from_:to].rstrip(b"0").ljust(end - start, b"0")
assert len(token) == end - start
written[start:end] = token
with open("swapped.pdf", "wb") as out:
    out.write(written)

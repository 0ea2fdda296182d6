"""What signed PDFs are made of: a letter, signatures by pyHanko and by hand, revisions. Used by pdf.py."""

import datetime
import io

from asn1crypto import crl as asn1_crl, keys, x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.pdf_utils.writer import copy_into_new_writer
from pyhanko.sign import fields, signers
from pyhanko.sign.validation import validate_pdf_signature
from pyhanko_certvalidator import ValidationContext
from pyhanko_certvalidator.registry import SimpleCertificateStore

from cms_parts import CONTENT_TYPE, DATA, DAY, DER, DIGESTS, MESSAGE_DIGEST, NOW, NULL, PEM
from cms_parts import Party, attribute, data_of, digest, info, name, octets, oid, seq

ROOT = Party("Root", ec.generate_private_key(ec.SECP256R1()))
SEAL = Party("Seal", ec.generate_private_key(ec.SECP256R1()), ROOT)


def list_of_root():
    builder = x509.CertificateRevocationListBuilder().issuer_name(name(ROOT.common))
    builder = builder.last_update(NOW - DAY).next_update(NOW + 30 * DAY).add_extension(x509.CRLNumber(1), False)
    return builder.sign(ROOT.key, hashes.SHA256())


LIST = list_of_root()


def stream(text, more=b""):
    return b"<< /Length %d %b >>\nstream\n%b\nendstream" % (len(text), more, text)


def page(contents=b"4 0 R", more=b"/Annots [6 0 R 7 0 R 8 0 R 11 0 R]"):
    resources = b"/Resources << /Font << /F1 10 0 R >> /XObject << /X1 14 0 R >> >>"
    box = b"/MediaBox [0 0 595 842]"
    return b"<< /Type /Page /Parent 2 0 R %b %b /Contents %b %b >>" % (box, resources, contents, more)


PAY_100 = stream(b"BT /F1 12 Tf 50 700 Td (Pay 100) Tj ET /X1 Do")
PAY_999 = stream(b"BT /F1 12 Tf 50 700 Td (Pay 999) Tj ET /X1 Do")
FORM = b"/Type /XObject /Subtype /Form /BBox [0 0 9 9]"


def metadata(more=b""):
    rdf = b'<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"/>'
    xmp = b'<x:xmpmeta xmlns:x="adobe:ns:meta/">%b%b</x:xmpmeta>' % (rdf, more)
    return stream(xmp, b"/Type /Metadata /Subtype /XML")


def letter(lock=b"", more=b"", text=PAY_100):
    """The objects of a letter with two empty signature fields and a text field."""
    widget = b"/Type /Annot /Subtype /Widget /F 4 /P 3 0 R"
    return {
        1: b"<< /Type /Catalog /Pages 2 0 R /AcroForm 5 0 R /Metadata 13 0 R %b >>" % more,
        2: b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        3: page(),
        4: text,
        5: b"<< /Fields [6 0 R 7 0 R 8 0 R] /SigFlags 3 /DA (/F1 12 Tf 0 g) /DR << /Font << /F1 10 0 R >> >> >>",
        6: b"<< /FT /Sig /T (First) %b /Rect [0 0 0 0] %b >>" % (widget, lock),
        7: b"<< /FT /Sig /T (Second) %b /Rect [0 0 0 0] >>" % widget,
        8: b"<< /FT /Tx /T (Name) %b /Rect [50 50 150 70] /DA (/F1 12 Tf 0 g) >>" % widget,
        9: PAY_999,
        10: b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
        11: b"<< /Type /Annot /Subtype /Square /Rect [200 200 300 300] /Contents (seen) /F 4 >>",
        12: page(b"9 0 R"),
        13: metadata(),
        14: stream(b"0 0 9 9 re f", FORM),
        15: stream(b"1 1 2 2 re f", FORM),
    }


def written(objects, before=b"", trailer=b""):
    """A file of these objects with a table."""
    return revised(before + b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n", objects, trailer=trailer, previous=None)


def start_of(file):
    """Where the last table of a file is."""
    return int(file.rsplit(b"startxref", 1)[1].split()[0])


def revised(file, objects, places=(), trailer=b"", previous=True, free=()):
    """A file with one more revision of these objects; `places` are numbers with places that exist already."""
    out = file if file.endswith(b"\n") else file + b"\n"
    offsets = dict(places)
    for each, body in objects.items():
        offsets[each] = len(out)
        out += b"%d 0 obj\n%b\nendobj\n" % (each, body)
    at = len(out)
    out += b"xref\n0 1\n0000000000 65535 f \n"
    for each in free:
        out += b"%d 1\n0000000000 00001 f \n" % each
    for each in sorted(offsets):
        out += b"%d 1\n%010d 00000 n \n" % (each, offsets[each])
    before = b"/Prev %d" % start_of(file) if previous else b""
    size = 60 if previous is None else 90
    out += b"trailer\n<< /Size %d /Root 1 0 R %b %b >>\n" % (size, before, trailer)
    return out + b"startxref\n%d\n%%%%EOF\n" % at


def changed(file, change):
    """A file with one more revision, by pyHanko."""
    writer = IncrementalPdfFileWriter(io.BytesIO(file), strict=False)
    change(writer)
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def put(number, **entries):
    """A change that sets entries of an object."""

    def change(writer):
        found = writer.get_object(generic.Reference(number, 0, writer))
        for key, value in entries.items():
            found[generic.NameObject("/" + key)] = value(writer) if callable(value) else value
        writer.update_container(found)

    return change


def replaced(number, body):
    """A change that writes an object anew."""
    return lambda file: revised(file, {number: body})


def streams(file):
    """The same document with streams of objects and of references."""
    writer = copy_into_new_writer(PdfFileReader(io.BytesIO(file)), writer_kwargs={"stream_xrefs": True})
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def signer(**more):
    store = SimpleCertificateStore()
    store.register(asn1_x509.Certificate.load(ROOT.der))
    key = SEAL.key.private_bytes(DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return signers.SimpleSigner(
        signing_cert=asn1_x509.Certificate.load(SEAL.der), signing_key=keys.PrivateKeyInfo.load(key),
        cert_registry=store, **more,
    )


def signed(file, field="First", certify=None, pades=True, **more):
    """A file with one more signature, by pyHanko."""
    kind = fields.SigSeedSubFilter.PADES if pades else fields.SigSeedSubFilter.ADOBE_PKCS7_DETACHED
    if certify:
        more = {**more, "certify": True, "docmdp_permissions": fields.MDPPerm(certify)}
    meta = signers.PdfSignatureMetadata(field_name=field, subfilter=kind, md_algorithm="sha256", **more)
    out = io.BytesIO()
    writer = IncrementalPdfFileWriter(io.BytesIO(file), strict=False)
    signers.sign_pdf(writer, meta, signer=signer(), output=out)
    return out.getvalue()


def by_hand(file, objects=None, shape=None, fill=None, room=6000, value=b"", field=6, **how):
    """A file signed byte by byte: `shape` gives the ByteRange from where the string of digits begins, where it
    ends, and the size of the file; `fill` what stands between its brackets; `more` changes the dictionary; it
    is `direct` in its field or an object of its own."""
    blank = b"[0 %10d %10d %10d]" % (0, 0, 0)
    entry = b"<< /Type /Sig /Filter /Adobe.PPKLite /SubFilter /ETSI.CAdES.detached /ByteRange %b %b /Contents <%b> >>"
    entry = how.get("more", bytes)(entry % (blank, value, b"0" * room))
    sig = {**letter(), **(objects or {})}[field]
    value = entry if how.get("direct") else b"40 0 R"
    sig = sig.replace(b"/Rect", b"/V %b /Rect" % value)
    out = revised(file, {**(objects or {}), field: sig, **({} if how.get("direct") else {40: entry})})
    begins = out.index(b"<" + b"0" * room) if room else len(out)
    ends = begins + room + 2
    numbers = (shape or (lambda start, end, size: (0, start, end, size - end)))(begins, ends, len(out))
    ranges = b"[" + b" ".join(b"%d" % each for each in numbers)
    ranges = ranges.ljust(len(blank) - 1) + b"]"
    at = out.rindex(blank)
    out = out[:at] + ranges + out[at + len(blank):]
    cover = b"".join(out[max(start, 0):max(start, 0) + max(length, 0)] for start, length in zip(numbers[::2], numbers[1::2]))
    attributes = [
        attribute(CONTENT_TYPE, oid(DATA)), attribute(MESSAGE_DIGEST, octets(digest("sha256", cover))),
        attribute("1.2.840.113549.1.9.16.2.47", b"\x30\x26\x30\x24\x30\x22\x04\x20" + digest("sha256", SEAL.der)),
    ]
    digests = [seq(oid(DIGESTS["sha256"]), NULL)]
    whole = data_of([info(SEAL, content=cover, attributes=attributes)], [SEAL.der], digests=digests)
    digits = whole.hex().encode()
    digits = (fill or (lambda found, size: found.ljust(size, b"0")))(digits, room)
    return out[:begins + 1] + digits + out[ends - 1:]


def by_pyhanko(file):
    """Whether pyHanko finds every signature of a file good."""
    try:
        reader = PdfFileReader(io.BytesIO(file), strict=False)
        all_of_them = reader.embedded_regular_signatures
        context = {
            "trust_roots": [asn1_x509.Certificate.load(ROOT.der)], "allow_fetching": False, "revocation_mode": "hard-fail",
            "crls": [asn1_crl.CertificateList.load(LIST.public_bytes(DER))], "moment": datetime.datetime.now(datetime.timezone.utc),
        }
        found = [validate_pdf_signature(one, ValidationContext(**context)).bottom_line for one in all_of_them]
        return bool(found) and all(found)
    except Exception:  # whatever it is, the file is not found to be good
        return False


def root_pem():
    return ROOT.certificate.public_bytes(PEM)

"""Signs PDFs with pyHanko, in ways that docaxis does not sign itself.

usage: sign_pdf.py LETTER, in a directory with hanoi/person.pem and hanoi/person.key

Writes both.pdf (LETTER with a second PAdES signature), older.pdf (adbe.pkcs7.detached with RSASSA-PSS
and SHA-512 over a PDF of its own), and changed.pdf (both.pdf with an increment nobody signed).
"""

import sys

from pyhanko.keys import load_certs_from_pemder, load_private_key_from_pemder
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.writer import PageObject, PdfFileWriter
from pyhanko.sign import fields, signers
from pyhanko_certvalidator.registry import SimpleCertificateStore

letter = sys.argv[1]


def signer(**more):
    certificates = list(load_certs_from_pemder(["hanoi/person.pem"]))
    authorities = SimpleCertificateStore()
    authorities.register_multiple(certificates)
    return signers.SimpleSigner(
        signing_cert=certificates[0],
        signing_key=load_private_key_from_pemder("hanoi/person.key", None),
        cert_registry=authorities,
        **more,
    )


def sign(writer, out, how, **more):
    meta = signers.PdfSignatureMetadata(field_name="Person", **more)
    with open(out, "wb") as file:
        signers.sign_pdf(writer, meta, signer=how, output=file)


with open(letter, "rb") as file:
    sign(
        IncrementalPdfFileWriter(file),
        "both.pdf",
        signer(),
        subfilter=fields.SigSeedSubFilter.PADES,
        md_algorithm="sha256",
    )

fresh = PdfFileWriter()
stream = generic.StreamObject(stream_data=b"")
fresh.insert_page(PageObject(contents=fresh.add_object(stream), media_box=(0, 0, 595, 842)))
sign(
    fresh,
    "older.pdf",
    signer(prefer_pss=True),
    subfilter=fields.SigSeedSubFilter.ADOBE_PKCS7_DETACHED,
    md_algorithm="sha512",
)

with open("both.pdf", "rb") as file:
    writer = IncrementalPdfFileWriter(file)
    writer.root["/Changed"] = generic.BooleanObject(True)
    writer.update_root()
    with open("changed.pdf", "wb") as out:
        writer.write(out)

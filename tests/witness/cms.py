"""Makes CMS signatures as others write them, and as nobody should: cms.py OUT

One folder a case, as tests/it/variants.rs reads them: `ours` and `witness` are the arguments of `docaxis verify`
and of openssl. OUT/cases.tsv has each name, what RFC 5652 and its companions make of it (`valid`, `invalid`,
`failed`: wrong whatever comes to hand, `undecided`: beyond what docaxis takes), and words the report must have.
"""

import base64
import datetime
import pathlib
import sys

from asn1crypto import core
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, utils

from cms_parts import *  # noqa: F403

CASES = {}


def case(label, right, signature, says="-", content=CONTENT, form="DER", lists=True):
    CASES[label] = (right, signature, says, content, form, lists)


def one(label, right, kind="p256", says="-", **how):
    """A case of one signer."""
    signer = party(kind)
    case(label, right, data_of([info(signer, **how)], [signer.der]), says)


def about_algorithms():
    for kind, hash_name in (
        ("rsa", "sha256"), ("rsa", "sha384"), ("rsa", "sha512"), ("p256", "sha256"), ("p256", "sha384"),
        ("p256", "sha512"), ("p384", "sha256"), ("p384", "sha384"), ("p384", "sha512"), ("ed25519", "sha512"),
    ):
        one(f"{kind}_{hash_name}", "valid", kind, hash_name=hash_name)
        attached = data_of([info(party(kind), hash_name=hash_name, attributes=False)], [party(kind).der], CONTENT)
        case(f"{kind}_{hash_name}_no_attributes", "valid", attached, content=None)
    for hash_name, salt in (("sha256", 32), ("sha384", 48), ("sha512", 64), ("sha256", 20), ("sha256", 0)):
        one(f"pss_{hash_name}_{salt}", "valid", "rsa", hash_name=hash_name, salt=salt)
    limit = "undecided"
    one("pss_other_mask", limit, "rsa", "Signer rsa", salt=32, mask="sha1")
    one("pss_other_salt", "failed", "rsa", salt=20, algorithm=pss("sha256", 32))
    one("pss_other_digest", "invalid", "rsa", salt=32, algorithm=pss("sha384", 32))
    bare_pss = seq(oid("1.2.840.113549.1.1.10"), seq())
    one("pss_defaults", limit, "rsa", "Signer rsa", hash_name="sha1", salt=20, algorithm=bare_pss)
    one("sha1", limit, "rsa", "Signer rsa", hash_name="sha1")
    one("rsa_by_digest", "valid", "rsa", algorithm=seq(oid("1.2.840.113549.1.1.11"), NULL))
    one("rsa_by_digest_bare", "valid", "rsa", algorithm=seq(oid("1.2.840.113549.1.1.11")))
    one("rsa_by_other_digest", "invalid", "rsa", algorithm=seq(oid("1.2.840.113549.1.1.12"), NULL))
    one("ecdsa_by_other_digest", "invalid", algorithm=seq(oid(WITH_ECDSA["sha384"])))
    one("rsa_says_ecdsa", "invalid", "rsa", algorithm=seq(oid(WITH_ECDSA["sha256"])))
    for kind, hash_name in (
        ("p521", "sha512"), ("secp256k1", "sha256"), ("brainpool", "sha256"), ("ed448", "sha512"),
        ("dsa", "sha256"), ("rsa1024", "sha256"),
    ):
        one(f"key_{kind}", limit, kind, f"Signer {kind}", hash_name=hash_name)


def about_wrong_signatures():
    def flipped(signature):
        return signature[:-1] + bytes([signature[-1] ^ 1])

    def plain(signature):
        return b"".join(value.to_bytes(32, "big") for value in utils.decode_dss_signature(signature))

    for kind, hash_name in (("rsa", "sha256"), ("p256", "sha256"), ("p384", "sha384"), ("ed25519", "sha512")):
        one(f"{kind}_flipped", "failed", kind, hash_name=hash_name, change=flipped)
        one(f"{kind}_empty", "failed", kind, hash_name=hash_name, change=lambda _: b"")
        one(f"{kind}_longer", "failed", kind, hash_name=hash_name, change=lambda found: found + b"\x00")
    one("p256_plain", "failed", change=plain)
    another = ec.generate_private_key(ec.SECP256R1())
    one("other_key", "failed", key=another)
    good = data_of([info(party("p256"))], [party("p256").der])
    case("content_altered", "failed", good, content=CONTENT + b" ")
    case("content_missing", "undecided", good, content=None)
    attached = data_of([info(party("p256"))], [party("p256").der], CONTENT)
    case("attached", "valid", attached, content=None)
    case("attached_altered", "failed", data_of([info(party("p256"))], [party("p256").der], b"?"), content=None)
    bare = data_of([info(party("rsa"), attributes=False)], [party("rsa").der])
    case("no_attributes_altered", "failed", bare, content=b"other")
    # The attributes of a signature, given as what an attribute-less one signs.
    signed = tlv(0x31, *sorted(usual(CONTENT)))
    confused = data_of([info(party("p256"))], [party("p256").der])
    stripped = data_of([info(party("p256"), content=signed, attributes=False)], [party("p256").der])
    case("attributes_as_content", "undecided", stripped, content=signed)
    case("content_as_attributes", "failed", confused, content=signed)
    case("cut_short", "failed", good[:-7])
    case("trailing", "invalid", good + b"\x00trailing")
    attributes = [each for each in usual(b"other")]
    one("digest_of_other", "failed", attributes=attributes)
    one("digest_of_other_kind", "failed", attributes=usual(CONTENT, "sha384"))
    one("digest_says_other", "failed", says="-", attributes=usual(CONTENT, "sha512"), hash_name="sha256")


def about_attributes():
    two = attribute(UNKNOWN, number(1), number(2))
    one("attribute_unknown", "valid", more=[attribute(UNKNOWN, number(1))])
    one("attribute_two_values", "valid", more=[two])
    one("attribute_many", "valid", more=[attribute(f"1.2.3.5.{at}", number(at)) for at in range(100)])
    one("attribute_large", "valid", more=[attribute(UNKNOWN, octets(bytes(100_000)))])
    one("attributes_unsorted", "valid", order="unsorted", more=[two])
    one("attributes_unsorted_as_stored", "valid", order="as stored", more=[two])
    kind, time, hashed = usual(CONTENT)
    one("no_content_type", "failed", attributes=[time, hashed])
    one("no_digest", "failed", attributes=[kind, time])
    one("no_time", "valid", attributes=[kind, hashed])
    one("no_attribute_at_all", "failed", attributes=[])
    one("digest_twice", "failed", attributes=[kind, hashed, hashed])
    one("content_type_twice", "failed", attributes=[kind, kind, hashed])
    other = octets(digest("sha256", b"other"))
    both = attribute(MESSAGE_DIGEST, octets(digest("sha256", CONTENT)), other)
    one("digest_two_values", "failed", attributes=[kind, both])
    one("content_type_other", "failed", attributes=[attribute(CONTENT_TYPE, oid(OTHER_TYPE)), hashed])
    times = [core.UTCTime(NOW - days * DAY).dump() for days in (1, 2)]
    one("time_two_values", "failed", attributes=[kind, hashed, attribute(SIGNING_TIME, *times)])
    junk = tlv(0xA1, attribute(UNKNOWN, number(1), number(2)))
    one("unsigned_unknown", "valid", unsigned=junk)
    p256 = party("p256")
    for label, inside in (("attached", CONTENT), ("detached", None)):
        typed = data_of([info(p256, content_type=OTHER_TYPE)], [p256.der], inside, OTHER_TYPE)
        case(f"other_type_{label}", "valid", typed, content=None if inside else CONTENT)
    bare = data_of([info(p256, attributes=False)], [p256.der], CONTENT, OTHER_TYPE)
    case("other_type_no_attributes", "invalid", bare, content=None)
    case("other_type_contradicted", "failed", data_of([info(p256)], [p256.der], CONTENT, OTHER_TYPE), content=None)


def about_protection():
    def ess_2(hash_name, certificate, *more, named=True):
        algorithm = seq(oid(DIGESTS[hash_name])) if named else b""
        return seq(algorithm, octets(digest(hash_name, certificate)), *more)

    def issued(party_):
        return seq(seq(tlv(0xA4, party_.issuer)), number(party_.serial))

    p256, other = party("p256"), party("p384")
    first = attribute(ESS_1, seq(seq(seq(octets(digest("sha1", p256.der))))))
    one("ess_1", "valid", more=[first])
    one("ess_1_other", "undecided", more=[attribute(ESS_1, seq(seq(seq(octets(digest("sha1", other.der))))))])
    for hash_name in ("sha256", "sha384", "sha512", "sha3_256"):
        good = attribute(ESS_2, seq(seq(ess_2(hash_name, p256.der))))
        one(f"ess_2_{hash_name}", "valid", more=[good])
        wrong = attribute(ESS_2, seq(seq(ess_2(hash_name, other.der))))
        one(f"ess_2_{hash_name}_other", "undecided", more=[wrong])
    default = attribute(ESS_2, seq(seq(ess_2("sha256", p256.der, named=False))))
    one("ess_2_default", "valid", more=[default])
    one("ess_both", "valid", more=[default, first])
    contradicted = attribute(ESS_1, seq(seq(seq(octets(digest("sha1", other.der))))))
    one("ess_both_contradicted", "undecided", more=[default, contradicted])
    chain = attribute(ESS_2, seq(seq(ess_2("sha256", p256.der), ess_2("sha256", ROOT.der))))
    one("ess_chain", "valid", more=[chain])
    reverse = attribute(ESS_2, seq(seq(ess_2("sha256", ROOT.der), ess_2("sha256", p256.der))))
    one("ess_chain_reversed", "undecided", more=[reverse])
    one("ess_issuer", "valid", more=[attribute(ESS_2, seq(seq(ess_2("sha256", p256.der, issued(p256)))))])
    one("ess_issuer_other", "undecided", more=[attribute(ESS_2, seq(seq(ess_2("sha256", p256.der, issued(other)))))])
    country, common = (
        tlv(0x31, seq(oid(kind), tlv(0x13, text))) for kind, text in (("2.5.4.6", b"VN"), ("2.5.4.3", b"Root"))
    )
    for label, issuer in (
        ("other_strings", seq(country, common)), ("reversed", seq(common, country)), ("nested", seq(p256.issuer)),
    ):
        named = seq(seq(tlv(0xA4, issuer)), number(p256.serial))
        one(f"ess_issuer_{label}", "valid", more=[attribute(ESS_2, seq(seq(ess_2("sha256", p256.der, named))))])
    named = seq(seq(tlv(0xA4, p256.issuer)), number(p256.serial + 1))
    one("ess_serial_other", "undecided", more=[attribute(ESS_2, seq(seq(ess_2("sha256", p256.der, named))))])
    one("issuer_other_strings", "valid", issuer=seq(country, common))
    one("ess_unknown_digest", "undecided", more=[attribute(ESS_2, seq(seq(ess_2("md5", p256.der))))])
    one("ess_empty", "failed", more=[attribute(ESS_2, seq(seq()))])
    sha256, sha384 = (seq(oid(DIGESTS[each])) for each in ("sha256", "sha384"))
    signs = tlv(0xA1, *[oid(WITH_ECDSA["sha256"])])
    wrong = tlv(0xA1, *[oid(WITH_ECDSA["sha384"])])
    one("protected", "valid", more=[attribute(PROTECTION, seq(sha256, signs))])
    one("protected_with_null", "valid", more=[attribute(PROTECTION, seq(seq(oid(DIGESTS["sha256"]), NULL), signs))])
    one("protected_other_digest", "failed", more=[attribute(PROTECTION, seq(sha384, signs))])
    one("protected_other_signature", "failed", more=[attribute(PROTECTION, seq(sha256, wrong))])
    one("protected_not_at_all", "failed", more=[attribute(PROTECTION, seq(sha256))])


def about_certificates():
    p256, p384 = party("p256"), party("p384")
    infos = [info(p256)]

    def came(label, right, *certificates, says="-", how=infos):
        case(label, right, data_of(how, certificates), says)

    came("certificate_twice", "valid", p256.der, p256.der)
    came("certificate_none", "undecided")
    came("certificate_of_another", "undecided", p384.der)
    forged = [
        Party(p256.common, ec.generate_private_key(ec.SECP256R1()), ROOT, p256.serial).der[:-1] + b"\x00"
        for _ in range(9)
    ]
    came("forged_first", "valid", forged[0], p256.der)
    came("forged_last", "valid", p256.der, forged[0])
    came("forged_seven", "valid", *forged[:7], p256.der)
    came("forged_nine", "undecided", *forged, p256.der, says="8")
    mark = attribute(ESS_2, seq(seq(seq(octets(digest("sha256", p256.der))))))
    came("forged_nine_but_named", "valid", *forged, p256.der, how=[info(p256, more=[mark])])
    came("forged_alone", "invalid", forged[0])
    p521 = party("p521")
    pretended = Party(p521.common, ec.generate_private_key(ec.SECP256R1()), ROOT, p521.serial).der[:-1] + b"\x00"
    unsupported = [info(p521, hash_name="sha512")]
    for label, order in (("first", [pretended, p521.der]), ("last", [p521.der, pretended])):
        came(f"forged_{label}_of_unsupported", "undecided", *order, says="Signer p521", how=unsupported)
    by_key = [info(p256, by_key=True)]
    came("by_key", "valid", p256.der, how=by_key)
    came("by_key_of_another", "undecided", p384.der, how=by_key)
    renewed = Party("Renewed", p256.key, ROOT)
    came("by_key_of_two", "valid", p256.der, renewed.der, how=by_key)
    stranger = ec.generate_private_key(ec.SECP256R1())
    many = [Party(f"Number {at}", stranger, ROOT).der for at in range(256)]
    came("certificates_256", "valid", *many[:255], p256.der)
    came("certificates_257", "undecided", *many, p256.der, says="256")
    came("signer_by_a_stranger", "undecided", Party("Nobody", stranger).der, how=[info(Party("Nobody", stranger))])


def about_signers():
    p256, rsa2048, p521 = party("p256"), party("rsa"), party("p521")
    both = [p256.der, rsa2048.der]
    case("signers_two", "valid", data_of([info(p256), info(rsa2048)], both))
    bad = info(rsa2048, attributes=usual(b"other"))
    case("signers_one_bad", "failed", data_of([info(p256), bad], both))
    case("signers_bad_first", "failed", data_of([bad, info(p256)], both))
    case("signers_one_unknown", "undecided", data_of([info(p256), info(rsa2048)], [p256.der]))
    three = data_of([info(p256), info(p521, hash_name="sha512")], [p256.der, p521.der])
    case("signers_one_unsupported", "undecided", three, "Signer p521")
    many = [info(p256, attributes=usual(CONTENT, at=NOW - at * datetime.timedelta(seconds=1))) for at in range(65)]
    case("signers_64", "valid", data_of(many[:64], [p256.der]))
    case("signers_65", "undecided", data_of(many, [p256.der]), "64 signers")
    case("signers_none", "undecided", data_of([], [p256.der]))
    case("digests_none", "valid", data_of([info(p256)], [p256.der], digests=[]))
    other = data_of([info(p256)], [p256.der], digests=[seq(oid(DIGESTS["sha512"]))])
    case("digests_of_others", "valid", other)
    case("enveloped", "undecided", seq(oid(ENVELOPED), tlv(0xA0, seq(number(0)))), "encrypted")


def listed(*revoked):
    builder = x509.CertificateRevocationListBuilder().issuer_name(name(ROOT.common))
    builder = builder.last_update(NOW - DAY).next_update(NOW + 30 * DAY)
    builder = builder.add_extension(x509.CRLNumber(1), False)
    for each in revoked:
        entry = x509.RevokedCertificateBuilder().serial_number(each.serial).revocation_date(NOW - 2 * DAY)
        builder = builder.add_revoked_certificate(entry.build())
    return builder.sign(ROOT.key, hashes.SHA256())


def about_lists():
    p256 = party("p256")
    for label, right, revoked in (("list", "valid", []), ("list_revokes", "invalid", [p256])):
        inside = data_of([info(p256)], [p256.der], lists=[listed(*revoked).public_bytes(DER)])
        case(f"{label}_inside", right, inside, lists=False)
    case("list_missing", "undecided", data_of([info(p256)], [p256.der]), lists=False)
    other = seq(oid("1.3.6.1.5.5.7.16.2"), seq())
    odd = data_of([info(p256)], [p256.der], lists=[tlv(0xA1, other[2:])])
    case("list_of_other_format", "valid", odd)


def about_forms():
    p256, other = party("p256"), party("rsa")
    bare = indefinite(data_of([info(p256)], [], CONTENT), chunks=True)
    case("ber_no_certificate", "undecided", bare, content=None)
    for label, chunks in (("ber", False), ("ber_pieces", True)):
        # Certificates stay as they were signed.
        mark = bytes(range(0, 256)) * 2
        hole = octets(mark)
        whole = indefinite(data_of([info(p256)], [hole], CONTENT), chunks)
        case(label, "valid", whole.replace(indefinite(hole, chunks), p256.der), content=None)
        bare = indefinite(data_of([info(other, attributes=False)], [hole], CONTENT), chunks)
        case(f"{label}_no_attributes", "valid", bare.replace(indefinite(hole, chunks), other.der), content=None)
    good = data_of([info(p256)], [p256.der], CONTENT)
    case("ber_long_lengths", "valid", longer(good), content=None)
    nested = octets(CONTENT)
    for _ in range(39):
        nested = tlv(0x24, nested)
    parts = [number(1), set_of(seq(oid(DIGESTS["sha256"]))), seq(oid(DATA), tlv(0xA0, nested))]
    parts += [tlv(0xA0, p256.der), tlv(0x31, info(p256))]
    case("ber_nested_pieces", "valid", seq(oid(SIGNED_DATA), tlv(0xA0, seq(*parts))), content=None)
    lines = base64.encodebytes(good)
    for label in ("CMS", "PKCS7"):
        pem = b"-----BEGIN %b-----\n%b-----END %b-----\n" % (label.encode(), lines, label.encode())
        case(f"pem_{label}", "valid", pem, content=None, form="PEM")
        case(f"pem_{label}_text_before", "valid", b"Ch\xe1\xbb\xaf: k\xc3\xbd\n" + pem, content=None, form="PEM")
        case(f"pem_{label}_crlf", "valid", pem.replace(b"\n", b"\r\n"), content=None, form="PEM")
        case(f"pem_{label}_cut", "invalid", pem[:-200], content=None, form="PEM")
    case("pem_bom", "valid", b"\xef\xbb\xbf" + pem, content=None, form="PEM")
    case("base64_bare", "valid", lines, content=None, form="PEM")
    kind = b"MIME-Version: 1.0\nContent-Type: application/pkcs7-mime; smime-type=signed-data; name=a.p7m\n"
    opaque = kind + b"Content-Transfer-Encoding: base64\n\n" + lines
    case("mail_opaque", "valid", opaque, content=None, form="SMIME")
    text = b"Content-Type: text/plain\r\n\r\nk\xc3\xadnh g\xe1\xbb\xadi\r\n"
    apart = base64.encodebytes(data_of([info(p256, content=text)], [p256.der]))

    def mail(body):
        return (
            b'MIME-Version: 1.0\nContent-Type: multipart/signed; protocol="application/pkcs7-signature"; '
            b'micalg=sha-256; boundary="--B"\n\n\n----B\n' + body + b"\n----B\n"
            b"Content-Type: application/pkcs7-signature\nContent-Transfer-Encoding: base64\n\n" + apart + b"\n----B--\n"
        )

    case("mail", "valid", mail(text), content=None, form="SMIME")
    case("mail_unix", "valid", mail(text.replace(b"\r\n", b"\n")), content=None, form="SMIME")
    case("mail_altered", "failed", mail(text.replace(b"k", b"K")), content=None, form="SMIME")


def write(folder, _, signature, __, content, form, lists):
    folder.mkdir()
    (folder / "signature").write_bytes(signature)
    list_pem = listed().public_bytes(PEM)
    (folder / "root.pem").write_bytes(ROOT.certificate.public_bytes(PEM))
    (folder / "both.pem").write_bytes(ROOT.certificate.public_bytes(PEM) + (list_pem if lists else b""))
    ours = ["signature", "--ca", "root.pem"]
    binary = [] if form == "SMIME" else ["-binary"]
    witness = ["cms", "-verify", *binary, "-inform", form, "-in", "signature", "-CAfile", "both.pem"]
    witness += ["-crl_check", "-purpose", "any", "-out", "out"]
    if lists:
        (folder / "list.pem").write_bytes(list_pem)
        ours += ["--crl", "list.pem"]
    if content is not None:
        (folder / "content").write_bytes(content)
        ours += ["--content", "content"]
        witness += ["-content", "content"]
    (folder / "ours").write_text("\n".join(ours))
    (folder / "witness").write_text("\n".join(witness))


def main(out):
    about_algorithms()
    about_wrong_signatures()
    about_attributes()
    about_protection()
    about_certificates()
    about_signers()
    about_lists()
    about_forms()
    rows = []
    for label, made_ in CASES.items():
        write(out / label, *made_)
        rows.append(f"{label}\t{made_[0]}\t{made_[2]}\n")
    (out / "cases.tsv").write_text("".join(rows))


main(pathlib.Path(sys.argv[1]))

"""Makes certificate paths and revocation lists for the tests: paths.py OUT

One folder a case: leaf.pem, signature.p7s over content, ca.pem, intermediate.pem and lists.pem where there are
any, policy.toml where the default is not meant; `ours` and `witness` are the arguments of `docaxis verify` and of
openssl. OUT/cases.tsv has the names, with `valid` or `invalid` by RFC 5280.
"""

import datetime
import ipaddress
import pathlib
import sys

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import pkcs7
from cryptography.x509.oid import NameOID

NOW = datetime.datetime.now(datetime.timezone.utc).replace(microsecond=0)
DAY = datetime.timedelta(days=1)
PEM = serialization.Encoding.PEM
URL = x509.UniformResourceIdentifier
CASES = {}


def key():
    return ec.generate_private_key(ec.SECP256R1())


def name(common, *more):
    attributes = [x509.NameAttribute(NameOID.COUNTRY_NAME, "VN")]
    attributes += [x509.NameAttribute(NameOID.COMMON_NAME, common), *more]
    return x509.Name(attributes)


def mail(address):
    return x509.NameAttribute(NameOID.EMAIL_ADDRESS, address)


class Party:
    """A certificate with its key."""

    def __init__(self, subject, issuer=None, ca=True, extensions=(), own=None, since=400, until=400, length=None):
        self.key = own or key()
        self.name = subject if isinstance(subject, x509.Name) else name(subject)
        above = issuer or self
        builder = x509.CertificateBuilder().subject_name(self.name).issuer_name(above.name)
        builder = builder.public_key(self.key.public_key())
        builder = builder.serial_number(x509.random_serial_number())
        builder = builder.not_valid_before(NOW - since * DAY).not_valid_after(NOW + until * DAY)
        if ca is not None:
            builder = builder.add_extension(x509.BasicConstraints(ca, length if ca else None), True)
        if ca:
            usage = x509.KeyUsage(False, False, False, False, False, True, True, False, False)
            builder = builder.add_extension(usage, True)
        for extension, critical in extensions:
            builder = builder.add_extension(extension, critical)
        self.certificate = builder.sign(above.key, hashes.SHA256())


def lists(issuer, revoked=(), number=1, extensions=(), age=2, reason=None, signer=None):
    """A revocation list of an issuer that names these certificates."""
    builder = x509.CertificateRevocationListBuilder().issuer_name(issuer.name)
    builder = builder.last_update(NOW - age * DAY).next_update(NOW - age * DAY + 30 * DAY)
    builder = builder.add_extension(x509.CRLNumber(number), False)
    for extension, critical in extensions:
        builder = builder.add_extension(extension, critical)
    for one in revoked:
        entry = x509.RevokedCertificateBuilder().serial_number(one.certificate.serial_number)
        entry = entry.revocation_date(NOW - (age + 1) * DAY)
        if reason:
            entry = entry.add_extension(x509.CRLReason(reason), False)
        builder = builder.add_revoked_certificate(entry.build())
    return builder.sign((signer or issuer).key, hashes.SHA256())


def scope(critical=True, **what):
    fields = dict(
        full_name=None, relative_name=None, only_contains_user_certs=False, only_contains_ca_certs=False,
        only_some_reasons=None, indirect_crl=False, only_contains_attribute_certs=False,
    )
    return x509.IssuingDistributionPoint(**{**fields, **what}), critical


def case(label, valid, leaf, ca, between=(), crls=(), policy=None):
    CASES[label] = (valid, leaf, ca, between, crls, policy)


def plain(extensions=(), leaf=(), subject="leaf", root=(), length=None):
    """Root, authority and leaf with these extensions, and a list of the root."""
    top = Party("root", extensions=root, length=length)
    ca = Party("ca", top, extensions=extensions)
    end = Party(subject, ca, ca=False, extensions=leaf)
    return top, ca, end


def good(label, valid, made, policy=None):
    """A case in which nobody is revoked."""
    top, ca, end = made
    case(label, valid, end, [top], [ca], [lists(top), lists(ca)], policy)


def about_names():
    def permitted(*names):
        return [(x509.NameConstraints(list(names), None), True)]

    def excluded(*names):
        return [(x509.NameConstraints(None, list(names)), True)]

    def alternative(*names):
        return [(x509.SubjectAlternativeName(list(names)), False)]

    at_good, at_evil = x509.RFC822Name("good.vn"), x509.RFC822Name("evil.vn")
    good("nc_mail_subject_ok", True, plain(permitted(at_good), subject=name("l", mail("a@good.vn"))))
    good("nc_mail_subject_violated", False, plain(permitted(at_good), subject=name("l", mail("a@evil.vn"))))
    good("nc_mail_subject_excluded", False, plain(excluded(at_evil), subject=name("l", mail("a@evil.vn"))))
    good("nc_mail_san_violated", False, plain(permitted(at_good), alternative(x509.RFC822Name("a@evil.vn"))))
    good("nc_mail_in_anchor", False, plain(subject=name("l", mail("a@evil.vn")), root=permitted(at_good)))
    vietnam = x509.Name([x509.NameAttribute(NameOID.COUNTRY_NAME, "VN")])
    laos = x509.Name([x509.NameAttribute(NameOID.COUNTRY_NAME, "LA")])
    good("nc_directory_ok", True, plain(permitted(x509.DirectoryName(vietnam))))
    good("nc_directory_violated", False, plain(permitted(x509.DirectoryName(laos))))
    good("nc_directory_excluded", False, plain(excluded(x509.DirectoryName(vietnam))))
    good("nc_directory_excluded_other", True, plain(excluded(x509.DirectoryName(laos))))
    for label, host, valid in (("ok", "a.good.vn", True), ("violated", "a.evil.vn", False)):
        good(f"nc_dns_{label}", valid, plain(permitted(x509.DNSName("good.vn")), alternative(x509.DNSName(host))))
        uri = alternative(URL(f"https://{host}/"))
        good(f"nc_uri_{label}", valid, plain(permitted(URL(".good.vn")), uri))
    net = permitted(x509.IPAddress(ipaddress.ip_network("10.0.0.0/8")))
    for label, address, valid in (("ok", "10.1.2.3", True), ("violated", "11.1.2.3", False)):
        good(f"nc_ip_{label}", valid, plain(net, alternative(x509.IPAddress(ipaddress.ip_address(address)))))


def about_authorities():
    good("plain", True, plain())
    good("pc_explicit_not_critical", False, plain([(x509.PolicyConstraints(0, None), False)]))
    any_policy = x509.PolicyInformation(x509.ObjectIdentifier("2.5.29.32.0"), None)
    good("policies_critical", True, plain([(x509.CertificatePolicies([any_policy]), True)]))
    good("anchor_path_length", False, plain(length=0))
    unknown = x509.UnrecognizedExtension(x509.ObjectIdentifier("1.2.3.4"), b"\x05\x00")
    good("unknown_critical", False, plain(leaf=[(unknown, True)]))
    good("unknown_not_critical", True, plain(leaf=[(unknown, False)]))
    alone = Party("no authority", ca=False)
    end = Party("leaf", alone, ca=False)
    case("anchor_is_no_authority", False, end, [alone], [], [lists(alone)])
    top = Party("root")
    no_ca = Party("no authority", top, ca=False)
    end = Party("leaf", no_ca, ca=False)
    case("issuer_is_no_authority", False, end, [top], [no_ca], [lists(top), lists(no_ca)])
    top, ca, end = plain()
    case("anchor_not_self_signed", True, end, [ca], [], [lists(ca)])
    case("anchor_missing", False, end, [Party("root")], [ca], [lists(top), lists(ca)])
    upper = Party(name("ROOT  of   all"))
    lower = x509.Name([x509.NameAttribute(NameOID.COUNTRY_NAME, "vn"), x509.NameAttribute(NameOID.COMMON_NAME, "root of ALL")])
    named = Party(lower, own=upper.key)
    end = Party("leaf", named, ca=False)
    case("names_differ_in_case", True, end, [upper], [], [lists(upper)])


def about_paths():
    shared = key()
    old = Party("root", own=shared, until=-10)
    new = Party("root", own=shared)
    ca = Party("ca", new)
    end = Party("leaf", ca, ca=False)
    crls = [lists(new), lists(ca)]
    case("renewed_root_old_first", True, end, [old, new], [ca], crls)
    case("renewed_root_new_first", True, end, [new, old], [ca], crls)
    top, shared = Party("root"), key()
    old, new = Party("ca", top, own=shared, until=-10), Party("ca", top, own=shared)
    end = Party("leaf", new, ca=False)
    crls = [lists(top), lists(new)]
    case("renewed_authority_old_first", True, end, [top], [old, new], crls)
    case("renewed_authority_new_first", True, end, [top], [new, old], crls)
    other = Party("another root")
    cross = Party("ca", other, own=shared)
    for label, order in (("first", [cross, new]), ("last", [new, cross])):
        crls = [lists(top), lists(new), lists(other, [cross])]
        case(f"cross_signed_revoked_{label}", True, end, [other, top], order, crls)
    crls = [lists(top, [new]), lists(new), lists(other, [cross])]
    case("cross_signed_both_revoked", False, end, [other, top], [cross, new], crls)
    forged = Party("ca", Party("root"))
    case("forged_authority_first", True, end, [top], [forged, new], [lists(top), lists(new)])


def about_lists():
    top, ca, end = plain()
    users, cas = scope(only_contains_user_certs=True), scope(only_contains_ca_certs=True)
    hold, key_lost = x509.ReasonFlags.certificate_hold, x509.ReasonFlags.key_compromise

    def listed(label, valid, *crls, policy=None):
        case(label, valid, end, [top], [ca], [lists(top), *crls], policy)

    if_present = 'revocation = "if-present"\n'
    listed("revoked", False, lists(ca, [end]))
    listed("revoked_other", True, lists(ca, [ca]))
    listed("list_missing", False)
    listed("list_missing_if_present", True, policy=if_present)
    listed("idp_users", True, lists(ca, extensions=[users]))
    listed("idp_users_revokes", False, lists(ca, [end], extensions=[users]))
    listed("idp_users_revokes_if_present", False, lists(ca, [end], extensions=[users]), policy=if_present)
    listed("full_and_idp_revokes", False, lists(ca), lists(ca, [end], extensions=[users]))
    listed("idp_authorities_only", False, lists(ca, extensions=[cas]))
    listed("idp_authorities_only_not_critical", False, lists(ca, extensions=[(cas[0], False)]))
    attributes = scope(False, only_contains_attribute_certs=True)
    listed("idp_attributes_only_not_critical", False, lists(ca, extensions=[attributes]))
    some = frozenset([key_lost])
    listed("idp_some_reasons", False, lists(ca, extensions=[scope(only_some_reasons=some)]))
    listed("idp_some_reasons_not_critical", False, lists(ca, extensions=[scope(False, only_some_reasons=some)]))
    elsewhere = scope(full_name=[URL("http://elsewhere/")])
    listed("idp_elsewhere", False, lists(ca, extensions=[elsewhere]))
    listed("hold", False, lists(ca, [end], reason=hold))
    listed("hold_released", True, lists(ca, [end], reason=hold, age=5), lists(ca, number=2))
    listed("hold_released_new_first", True, lists(ca, number=2), lists(ca, [end], reason=hold, age=5))
    listed("revoked_in_newer", False, lists(ca, age=5), lists(ca, [end], number=2))
    listed("revoked_in_newer_first", False, lists(ca, [end], number=2), lists(ca, age=5))
    base = (x509.DeltaCRLIndicator(1), True)
    listed("delta_revokes", False, lists(ca, age=5), lists(ca, [end], 2, [base]))
    listed("delta_clean", True, lists(ca, age=5), lists(ca, (), 2, [base]))
    remove = x509.ReasonFlags.remove_from_crl
    held = lists(ca, [end], age=5, reason=hold)
    listed("delta_releases", True, held, lists(ca, [end], 2, [base], reason=remove))
    listed("delta_alone", False, lists(ca, (), 2, [base]))
    listed("delta_of_later_base", False, lists(ca, (), 9, [(x509.DeltaCRLIndicator(8), True)]))
    listed("future", False, lists(ca, age=-300))
    listed("future_if_present", False, lists(ca, age=-300), policy=if_present)
    listed("old", False, lists(ca, age=300))
    listed("signed_by_another", False, lists(ca, signer=Party("ca")))
    listed("signed_by_another_if_present", False, lists(ca, signer=Party("ca")), policy=if_present)
    listed("signed_by_another_beside", True, lists(ca), lists(ca, [end], signer=Party("ca")))
    unknown = x509.UnrecognizedExtension(x509.ObjectIdentifier("1.2.3.4"), b"\x05\x00")
    listed("unknown_critical_list", False, lists(ca, extensions=[(unknown, True)]))
    listed("unknown_critical_list_if_present", False, lists(ca, extensions=[(unknown, True)]), policy=if_present)
    listed("unknown_list", True, lists(ca, extensions=[(unknown, False)]))


def write(folder, _, leaf, ca, between, crls, policy):
    folder.mkdir(parents=True)

    def pem(parties):
        return b"".join(party.certificate.public_bytes(PEM) for party in parties)

    content = b"content"
    builder = pkcs7.PKCS7SignatureBuilder().set_data(content)
    builder = builder.add_signer(leaf.certificate, leaf.key, hashes.SHA256())
    options = [pkcs7.PKCS7Options.DetachedSignature, pkcs7.PKCS7Options.Binary]
    (folder / "signature.p7s").write_bytes(builder.sign(serialization.Encoding.DER, options))
    (folder / "content").write_bytes(content)
    (folder / "leaf.pem").write_bytes(pem([leaf]))
    (folder / "ca.pem").write_bytes(pem(ca))
    ours = ["signature.p7s", "--content", "content", "--ca", "ca.pem"]
    witness = ["verify", "-policy_check", "-partial_chain", "-extended_crl", "-use_deltas", "-crl_check_all"]
    witness += ["-CAfile", "ca.pem"]
    if between:
        (folder / "intermediate.pem").write_bytes(pem(between))
        ours += ["--intermediate", "intermediate.pem"]
        witness += ["-untrusted", "intermediate.pem"]
    if crls:
        (folder / "lists.pem").write_bytes(b"".join(one.public_bytes(PEM) for one in crls))
        ours += ["--crl", "lists.pem"]
        witness += ["-CRLfile", "lists.pem"]
    if policy:
        (folder / "policy.toml").write_text(policy)
        ours += ["--policy", "policy.toml"]
    (folder / "ours").write_text("\n".join(ours))
    (folder / "witness").write_text("\n".join([*witness, "leaf.pem"]))


def main(out):
    about_names()
    about_authorities()
    about_paths()
    about_lists()
    for label, made in CASES.items():
        write(out / label, *made)
    rows = [f"{label}\t{'valid' if made[0] else 'invalid'}\t-\n" for label, made in CASES.items()]
    (out / "cases.tsv").write_text("".join(rows))


main(pathlib.Path(sys.argv[1]))

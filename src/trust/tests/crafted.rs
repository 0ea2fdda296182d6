//! Certificates and signatures that no honest program writes.

use std::sync::LazyLock;

use jiff::SignedDuration;
use jiff::Timestamp;
use rcgen::CertificateParams;
use rcgen::DnType;
use rcgen::ExtendedKeyUsagePurpose;
use rcgen::Issuer;
use rcgen::KeyUsagePurpose;
use rcgen::SanType;
use rustls_pki_types::CertificateDer;

use super::HEADER;
use crate::trust::Authority;
use crate::trust::TrustStore;
use crate::trust::certificate::CertificateFields;
use crate::trust::certificate::DOCUMENT_SIGNING;
use crate::trust::cms::oid;
use crate::trust::der::BIT_STRING;
use crate::trust::der::CONTEXT_0;
use crate::trust::der::CONTEXT_1;
use crate::trust::der::INTEGER;
use crate::trust::der::OCTET_STRING;
use crate::trust::der::OID;
use crate::trust::der::SEQUENCE;
use crate::trust::der::SET;
use crate::trust::der::UTC_TIME;
use crate::trust::der::element;
use crate::trust::der::set_of;
use crate::trust::der::wrap;
use crate::trust::sha256;

pub(super) const NULL: &[u8] = &[5, 0];

pub(super) static AUTHORITY: LazyLock<Authority> =
    LazyLock::new(|| Authority::create(now() - SignedDuration::from_hours(48)).unwrap());

pub(super) fn now() -> Timestamp {
    "2019-06-03T02:00:00Z".parse().unwrap()
}

pub(super) fn store() -> TrustStore {
    TrustStore::from_pem(&AUTHORITY.anchors_pem()).unwrap()
}

pub(super) fn name(common: &str) -> Vec<u8> {
    let pair = [
        element(OID, &[0x55, 4, 3]),
        element(0x0c, common.as_bytes()),
    ]
    .concat();
    element(SEQUENCE, &element(SET, &element(SEQUENCE, &pair)))
}

/// Raw names of the root and of the issuing authority.
pub(super) fn known_names() -> [Vec<u8>; 2] {
    let issuing = der_of(AUTHORITY.issuing_pem().0);
    let issuer = CertificateFields::parse(&issuing).unwrap().issuer.to_vec();
    let leaf = issued(|_| {});
    let of_leaf = CertificateFields::parse(&leaf).unwrap().issuer.to_vec();
    [issuer, of_leaf]
}

pub(super) fn der_of(pem: &str) -> Vec<u8> {
    use rustls_pki_types::pem::PemObject as _;
    CertificateDer::from_pem_slice(pem.as_bytes())
        .unwrap()
        .to_vec()
}

pub(super) fn algorithm() -> Vec<u8> {
    wrap(SEQUENCE, &[&element(OID, oid::RSA_SHA256), NULL])
}

pub(super) fn rsa(bits: usize, exponent: &[u8]) -> Vec<u8> {
    let mut modulus = vec![0xb5; bits / 8 + 1];
    modulus[0] = 0;
    let numbers = [element(INTEGER, &modulus), element(INTEGER, exponent)].concat();
    let key = [&[0], element(SEQUENCE, &numbers).as_slice()].concat();
    let kind = wrap(SEQUENCE, &[&element(OID, oid::RSA), NULL]);
    wrap(SEQUENCE, &[&kind, &element(BIT_STRING, &key)])
}

/// A certificate that nobody signed.
pub(super) fn bare(issuer: &[u8], subject: &[u8], key: &[u8], extensions: &[u8]) -> Vec<u8> {
    let time = element(UTC_TIME, b"190601000000Z");
    let until = element(UTC_TIME, b"190701000000Z");
    let signed = wrap(
        SEQUENCE,
        &[
            &element(CONTEXT_0, &element(INTEGER, &[2])),
            &element(INTEGER, &[1]),
            &algorithm(),
            issuer,
            &wrap(SEQUENCE, &[&time, &until]),
            subject,
            key,
            extensions,
        ],
    );
    let signature = [&[0], [0x5a; 256].as_slice()].concat();
    wrap(
        SEQUENCE,
        &[&signed, &algorithm(), &element(BIT_STRING, &signature)],
    )
}

/// A certificate between others, of another key for each `number`.
pub(super) fn link(issuer: &[u8], subject: &[u8], number: u8) -> Vec<u8> {
    let mut key = rsa(2048, &[1, 0, 1]);
    key[60] = number;
    bare(issuer, subject, &key, &[])
}

/// A CMS over [`HEADER`] whose signers name the first certificate, with these unsigned attributes each.
pub(super) fn cms(certificates: &[Vec<u8>], signers: usize, unsigned: &[u8]) -> Vec<u8> {
    let fields = CertificateFields::parse(&certificates[0]).unwrap();
    let serial = element(INTEGER, fields.serial);
    let attribute =
        |kind: &[u8], value: &[u8]| wrap(SEQUENCE, &[&element(OID, kind), &element(SET, value)]);
    let digest = element(OCTET_STRING, sha256(HEADER).as_bytes());
    let attributes = vec![
        attribute(oid::CONTENT_TYPE, &element(OID, oid::DATA)),
        attribute(oid::MESSAGE_DIGEST, &digest),
    ];
    let sha = element(SEQUENCE, &element(OID, oid::SHA256));
    let unsigned = match unsigned {
        [] => Vec::new(),
        some => element(CONTEXT_1, some),
    };
    let info = wrap(
        SEQUENCE,
        &[
            &element(INTEGER, &[1]),
            &wrap(SEQUENCE, &[fields.issuer, &serial]),
            &sha,
            &set_of(CONTEXT_0, attributes),
            &algorithm(),
            &element(OCTET_STRING, &[0x5a; 256]),
            &unsigned,
        ],
    );
    let data = wrap(
        SEQUENCE,
        &[
            &element(INTEGER, &[1]),
            &element(SET, &sha),
            &element(SEQUENCE, &element(OID, oid::DATA)),
            &element(CONTEXT_0, &certificates.concat()),
            &element(SET, &info.repeat(signers)),
        ],
    );
    let kind = element(OID, oid::SIGNED_DATA);
    wrap(SEQUENCE, &[&kind, &element(CONTEXT_0, &data)])
}

/// A certificate for a person of H26, changed, and signed by the issuing authority.
pub(super) fn issued(change: impl FnOnce(&mut CertificateParams)) -> Vec<u8> {
    let (pem, key) = AUTHORITY.issuing_pem();
    let issuer = Issuer::from_ca_cert_pem(pem, rcgen::KeyPair::from_pem(&key).unwrap()).unwrap();
    let holder = rcgen::KeyPair::generate().unwrap();
    let mut params = person();
    change(&mut params);
    params.signed_by(&holder, &issuer).unwrap().der().to_vec()
}

pub(super) fn person() -> CertificateParams {
    let at = |instant: Timestamp| {
        time::OffsetDateTime::from_unix_timestamp(instant.as_second()).unwrap()
    };
    let mut params = CertificateParams::default();
    params.not_before = at(now() - SignedDuration::from_hours(24));
    params.not_after = at(now() + SignedDuration::from_hours(24));
    params.distinguished_name.push(DnType::CommonName, "person");
    params.subject_alt_names = vec![
        uri("urn:docaxis:organ:000.00.00.H26"),
        uri("urn:docaxis:use:person"),
    ];
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    let arcs = DOCUMENT_SIGNING.split('.').map(|arc| arc.parse().unwrap());
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::Other(arcs.collect())];
    params
}

pub(super) fn uri(text: &str) -> SanType {
    SanType::URI(text.try_into().unwrap())
}

//! Time stamps that came with a signature: what is found of each, whatever is in it.

use rcgen::CertificateParams;
use rcgen::CustomExtension;
use rcgen::ExtendedKeyUsagePurpose;
use rcgen::Issuer;

use super::HEADER;
use super::crafted::AUTHORITY;
use super::crafted::der_of;
use super::crafted::now;
use super::crafted::person;
use crate::trust::ContentFacts;
use crate::trust::Examined;
use crate::trust::Examiner;
use crate::trust::KeyKind;
use crate::trust::KeyPair;
use crate::trust::SignatureFacts;
use crate::trust::SignerProblem;
use crate::trust::SigningCertificate;
use crate::trust::StampKind;
use crate::trust::certificate::CertificateFields;
use crate::trust::cms::oid;
use crate::trust::der::CONTEXT_0;
use crate::trust::der::CONTEXT_1;
use crate::trust::der::GENERALIZED_TIME;
use crate::trust::der::INTEGER;
use crate::trust::der::OCTET_STRING;
use crate::trust::der::OID;
use crate::trust::der::SEQUENCE;
use crate::trust::der::SET;
use crate::trust::der::element;
use crate::trust::der::set_of;
use crate::trust::der::wrap;
use crate::trust::engine::Engine;
use crate::trust::sha256;

const TIME: &[u8] = b"20190603010000.25Z";

/// Somebody with a certificate of the axis' authority.
struct Holder {
    key: KeyPair,
    certificate: Vec<u8>,
}

fn holder(change: impl FnOnce(&mut CertificateParams)) -> Holder {
    let (pem, key) = AUTHORITY.issuing_pem();
    let issuer = Issuer::from_ca_cert_pem(pem, rcgen::KeyPair::from_pem(&key).unwrap()).unwrap();
    let key = KeyPair::generate(KeyKind::EcdsaP256).unwrap();
    let mut params = person();
    change(&mut params);
    let certificate = params.signed_by(&key.key, &issuer).unwrap().der().to_vec();
    Holder { key, certificate }
}

/// Purposes of a key: time stamps, and these.
fn purposes(more: &[u8]) -> CustomExtension {
    let stamps = element(OID, &[0x2b, 6, 1, 5, 5, 7, 3, 8]);
    let all = wrap(SEQUENCE, &[&stamps, more]);
    CustomExtension::from_oid_content(&[2, 5, 29, 37], all)
}

fn authority(change: impl FnOnce(&mut CustomExtension)) -> Holder {
    holder(|params| {
        let mut purposes = purposes(&[]);
        purposes.set_criticality(true);
        change(&mut purposes);
        params.subject_alt_names.clear();
        params.extended_key_usages.clear();
        params.custom_extensions = vec![purposes];
    })
}

fn attribute(kind: &[u8], value: &[u8]) -> Vec<u8> {
    wrap(SEQUENCE, &[&element(OID, kind), &element(SET, value)])
}

/// What one signature has.
struct Parts<'a> {
    signer: &'a Holder,
    kind: &'a [u8],
    content: &'a [u8],
    is_inside: bool,
    signed: Vec<Vec<u8>>,
}

impl Parts<'_> {
    /// The CMS, with unsigned attributes made for the signature.
    fn cms(&self, unsigned: impl FnOnce(&[u8]) -> Vec<u8>) -> Vec<u8> {
        let fields = CertificateFields::parse(&self.signer.certificate).unwrap();
        let sha = element(SEQUENCE, &element(OID, oid::SHA256));
        let digest = element(OCTET_STRING, sha256(self.content).as_bytes());
        let named = element(OCTET_STRING, sha256(&self.signer.certificate).as_bytes());
        let named = element(SEQUENCE, &element(SEQUENCE, &element(SEQUENCE, &named)));
        let mut attributes = self.signed.clone();
        attributes.push(attribute(oid::CONTENT_TYPE, &element(OID, self.kind)));
        attributes.push(attribute(oid::MESSAGE_DIGEST, &digest));
        attributes.push(attribute(oid::SIGNING_CERTIFICATE_V2, &named));
        let mut attributes = set_of(SET, attributes);
        let signature = self.signer.key.sign(&attributes).unwrap();
        attributes[0] = CONTEXT_0;
        let unsigned = match unsigned(&signature) {
            none if none.is_empty() => none,
            some => element(CONTEXT_1, &some),
        };
        let serial = element(INTEGER, fields.serial);
        let info = wrap(
            SEQUENCE,
            &[
                &element(INTEGER, &[1]),
                &wrap(SEQUENCE, &[fields.issuer, &serial]),
                &sha,
                &attributes,
                &element(SEQUENCE, &element(OID, oid::ECDSA_SHA256)),
                &element(OCTET_STRING, &signature),
                &unsigned,
            ],
        );
        let inside = element(CONTEXT_0, &element(OCTET_STRING, self.content));
        let inside = if self.is_inside { inside } else { Vec::new() };
        let issuing = der_of(AUTHORITY.issuing_pem().0);
        let certificates = [&self.signer.certificate[..], &issuing].concat();
        let data = wrap(
            SEQUENCE,
            &[
                &element(INTEGER, &[3]),
                &element(SET, &sha),
                &wrap(SEQUENCE, &[&element(OID, self.kind), &inside]),
                &element(CONTEXT_0, &certificates),
                &element(SET, &info),
            ],
        );
        let signed_data = element(OID, oid::SIGNED_DATA);
        wrap(SEQUENCE, &[&signed_data, &element(CONTEXT_0, &data)])
    }
}

/// What a time stamp says of some bytes.
fn said(over: &[u8], time: &[u8], more: &[u8]) -> Vec<u8> {
    let sha = element(SEQUENCE, &element(OID, oid::SHA256));
    let digest = element(OCTET_STRING, sha256(over).as_bytes());
    wrap(
        SEQUENCE,
        &[
            &element(INTEGER, &[1]),
            &element(OID, &[0x2a, 3]),
            &wrap(SEQUENCE, &[&sha, &digest]),
            &element(INTEGER, &[7]),
            &element(GENERALIZED_TIME, time),
            more,
        ],
    )
}

/// A time stamp with this in it.
fn stamp_of(by: &Holder, content: &[u8], unsigned: impl FnOnce(&[u8]) -> Vec<u8>) -> Vec<u8> {
    let parts = Parts {
        signer: by,
        kind: oid::TST_INFO,
        content,
        is_inside: true,
        signed: Vec::new(),
    };
    parts.cms(unsigned)
}

fn stamp(by: &Holder, over: &[u8]) -> Vec<u8> {
    stamp_of(by, &said(over, TIME, &[]), |_| Vec::new())
}

/// The facts of a signature over [`HEADER`] with these attributes.
fn examined(signed: Vec<Vec<u8>>, unsigned: impl FnOnce(&[u8]) -> Vec<u8>) -> SignatureFacts {
    let signer = holder(|_| {});
    let parts = Parts {
        signer: &signer,
        kind: oid::DATA,
        content: HEADER,
        is_inside: false,
        signed,
    };
    let cms = parts.cms(unsigned);
    let examiner = Examiner::new(&AUTHORITY.anchors_pem(), Vec::new(), Engine::shared()).unwrap();
    let one = Examined {
        signature: &cms,
        content: Some(HEADER),
        certificates: &[],
        lists: &[],
    };
    let facts = examiner.examine(&[one]).remove(0).unwrap().remove(0);
    assert_eq!((&facts.problem, facts.signature), (&None, Some(true)));
    assert_eq!(facts.content, ContentFacts::Intact);
    facts
}

/// The facts of the only time stamp over a signature.
fn only(make: impl FnOnce(&[u8]) -> Vec<u8>) -> SignatureFacts {
    let unsigned = |signature: &[u8]| attribute(oid::SIGNATURE_STAMP, &make(signature));
    let mut facts = examined(Vec::new(), unsigned);
    assert_eq!(facts.time_stamps.len(), 1);
    facts.time_stamps.remove(0)
}

fn imprint(facts: &SignatureFacts) -> ContentFacts {
    facts.stamp.as_ref().unwrap().imprint
}

fn may_time_stamp(facts: &SignatureFacts) -> bool {
    facts.certificate.as_ref().unwrap().may_time_stamp
}

#[test]
fn a_time_stamp_over_a_signature_is_verified() {
    let by = authority(|_| {});
    let facts = only(|signature| stamp(&by, signature));
    assert_eq!((&facts.problem, facts.signature), (&None, Some(true)));
    assert_eq!(facts.content, ContentFacts::Intact);
    assert_eq!(imprint(&facts), ContentFacts::Intact);
    assert_eq!(facts.signing_certificate, SigningCertificate::Matches);
    assert_eq!(facts.path.problem, None);
    assert!(may_time_stamp(&facts));
    assert_eq!(facts.signing_time, "2019-06-03T01:00:00.25Z".parse().ok());
    let stamp = facts.stamp.unwrap();
    assert_eq!(stamp.kind, StampKind::Signature);
    assert_eq!(stamp.digest.as_deref(), Some("SHA-256"));
    assert!(facts.signing_time.unwrap() < now());
}

#[test]
fn a_time_stamp_over_something_else_or_of_nobody_is_told_apart() {
    let by = authority(|_| {});
    let other = only(|_| stamp(&by, b"another signature"));
    assert_eq!(
        (imprint(&other), other.signature),
        (ContentFacts::Altered, Some(true))
    );
    let forged = only(|signature| {
        let mut der = stamp(&by, signature);
        let last = der.len() - 1;
        der[last] ^= 1;
        der
    });
    assert_ne!(forged.signature, Some(true));
    let later = only(|signature| {
        let mut der = stamp(&by, signature);
        let at = der
            .windows(TIME.len())
            .position(|found| found == TIME)
            .unwrap();
        der[at + 3] = b'8';
        der
    });
    assert_eq!(later.content, ContentFacts::Altered);
    for der in [
        Vec::new(),
        element(SEQUENCE, &[5, 0]),
        element(OCTET_STRING, b"x"),
    ] {
        let facts = only(|_| element(SEQUENCE, &der));
        assert!(matches!(facts.problem, Some(SignerProblem::Malformed(_))));
        assert_eq!(facts.signature, None);
    }
    // A signature over plain data is no time stamp.
    let plain = Parts {
        signer: &by,
        kind: oid::DATA,
        content: HEADER,
        is_inside: true,
        signed: Vec::new(),
    };
    let facts = only(|_| plain.cms(|_| Vec::new()));
    assert!(matches!(facts.problem, Some(SignerProblem::Malformed(_))));
}

#[test]
fn only_a_certificate_for_time_stamps_alone_may_make_them() {
    let mail = element(OID, &[0x2b, 6, 1, 5, 5, 7, 3, 4]);
    let not_critical = authority(|purposes| purposes.set_criticality(false));
    let more = authority(|extension| {
        *extension = purposes(&mail);
        extension.set_criticality(true);
    });
    let signer = holder(|params| {
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::EmailProtection];
    });
    for by in [not_critical, more, signer] {
        let facts = only(|signature| stamp(&by, signature));
        assert_eq!(
            (facts.signature, may_time_stamp(&facts)),
            (Some(true), false)
        );
    }
    // And it may make nothing else.
    let by = authority(|_| {});
    let facts = only(|signature| stamp(&by, signature));
    assert!(!facts.certificate.unwrap().may_sign);
}

#[test]
fn what_must_be_understood_in_a_time_stamp_is() {
    let by = authority(|_| {});
    let extension = |is_critical: u8| {
        let critical = element(1, &[is_critical]);
        let one = wrap(
            SEQUENCE,
            &[
                &element(OID, &[0x2a, 4]),
                &critical,
                &element(OCTET_STRING, b""),
            ],
        );
        element(CONTEXT_1, &one)
    };
    let with =
        |more: &[u8]| only(|signature| stamp_of(&by, &said(signature, TIME, more), |_| Vec::new()));
    let accuracy = element(SEQUENCE, &element(INTEGER, &[1]));
    let nonce = element(INTEGER, &[1, 2, 3]);
    assert_eq!(
        with(&[accuracy, nonce, extension(0)].concat()).problem,
        None
    );
    assert!(matches!(
        with(&extension(0xff)).problem,
        Some(SignerProblem::Unsupported(_))
    ));
    assert!(matches!(
        with(&element(OCTET_STRING, b"?")).problem,
        Some(SignerProblem::Malformed(_))
    ));
}

#[test]
fn time_stamps_over_the_content_and_of_archives_are_told_apart() {
    let by = authority(|_| {});
    let content = attribute(oid::CONTENT_STAMP, &stamp(&by, HEADER));
    let archive = attribute(oid::ARCHIVE_STAMP_V2, &stamp(&by, b"all of it"));
    let facts = examined(vec![content], |_| archive);
    let [content, archive] = &facts.time_stamps[..] else {
        panic!("{} time stamps", facts.time_stamps.len());
    };
    assert_eq!(content.stamp.as_ref().unwrap().kind, StampKind::Content);
    assert_eq!(
        (imprint(content), content.signature),
        (ContentFacts::Intact, Some(true))
    );
    assert_eq!(archive.stamp.as_ref().unwrap().kind, StampKind::Archive);
    assert_eq!(imprint(archive), ContentFacts::Altered);
}

/// One over the signature and the time stamps over it says so; what cannot be told is a limit.
#[test]
fn a_time_stamp_of_archives_says_what_it_is_over() {
    let by = authority(|_| {});
    let facts = examined(Vec::new(), |signature| {
        let inner = attribute(oid::SIGNATURE_STAMP, &stamp(&by, signature));
        let signature = element(OCTET_STRING, signature);
        // Without the tag and length of the signature, and of the attribute.
        let over = [&signature[2..], &inner[4..]].concat();
        let complete = attribute(oid::COMPLETE_STAMP, &stamp(&by, &over));
        let references = attribute(oid::REFERENCES_STAMP, &stamp(&by, b"names"));
        let first = attribute(oid::ARCHIVE_STAMP, &stamp(&by, b"all of it"));
        [complete, inner, references, first].concat()
    });
    let found = facts.time_stamps.iter();
    let found: Vec<_> = found
        .map(|one| (imprint(one), one.problem.is_some()))
        .collect();
    let (missing, intact) = (ContentFacts::Missing, ContentFacts::Intact);
    let expected = [
        (intact, false),
        (intact, false),
        (missing, true),
        (missing, true),
    ];
    assert_eq!(found, expected);
    let covers = &facts.time_stamps[0].stamp.as_ref().unwrap().covers;
    assert_eq!(*covers, [1]);
}

#[test]
fn an_archive_of_more_parts_than_are_looked_at_is_a_limit() {
    let by = authority(|_| {});
    let among = |values: usize| {
        let mut facts = examined(Vec::new(), |_| {
            let many = attribute(oid::SHA256, &[5, 0].repeat(values));
            [many, attribute(oid::ARCHIVE_STAMP_V2, &stamp(&by, b"all"))].concat()
        });
        facts.time_stamps.remove(0).problem
    };
    assert_eq!(among(9_997), None);
    assert!(matches!(among(9_998), Some(SignerProblem::Unsupported(_))));
}

#[test]
fn time_stamps_in_time_stamps_are_looked_at_to_a_bound() {
    fn nested(by: &Holder, over: &[u8], depth: usize) -> Vec<u8> {
        stamp_of(by, &said(over, TIME, &[]), |signature| match depth {
            0 => Vec::new(),
            _ => attribute(oid::SIGNATURE_STAMP, &nested(by, signature, depth - 1)),
        })
    }
    let by = authority(|_| {});
    let mut facts = only(|signature| nested(&by, signature, 5));
    for _ in 0..2 {
        assert_eq!(
            (imprint(&facts), facts.signature),
            (ContentFacts::Intact, Some(true))
        );
        facts = facts.time_stamps.remove(0);
    }
    let last = facts.time_stamps.remove(0);
    assert!(matches!(last.problem, Some(SignerProblem::Unsupported(_))));
    let many = examined(Vec::new(), |signature| {
        attribute(oid::SIGNATURE_STAMP, &stamp(&by, signature)).repeat(40)
    });
    assert_eq!(many.time_stamps.len(), 33);
    assert_eq!(many.time_stamps[31].problem, None);
    let last = &many.time_stamps[32].problem;
    assert!(matches!(last, Some(SignerProblem::Unsupported(_))));
}

/// A time stamp over the signature carries the authority that its own path lacks, and helps the signer's.
#[test]
fn a_time_stamp_that_stands_alone_is_held_against_what_is_given() {
    let by = authority(|_| {});
    let der = stamp(&by, HEADER);
    let examiner = Examiner::new(&AUTHORITY.anchors_pem(), Vec::new(), Engine::shared()).unwrap();
    let facts = |content: Option<&[u8]>| {
        examiner.examine_time_stamp(&Examined {
            signature: &der,
            content,
            certificates: &[],
            lists: &[],
        })
    };
    assert_eq!(imprint(&facts(Some(HEADER))), ContentFacts::Intact);
    assert_eq!(imprint(&facts(Some(b"other"))), ContentFacts::Altered);
    assert_eq!(imprint(&facts(None)), ContentFacts::Missing);
    assert_eq!(facts(None).stamp.unwrap().kind, StampKind::Document);
}

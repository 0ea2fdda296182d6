//! Signatures as other programs make them, and as people on the way change what is not signed of them.

use std::sync::LazyLock;

use jiff::SignedDuration;

use super::HEADER;
use super::crafted::AUTHORITY;
use super::crafted::NULL;
use super::crafted::der_of;
use super::crafted::now;
use super::organ;
use crate::model::CertificateUse;
use crate::trust::ContentFacts;
use crate::trust::Examined;
use crate::trust::Examiner;
use crate::trust::KeyKind;
use crate::trust::KeyPair;
use crate::trust::NotExamined;
use crate::trust::SignatureFacts;
use crate::trust::SignerProblem;
use crate::trust::SigningCertificate;
use crate::trust::Subject;
use crate::trust::Validity;
use crate::trust::certificate::CertificateFields;
use crate::trust::cms::oid;
use crate::trust::der::CONTEXT_0;
use crate::trust::der::CONTEXT_1;
use crate::trust::der::INTEGER;
use crate::trust::der::OCTET_STRING;
use crate::trust::der::OID;
use crate::trust::der::SEQUENCE;
use crate::trust::der::SET;
use crate::trust::der::element;
use crate::trust::der::set_of;
use crate::trust::der::wrap;
use crate::trust::digests::digest_by_name;
use crate::trust::engine::Engine;
use crate::trust::sha256;

/// An attribute of nobody's.
const STRANGE: &[u8] = &[0x2a, 3, 4];

/// id-ct-TSTInfo: a kind of content that is not plain data.
/// id-ct-asciiTextWithCRLF (RFC 5485).
const TEXT: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 9, 16, 1, 27];

/// A person with a certificate.
struct Holder {
    key: KeyPair,
    certificate: Vec<u8>,
}

fn holder(common_name: &str) -> Holder {
    let day = SignedDuration::from_hours(24);
    let validity = Validity {
        not_before: now() - day,
        not_after: now() + day,
    };
    let subject = Subject {
        organ: organ(),
        usage: CertificateUse::Person,
        common_name: common_name.to_owned(),
    };
    let key = KeyPair::generate(KeyKind::EcdsaP256).unwrap();
    let certificate = AUTHORITY.issue(&key, &subject, validity).unwrap().der;
    Holder { key, certificate }
}

static SIGNER: LazyLock<Holder> = LazyLock::new(|| holder("Nguyễn Văn A"));

/// How one signature differs from others.
struct Made {
    /// Signed attributes as they are stored; `None`: there are none.
    attributes: Option<Vec<Vec<u8>>>,
    /// What the key signs.
    message: Vec<u8>,
    certificates: Vec<Vec<u8>>,
    content_type: &'static [u8],
    unsigned: Vec<u8>,
    signers: usize,
}

fn attribute(kind: &[u8], values: &[u8]) -> Vec<u8> {
    wrap(SEQUENCE, &[&element(OID, kind), &element(SET, values)])
}

/// The attributes that every signature has.
fn usual(content_type: &[u8]) -> Vec<Vec<u8>> {
    let digest = element(OCTET_STRING, sha256(HEADER).as_bytes());
    vec![
        attribute(oid::CONTENT_TYPE, &element(OID, content_type)),
        attribute(oid::MESSAGE_DIGEST, &digest),
    ]
}

/// signing-certificate-v2 by a digest of this name.
fn names(algorithm: &[u8], certificate: &[u8]) -> Vec<u8> {
    let named = element(SEQUENCE, &element(OID, algorithm));
    let hash = digest_by_name(algorithm, certificate).unwrap();
    let id = wrap(SEQUENCE, &[&named, &element(OCTET_STRING, hash.as_ref())]);
    let value = element(SEQUENCE, &element(SEQUENCE, &id));
    attribute(oid::SIGNING_CERTIFICATE_V2, &value)
}

/// As it ought to be, with these attributes more.
fn made(more: &[Vec<u8>]) -> Made {
    let attributes = [usual(oid::DATA), more.to_vec()].concat();
    Made {
        message: set_of(SET, attributes.clone()),
        attributes: Some(attributes),
        certificates: vec![
            SIGNER.certificate.clone(),
            der_of(AUTHORITY.issuing_pem().0),
        ],
        content_type: oid::DATA,
        unsigned: Vec::new(),
        signers: 1,
    }
}

/// The same without signed attributes.
fn bare(content: &[u8]) -> Made {
    Made {
        attributes: None,
        message: content.to_vec(),
        ..made(&[])
    }
}

impl Made {
    fn cms(&self) -> Vec<u8> {
        let fields = CertificateFields::parse(&SIGNER.certificate).unwrap();
        let serial = element(INTEGER, fields.serial);
        let sha = element(SEQUENCE, &element(OID, oid::SHA256));
        let unsigned = match &self.unsigned[..] {
            [] => Vec::new(),
            some => element(CONTEXT_1, some),
        };
        let signed = self
            .attributes
            .as_ref()
            .map(|all| element(CONTEXT_0, &all.concat()));
        let signature = SIGNER.key.sign(&self.message).unwrap();
        let info = wrap(
            SEQUENCE,
            &[
                &element(INTEGER, &[1]),
                &wrap(SEQUENCE, &[fields.issuer, &serial]),
                &sha,
                &signed.unwrap_or_default(),
                &element(SEQUENCE, &element(OID, oid::ECDSA_SHA256)),
                &element(OCTET_STRING, &signature),
                &unsigned,
            ],
        );
        let data = wrap(
            SEQUENCE,
            &[
                &element(INTEGER, &[1]),
                &element(SET, &sha),
                &element(SEQUENCE, &element(OID, self.content_type)),
                &element(CONTEXT_0, &self.certificates.concat()),
                &element(SET, &info.repeat(self.signers)),
            ],
        );
        let kind = element(OID, oid::SIGNED_DATA);
        wrap(SEQUENCE, &[&kind, &element(CONTEXT_0, &data)])
    }

    fn examined(&self, content: &[u8]) -> Result<Vec<SignatureFacts>, NotExamined> {
        let examiner =
            Examiner::new(&AUTHORITY.anchors_pem(), Vec::new(), Engine::shared()).unwrap();
        let cms = self.cms();
        let one = Examined {
            signature: &cms,
            content: Some(content),
            certificates: &[],
            lists: &[],
        };
        examiner.examine(&[one]).remove(0)
    }

    /// The facts of its only signer, over the content that was signed.
    fn facts(&self) -> SignatureFacts {
        self.examined(HEADER).unwrap().remove(0)
    }
}

/// Asserts that everything of a signature was read, and is right.
fn assert_right(facts: &SignatureFacts) {
    assert_eq!(facts.problem, None);
    assert_eq!(facts.signature, Some(true));
    assert_eq!(facts.content, ContentFacts::Intact);
    assert_eq!(facts.path.problem, None);
}

fn is_malformed(facts: &SignatureFacts) -> bool {
    matches!(facts.problem, Some(SignerProblem::Malformed(_)))
}

fn is_unsupported(facts: &SignatureFacts) -> bool {
    matches!(facts.problem, Some(SignerProblem::Unsupported(_)))
}

/// RFC 5652, 5.4: what is signed is the DER of the attributes. Programs that sign what they store are
/// common, too.
#[test]
fn attributes_out_of_order_are_verified_as_they_stand_and_in_the_order_of_der() {
    let mut stored = usual(oid::DATA);
    stored.sort();
    stored.reverse();
    let ordered = Made {
        attributes: Some(stored.clone()),
        ..made(&[])
    };
    assert_right(&ordered.facts());
    let as_stored = Made {
        message: element(SET, &stored.concat()),
        ..ordered
    };
    assert_right(&as_stored.facts());
    let neither = Made {
        message: stored.concat(),
        ..as_stored
    };
    assert_eq!(neither.facts().signature, Some(false));
}

#[test]
fn only_attributes_that_say_something_to_us_must_have_one_value() {
    let two = [NULL, NULL].concat();
    assert_right(&made(&[attribute(STRANGE, &two)]).facts());
    assert_right(&made(&[attribute(STRANGE, &[])]).facts());
    let digests = element(OCTET_STRING, sha256(HEADER).as_bytes()).repeat(2);
    let doubled = made(&[attribute(oid::MESSAGE_DIGEST, &digests)]);
    assert!(is_malformed(&doubled.facts()));
    // A time as no standard writes it is our limit, not the signer's fault.
    let odd = made(&[attribute(oid::SIGNING_TIME, &element(0x17, b"1906030200Z"))]);
    let facts = odd.facts();
    assert!(is_unsupported(&facts));
    assert_eq!(facts.signature, Some(true));
}

#[test]
fn without_signed_attributes_the_content_itself_is_verified() {
    let facts = bare(HEADER).facts();
    assert_right(&facts);
    assert!(facts.is_bare);
    let other = bare(HEADER).examined(b"something else").unwrap().remove(0);
    assert_eq!(other.signature, Some(false));
    // The attributes of one signature, passed off as the content of another.
    let attributes = set_of(SET, usual(oid::DATA));
    let passed_off = bare(&attributes).examined(&attributes).unwrap().remove(0);
    assert!(is_unsupported(&passed_off));
}

/// Certificates in a signature are not signed: anybody may add one with the signer's name and number.
#[test]
fn a_forged_certificate_in_the_bag_changes_nothing() {
    let other = holder("Nguyễn Văn A");
    let key = |certificate: &[u8]| {
        // The point of the key stands before the extensions.
        let mut places = certificate.windows(4);
        let at = places.position(|found| found == [3, 0x42, 0, 4]).unwrap() + 4;
        at..at + 64
    };
    let mut forged = SIGNER.certificate.clone();
    let point = other.certificate[key(&other.certificate)].to_vec();
    forged[key(&SIGNER.certificate)].copy_from_slice(&point);
    for more in [&[][..], &[names(oid::SHA256, &SIGNER.certificate)]] {
        let mut signed = made(more);
        signed.certificates.insert(0, forged.clone());
        let facts = signed.facts();
        assert_right(&facts);
        let used = facts.certificate.unwrap().sha256;
        assert_eq!(used, sha256(&SIGNER.certificate).to_string());
    }
    // Who names another certificate than the one it signs with is not believed.
    let named = made(&[names(oid::SHA256, &forged)]).facts();
    assert_eq!(named.signing_certificate, SigningCertificate::Differs);
}

#[test]
fn certificates_are_named_by_any_digest_and_contradictions_are_refused() {
    for algorithm in [oid::SHA1, oid::SHA384, oid::SHA512, oid::SHA3_256] {
        let facts = made(&[names(algorithm, &SIGNER.certificate)]).facts();
        assert_right(&facts);
        assert_eq!(facts.signing_certificate, SigningCertificate::Matches);
    }
    let both = made(&[
        names(oid::SHA256, &SIGNER.certificate),
        names(oid::SHA512, b"another"),
    ]);
    assert_eq!(
        both.facts().signing_certificate,
        SigningCertificate::Differs
    );
    // CMSAlgorithmProtection (RFC 6211).
    let protection = |digest: &[u8]| {
        let digest = element(SEQUENCE, &element(OID, digest));
        let algorithm = element(CONTEXT_1, &element(OID, oid::ECDSA_SHA256));
        let value = wrap(SEQUENCE, &[&digest, &algorithm]);
        made(&[attribute(oid::ALGORITHM_PROTECTION, &value)]).facts()
    };
    assert_right(&protection(oid::SHA256));
    assert!(is_malformed(&protection(oid::SHA384)));
}

/// What stands behind a signature nobody signed; that is no fault of the signer's.
#[test]
fn bytes_behind_a_signature_leave_it_unexamined() {
    let examiner = Examiner::new(&AUTHORITY.anchors_pem(), Vec::new(), Engine::shared()).unwrap();
    let examined = |more: &[u8]| {
        let signature = [&made(&[]).cms(), more].concat();
        let one = Examined {
            signature: &signature,
            content: Some(HEADER),
            certificates: &[],
            lists: &[],
        };
        examiner.examine(&[one]).remove(0)
    };
    assert_right(&examined(&[0; 8]).unwrap()[0]);
    assert!(matches!(examined(b"more"), Err(NotExamined::Limit(_))));
}

#[test]
fn content_of_any_kind_is_verified_if_the_attributes_name_it() {
    let attributes = usual(TEXT);
    let stamp = Made {
        message: set_of(SET, attributes.clone()),
        attributes: Some(attributes),
        content_type: TEXT,
        ..made(&[])
    };
    assert_right(&stamp.facts());
    let other = Made {
        content_type: TEXT,
        ..made(&[])
    };
    assert!(is_malformed(&other.facts()));
}

#[test]
fn many_signers_and_certificates_are_read_and_more_are_no_fault_of_theirs() {
    let mut crowd = Made {
        signers: 9,
        ..made(&[])
    };
    let strangers = (0..200u8).map(|number| element(SEQUENCE, &[2, 1, number]));
    crowd.certificates.extend(strangers.clone());
    let all = crowd.examined(HEADER).unwrap();
    assert_eq!(all.len(), 9);
    all.iter().for_each(assert_right);
    let more = strangers.map(|stranger| element(SEQUENCE, &stranger));
    crowd.certificates.extend(more);
    let found = crowd.examined(HEADER).unwrap_err();
    assert!(matches!(found, NotExamined::Limit(_)));
    let nobody = Made {
        signers: 0,
        ..made(&[])
    };
    let found = nobody.examined(HEADER).unwrap_err();
    assert!(matches!(found, NotExamined::Unsigned(_)));
}

/// A time stamp with its certificates nests thirty deep where the signature has its unsigned attributes.
#[test]
fn what_unsigned_attributes_nest_is_no_fault() {
    let nested = (0..60).fold(NULL.to_vec(), |inside, _| element(SEQUENCE, &inside));
    let stamped = Made {
        unsigned: attribute(STRANGE, &nested),
        ..made(&[])
    };
    assert_right(&stamped.facts());
}

/// Lengths in any of the forms of BER, also inside what is not signed.
#[test]
fn lengths_are_read_in_every_form() {
    let cms = made(&[]).cms();
    // SEQUENCE of four bytes of length instead of two, and of indefinite length.
    let content = &cms[4..];
    assert_eq!(cms[..2], [0x30, 0x82]);
    let long = [&[0x30, 0x84, 0, 0, cms[2], cms[3]], content].concat();
    let endless = [&[0x30, 0x80], content, &[0, 0]].concat();
    let examiner = Examiner::new(&AUTHORITY.anchors_pem(), Vec::new(), Engine::shared()).unwrap();
    for signature in [&cms, &long, &endless] {
        let one = Examined {
            signature,
            content: Some(HEADER),
            certificates: &[],
            lists: &[],
        };
        let facts = examiner.examine(&[one]).remove(0).unwrap();
        assert_right(&facts[0]);
    }
}

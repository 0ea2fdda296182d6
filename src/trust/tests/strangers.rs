//! What certificates of strangers cost: work is counted, so that no clock has to say whether it is little.

use std::sync::atomic::Ordering;

use rcgen::BasicConstraints;
use rcgen::CertificateParams;
use rcgen::CustomExtension;
use rcgen::IsCa;
use rcgen::Issuer;
use rcgen::KeyUsagePurpose;
use rustls_pki_types::CertificateDer;

use super::HEADER;
use super::crafted::AUTHORITY;
use super::crafted::NULL;
use super::crafted::bare;
use super::crafted::cms;
use super::crafted::issued;
use super::crafted::known_names;
use super::crafted::link;
use super::crafted::name;
use super::crafted::now;
use super::crafted::person;
use super::crafted::rsa;
use super::crafted::store;
use super::crafted::uri;
use super::organ;
use crate::model::Reason;
use crate::model::Refusal;
use crate::model::SIGNATURE_MAX;
use crate::trust::Policy;
use crate::trust::TrustStore;
use crate::trust::certificate::CertificateFields;
use crate::trust::certificate_facts;
use crate::trust::cms::oid;
use crate::trust::der::BIT_STRING;
use crate::trust::der::CONTEXT_3;
use crate::trust::der::OCTET_STRING;
use crate::trust::der::OID;
use crate::trust::der::SEQUENCE;
use crate::trust::der::SET;
use crate::trust::der::element;
use crate::trust::der::wrap;
use crate::trust::peer_identity;
use crate::trust::policy::REFUSALS_MAX;
use crate::trust::signature_form;
use crate::trust::tls::presentable;
use crate::trust::verify_document;

/// What is done to a certificate before it is signed.
type Change = Box<dyn FnOnce(&mut CertificateParams)>;

fn reason<T: std::fmt::Debug>(outcome: Result<T, Refusal>) -> Reason {
    outcome.unwrap_err().reason()
}

/// Signatures on certificates verified, and paths looked for, by a store so far.
fn work(trust: &TrustStore) -> (usize, usize) {
    let work = trust.work();
    (
        work.signatures.load(Ordering::Relaxed),
        work.paths.load(Ordering::Relaxed),
    )
}

/// Graphs that a stranger can draw, with the signatures that are verified for each at most.
fn graphs() -> Vec<(&'static str, Vec<Vec<u8>>, usize)> {
    let (a, b) = (name("a"), name("b"));
    let [root, issuing] = known_names();
    let of = |pairs: &[(&Vec<u8>, &Vec<u8>)]| -> Vec<Vec<u8>> {
        (0_u8..)
            .zip(pairs)
            .map(|(number, (issuer, subject))| link(issuer, subject, number))
            .collect()
    };
    let small = rsa(2048, &[1, 0, 1]);
    let many_names: Vec<u8> = (0..400)
        .flat_map(|number| element(0x86, format!("urn:docaxis:organ:{number}").as_bytes()))
        .collect();
    let san = [
        element(OID, &[0x55, 0x1d, 0x11]),
        element(OCTET_STRING, &element(SEQUENCE, &many_names)),
    ]
    .concat();
    let san = element(CONTEXT_3, &element(SEQUENCE, &element(SEQUENCE, &san)));
    vec![
        ("a ring of one name", of(&[(&a, &a); 8]), 0),
        (
            "a ring of two names",
            of(&[(&a, &b), (&b, &a), (&a, &b), (&b, &a), (&a, &b)]),
            0,
        ),
        (
            "the anchor's name over a ring",
            of(&[
                (&a, &b),
                (&root, &a),
                (&a, &a),
                (&root, &a),
                (&root, &a),
                (&root, &a),
                (&root, &a),
            ]),
            4,
        ),
        (
            "the anchor's name over many",
            of(&[
                (&a, &b),
                (&root, &a),
                (&root, &a),
                (&root, &a),
                (&issuing, &a),
                (&issuing, &a),
                (&issuing, &a),
            ]),
            4,
        ),
        (
            "the authority's name, and a ring of it",
            of(&[(&issuing, &a), (&issuing, &issuing), (&issuing, &issuing)]),
            1,
        ),
        (
            "RSA of 16384 bits",
            vec![bare(&a, &a, &rsa(16384, &[1, 0, 1]), &[])],
            0,
        ),
        (
            "RSA of 16384 bits, known issuer",
            vec![bare(&issuing, &a, &rsa(16384, &[1, 0, 1]), &[])],
            1,
        ),
        (
            "an exponent of 8192 bits",
            vec![bare(&issuing, &a, &rsa(8192, &[0x55; 1024]), &[])],
            1,
        ),
        (
            "a huge name",
            vec![bare(&a, &name(&"x".repeat(12_000)), &small, &[])],
            0,
        ),
        (
            "hundreds of organisations",
            vec![bare(&issuing, &a, &small, &san)],
            1,
        ),
        (
            "a certificate of 20 KiB",
            vec![bare(&issuing, &name(&"x".repeat(20_000)), &small, &[])],
            0,
        ),
        (
            "a participant's own below it",
            vec![link(&name("person"), &a, 1), issued(|_| {})],
            1,
        ),
    ]
}

#[test]
fn certificates_of_strangers_cost_four_signatures_at_most_and_no_path() {
    for (what, chain, most) in graphs() {
        let trust = store();
        let signature = cms(&chain, 1, &[]);
        for _ in 0..3 {
            let policy = Policy::default();
            let verdict = verify_document(&trust, &policy, HEADER, &signature, organ(), now());
            assert_eq!(reason(verdict), Reason::ChainUntrusted, "{what}");
        }
        // Repeating it costs nothing, nor does showing the same as a connection's certificate.
        let chain: Vec<CertificateDer<'static>> =
            chain.iter().cloned().map(CertificateDer::from).collect();
        let verdict = peer_identity(&trust, Some(&chain), now());
        assert_eq!(reason(verdict), Reason::ChainUntrusted, "{what}");
        let (signatures, paths) = work(&trust);
        assert!(signatures <= most, "{what}: {signatures} signatures");
        assert_eq!(paths, 0, "{what}");
    }
}

#[test]
fn refusals_are_remembered_and_the_oldest_forgotten() {
    let trust = store();
    let [_, issuing] = known_names();
    let key = rsa(2048, &[1, 0, 1]);
    let leaf = |number: usize| bare(&issuing, &name(&number.to_string()), &key, &[]);
    for number in 0..REFUSALS_MAX + 5 {
        assert!(trust.certified(&leaf(number), &[]).is_err());
    }
    assert_eq!(trust.refusals_kept(), REFUSALS_MAX);
    let (signatures, _) = work(&trust);
    assert!(trust.certified(&leaf(REFUSALS_MAX), &[]).is_err());
    assert_eq!(work(&trust).0, signatures, "the newest is remembered");
    assert!(trust.certified(&leaf(0), &[]).is_err());
    assert_eq!(work(&trust).0, signatures + 1, "the oldest is not");
}

#[test]
fn an_authority_that_came_along_counts_if_a_known_one_signed_it() {
    let trust = store();
    let (pem, key) = AUTHORITY.root_pem();
    let root = Issuer::from_ca_cert_pem(pem, rcgen::KeyPair::from_pem(&key).unwrap()).unwrap();
    let middle_key = rcgen::KeyPair::generate().unwrap();
    let mut params = person();
    params.subject_alt_names.clear();
    params.extended_key_usages.clear();
    params
        .distinguished_name
        .push(rcgen::DnType::CommonName, "middle");
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
    let middle = params.signed_by(&middle_key, &root).unwrap().der().to_vec();
    let middle_issuer = Issuer::new(params, middle_key);
    let holder = rcgen::KeyPair::generate().unwrap();
    let leaf = person().signed_by(&holder, &middle_issuer).unwrap();
    let leaf = leaf.der().to_vec();
    assert_eq!(reason(trust.certified(&leaf, &[])), Reason::ChainUntrusted);
    // Beside it others of its name that nobody signed: they do not stand in its way.
    let name = CertificateFields::parse(&leaf).unwrap().issuer;
    let fake = link(name, name, 1);
    let certified = trust.certified(&leaf, &[&fake, &middle, &leaf]).unwrap();
    assert_eq!(certified.organ, organ());
    assert_eq!(
        reason(trust.certified(&leaf[1..], &[])),
        Reason::ChainUntrusted
    );
}

#[test]
fn a_signature_has_limits_in_all_its_parts() {
    let signer = vec![issued(|_| {})];
    let form = |signers, unsigned: &[u8]| signature_form(&cms(&signer, signers, unsigned));
    let attribute = |value: &[u8]| {
        let kind = element(OID, oid::SIGNING_TIME);
        wrap(SEQUENCE, &[&kind, &element(SET, value)])
    };
    let nested = |depth: usize| (0..depth).fold(NULL.to_vec(), |inside, _| element(SET, &inside));
    assert_eq!(form(1, &[]), Ok(()));
    assert_eq!(form(8, &attribute(NULL).repeat(32)), Ok(()));
    assert_eq!(form(1, &attribute(&nested(10))), Ok(()));
    assert_eq!(form(1, &attribute(&[5, 0].repeat(15_000))), Ok(()));
    assert!(form(9, &[]).is_err());
    assert!(form(1, &attribute(NULL).repeat(33)).is_err());
    assert!(form(1, &attribute(&nested(30))).is_err());
    assert!(form(1, &attribute(&nested(10_000))).is_err());
    assert!(form(1, &attribute(&[5, 0].repeat(17_000))).is_err());
    assert!(signature_form(&cms(&vec![signer[0].clone(); 17], 1, &[])).is_err());

    let large = cms(&signer, 1, &attribute(&[5, 0].repeat(SIGNATURE_MAX / 2)));
    let verdict = verify_document(&store(), &Policy::default(), HEADER, &large, organ(), now());
    assert_eq!(reason(verdict), Reason::TooLarge);
}

#[test]
fn a_certificate_says_once_whose_it_is_and_what_for() {
    let trust = store();
    let good = issued(|_| {});
    assert_eq!(trust.certified(&good, &[]).unwrap().organ, organ());
    let custom = |arc: u64, content: &[u8]| {
        CustomExtension::from_oid_content(&[2, 5, 29, arc], content.to_vec())
    };
    let (alternative, usage, purposes) = (17, 15, 37);
    let also = |name: &'static str| -> Change {
        Box::new(move |params| params.subject_alt_names.push(uri(name)))
    };
    let extension = |arc, content: &'static [u8]| -> Change {
        Box::new(move |params| params.custom_extensions.push(custom(arc, content)))
    };
    let changes: Vec<(&str, Change)> = vec![
        ("two organisations", also("urn:docaxis:organ:000.00.00.H44")),
        ("one twice", also("urn:docaxis:organ:000.00.00.H26")),
        ("in capitals", also("URN:docaxis:organ:000.00.00.H44")),
        ("two uses", also("urn:docaxis:use:seal")),
        ("an unknown use", also("urn:docaxis:use:other")),
        ("names twice", extension(alternative, &[0x30, 0])),
        ("usage twice", extension(usage, &[3, 2, 7, 0x80])),
        ("purposes twice", extension(purposes, &[0x30, 0])),
        (
            "malformed names",
            Box::new(move |params| {
                params.subject_alt_names.clear();
                params
                    .custom_extensions
                    .push(custom(alternative, &[0x30, 5, 1]));
            }),
        ),
        (
            "malformed usage",
            Box::new(move |params| {
                params.key_usages.clear();
                params.custom_extensions.push(custom(usage, &[3, 9, 7]));
            }),
        ),
        (
            "malformed purposes",
            Box::new(move |params| {
                params.extended_key_usages.clear();
                params
                    .custom_extensions
                    .push(custom(purposes, &[0x30, 9, 6]));
            }),
        ),
    ];
    for (what, change) in changes {
        let certificate = issued(change);
        let verdict = trust.certified(&certificate, &[]);
        assert_eq!(reason(verdict), Reason::ChainUntrusted, "{what}");
        assert!(certificate_facts(&certificate).is_err(), "{what}");
    }
}

#[test]
fn a_handshake_ends_before_an_unusual_key_is_used() {
    let is_taken = |key: &[u8], above: usize, size: usize| {
        let of = |key: &[u8], size| {
            CertificateDer::from(bare(&name("a"), &name(&"x".repeat(size)), key, &[]))
        };
        let chain = vec![of(&rsa(2048, &[1, 0, 1]), size); above];
        presentable(&of(key, size), &chain).is_ok()
    };
    let usual = rsa(2048, &[1, 0, 1]);
    assert!(is_taken(&usual, 7, 100));
    assert!(is_taken(&rsa(4096, &[3]), 2, 100));
    assert!(!is_taken(&usual, 8, 100));
    assert!(!is_taken(&usual, 3, 6_000));
    assert!(!is_taken(&rsa(16_384, &[1, 0, 1]), 0, 100));
    assert!(!is_taken(&rsa(1_024, &[1, 0, 1]), 0, 100));
    assert!(!is_taken(&rsa(4_096, &[0x55; 512]), 0, 100));
    let p521 = wrap(
        SEQUENCE,
        &[
            &wrap(
                SEQUENCE,
                &[
                    &element(OID, &[0x2a, 0x86, 0x48, 0xce, 0x3d, 2, 1]),
                    &element(OID, &[0x2b, 0x81, 4, 0, 0x23]),
                ],
            ),
            &element(BIT_STRING, &[0, 4].repeat(67)),
        ],
    );
    assert!(!is_taken(&p521, 0, 100));
    assert!(presentable(&CertificateDer::from(vec![0x30, 0]), &[]).is_err());
}

//! Certificates of one form keep the same rules, whatever is changed in them.

use rcgen::CertificateParams;
use rcgen::CustomExtension;
use rcgen::GeneralSubtree;
use rcgen::NameConstraints;
use rcgen::SanType;
use rcgen::SigningKey as _;
use rustls_pki_types::CertificateDer;
use rustls_pki_types::UnixTime;

use super::Forms;
use super::form;
use crate::trust::algorithms::ALGORITHMS;
use crate::trust::authorities::AnyPurpose;
use crate::trust::certificate::SignedCertificate;
use crate::trust::der::BIT_STRING;
use crate::trust::der::Reader;
use crate::trust::der::SEQUENCE;
use crate::trust::der::element;
use crate::trust::der::wrap;
use crate::trust::rules::PolicyInputs;
use crate::trust::rules::Rule;
use crate::trust::rules::check;
use crate::trust::rules::tests::Party;
use crate::trust::rules::tests::below;
use crate::trust::rules::tests::root;

fn named(made: &mut CertificateParams) {
    let names = ["urn:docaxis:organ:000.00.00.H62", "urn:docaxis:use:seal"];
    let names = names.map(|name| SanType::URI(name.try_into().unwrap()));
    made.subject_alt_names = names.to_vec();
    made.use_authority_key_identifier_extension = true;
    made.extended_key_usages = vec![rcgen::ExtendedKeyUsagePurpose::ClientAuth];
}

fn form_of(leaf: &[u8], above: &[&Party]) -> Option<[u8; 32]> {
    let above = above.iter().map(|one| one.der().as_ref());
    form(&std::iter::once(leaf).chain(above).collect::<Vec<_>>())
}

/// The certificate with one byte changed, signed anew.
fn changed(leaf: &[u8], at: usize, by: u8, issuer: &Party) -> Vec<u8> {
    let mut fields = Reader(leaf).only(SEQUENCE).unwrap();
    let mut signed = fields.expect(SEQUENCE).unwrap().whole.to_vec();
    let algorithm = fields.expect(SEQUENCE).unwrap().whole;
    signed[at] ^= by;
    let signature = issuer.key().sign(&signed).unwrap();
    let signature = element(BIT_STRING, &[&[0], &signature[..]].concat());
    wrap(SEQUENCE, &[&signed, algorithm, &signature])
}

/// What is changed and has the same form keeps the rules, wherever it is still a certificate to webpki, and its key one.
#[test]
fn whatever_is_of_one_form_keeps_the_same_rules() {
    let root = root(|_| {});
    let leaf = below(&root, "leaf", named);
    let leaf = leaf.der().as_ref();
    let known = form_of(leaf, &[&root]).unwrap();
    let anchor = webpki::anchor_from_trusted_cert(root.der()).unwrap();
    let at = UnixTime::since_unix_epoch(std::time::Duration::from_secs(1_700_000_000));
    let is_certificate = |der: &[u8]| {
        let der = CertificateDer::from(der);
        let has_key = SignedCertificate::parse(&der).is_some_and(|read| read.public_key().is_ok());
        let Some(read) = webpki::EndEntityCert::try_from(&der)
            .ok()
            .filter(|_| has_key)
        else {
            return false;
        };
        let anchors = [anchor.clone()];
        read.verify_for_usage(&ALGORITHMS, &anchors, &[], at, AnyPurpose, None, None)
            .is_ok()
    };
    assert!(is_certificate(leaf));
    let length = SignedCertificate::parse(leaf).unwrap().signed.len();
    let mut same = 0;
    for at in 0..length {
        for by in [0x01, 0x20, 0x41, 0x80, 0xff] {
            let other = changed(leaf, at, by, &root);
            if form_of(&other, &[&root]) == Some(known) && is_certificate(&other) {
                let chain = [&other[..], root.der().as_ref()];
                let verdict = check(&chain, &PolicyInputs::default());
                assert_eq!(verdict, Ok(()), "byte {at} ^ {by:#x}");
                same += 1;
            }
        }
    }
    // Key, name, number and key identifier are among what may differ.
    assert!(same > 200, "{same}");
}

#[test]
fn what_the_rules_look_at_makes_another_form() {
    let root = root(|_| {});
    let leaf = below(&root, "leaf", named);
    let known = form_of(leaf.der(), &[&root]);
    assert!(known.is_some());
    let twin = below(&root, "a twin", |made| {
        named(made);
        made.subject_alt_names.pop();
    });
    assert_eq!(form_of(twin.der(), &[&root]), known);
    let unknown = |is_critical: bool| {
        let mut extension = CustomExtension::from_oid_content(&[1, 2, 3, 4], vec![5, 0]);
        extension.set_criticality(is_critical);
        below(&root, "leaf", |made| {
            named(made);
            made.custom_extensions.push(extension);
        })
    };
    let (harmless, critical) = (unknown(false), unknown(true));
    let forms = [&leaf, &harmless, &critical].map(|one| form_of(one.der(), &[&root]));
    assert!(forms[0] != forms[1] && forms[1] != forms[2] && forms[0] != forms[2]);
    // Who is above makes a difference, too.
    let ca = below(&root, "ca", |_| {});
    let leaf = below(&ca, "leaf", named);
    let short = form_of(leaf.der(), &[&ca]);
    assert!(short.is_some() && short != form_of(leaf.der(), &[&ca, &root]));
}

#[test]
fn what_is_not_plain_has_no_form() {
    let root = root(|_| {});
    let limited = below(&root, "ca", |made| {
        made.name_constraints = Some(NameConstraints {
            permitted_subtrees: vec![GeneralSubtree::DnsName("vn".to_owned())],
            excluded_subtrees: Vec::new(),
        });
    });
    let leaf = below(&limited, "leaf", named);
    assert_eq!(form_of(leaf.der(), &[&limited, &root]), None);
    let address = below(&root, "leaf", |made| {
        made.subject_alt_names = vec![SanType::IpAddress([127, 0, 0, 1].into())];
    });
    assert_eq!(form_of(address.der(), &[&root]), None);
    let decomposed = below(&root, "a\u{301}", named);
    assert_eq!(form_of(decomposed.der(), &[&root]), None);
    let namesake = below(&root, "root", named);
    assert_eq!(form_of(namesake.der(), &[&root]), None);
    assert_eq!(form_of(b"0", &[&root]), None);
    assert_eq!(form(&[]), None);
}

/// A good one is remembered, and a bad one of another form is asked about all the same.
#[test]
fn only_forms_that_keep_the_rules_are_remembered() {
    let root = root(|_| {});
    let forms = Forms::default();
    let check = |leaf: &Party| forms.check(&[leaf.der().as_ref(), root.der().as_ref()]);
    let critical = |made: &mut CertificateParams| {
        named(made);
        let mut extension = CustomExtension::from_oid_content(&[1, 2, 3, 4], vec![5, 0]);
        extension.set_criticality(true);
        made.custom_extensions.push(extension);
    };
    for _ in 0..2 {
        assert_eq!(check(&below(&root, "leaf", named)), Ok(()));
        let broken = check(&below(&root, "leaf", critical)).unwrap_err();
        assert_eq!(broken.rule, Rule::CriticalExtension);
    }
    assert_eq!(forms.0.lock().unwrap().len(), 1);
}

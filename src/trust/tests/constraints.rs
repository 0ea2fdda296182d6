//! What an authority's own certificate forbids those below it, the hub refuses as reports do.

use rcgen::BasicConstraints;
use rcgen::CertificateParams;
use rcgen::CertifiedIssuer;
use rcgen::DnType;
use rcgen::DnValue;
use rcgen::GeneralSubtree;
use rcgen::IsCa;
use rcgen::KeyPair;
use rcgen::KeyUsagePurpose;
use rcgen::NameConstraints;

use super::crafted::person;
use crate::model::Reason;
use crate::trust::TrustStore;

type Party = CertifiedIssuer<'static, KeyPair>;

fn authority(name: &str) -> CertificateParams {
    let mut made = person();
    made.distinguished_name = rcgen::DistinguishedName::new();
    made.distinguished_name.push(DnType::CommonName, name);
    made.subject_alt_names.clear();
    made.extended_key_usages.clear();
    made.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    made.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    made
}

fn key() -> KeyPair {
    KeyPair::generate().unwrap()
}

/// A store that believes a root, and an authority below it with these constraints.
fn store(constraints: NameConstraints) -> (TrustStore, Party) {
    let root: Party = CertifiedIssuer::self_signed(authority("root"), key()).unwrap();
    let mut made = authority("issuing");
    made.name_constraints = Some(constraints);
    let issuing: Party = CertifiedIssuer::signed_by(made, key(), &root).unwrap();
    let pem = format!("{}{}", root.pem(), issuing.pem());
    (TrustStore::from_pem(&pem).unwrap(), issuing)
}

/// Whether somebody with this address of mail in the name is believed.
fn verdict(store: &TrustStore, issuing: &Party, address: &str) -> Option<Reason> {
    let mut made = person();
    let mail = DnType::CustomDnType(vec![1, 2, 840, 113_549, 1, 9, 1]);
    let address = rcgen::string::Ia5String::try_from(address).unwrap();
    made.distinguished_name
        .push(mail, DnValue::Ia5String(address));
    let leaf = made.signed_by(&key(), issuing).unwrap();
    let found = store.certified(leaf.der(), &[]);
    found.err().map(|refusal| refusal.reason())
}

#[test]
fn mail_in_a_name_is_held_against_the_constraints_of_authorities() {
    let vn = || vec![GeneralSubtree::Rfc822Name("gov.vn".to_owned())];
    let permitted = NameConstraints {
        permitted_subtrees: vn(),
        excluded_subtrees: Vec::new(),
    };
    let excluded = NameConstraints {
        permitted_subtrees: Vec::new(),
        excluded_subtrees: vn(),
    };
    let (only, only_by) = store(permitted);
    let (but, but_by) = store(excluded);
    // Again and again: what was found of one says nothing of the next.
    for _ in 0..2 {
        let verdict_of = |address: &str| {
            [
                verdict(&only, &only_by, address),
                verdict(&but, &but_by, address),
            ]
        };
        assert_eq!(
            verdict_of("van.thu@gov.vn"),
            [None, Some(Reason::ChainUntrusted)]
        );
        assert_eq!(
            verdict_of("van.thu@example.org"),
            [Some(Reason::ChainUntrusted), None]
        );
    }
}

//! Rules on chains that an honest CA would not write. The whole of them is tried on PKITS
//! (`tests/it/pkits.rs`).

use rcgen::BasicConstraints;
use rcgen::CertificateParams;
use rcgen::CertifiedIssuer;
use rcgen::DnType;
use rcgen::GeneralSubtree;
use rcgen::IsCa;
use rcgen::KeyPair;
use rcgen::KeyUsagePurpose;
use rcgen::NameConstraints;

use super::Broken;
use super::LINKS_MAX;
use super::PolicyInputs;
use super::Rule;
use super::check;

/// A certificate with its key, to issue others.
pub(super) type Party = CertifiedIssuer<'static, KeyPair>;

fn parameters(name: &str, is_ca: bool) -> CertificateParams {
    let mut made = CertificateParams::default();
    made.distinguished_name.push(DnType::CommonName, name);
    if is_ca {
        made.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        made.key_usages = vec![KeyUsagePurpose::KeyCertSign];
    }
    made
}

pub(super) fn root(change: impl FnOnce(&mut CertificateParams)) -> Party {
    let mut made = parameters("root", true);
    change(&mut made);
    CertifiedIssuer::self_signed(made, KeyPair::generate().unwrap()).unwrap()
}

pub(super) fn below(
    issuer: &Party,
    name: &str,
    change: impl FnOnce(&mut CertificateParams),
) -> Party {
    let mut made = parameters(name, name.starts_with("ca"));
    change(&mut made);
    CertifiedIssuer::signed_by(made, KeyPair::generate().unwrap(), issuer).unwrap()
}

fn verdict(chain: &[&Party]) -> Result<(), Broken> {
    let ders: Vec<&[u8]> = chain.iter().map(|one| one.der().as_ref()).collect();
    check(&ders, &PolicyInputs::default())
}

/// An e-mail address in the subject (PKCS #9).
fn mail(made: &mut CertificateParams, address: &str) {
    let kind = DnType::CustomDnType(vec![1, 2, 840, 113_549, 1, 9, 1]);
    let address = rcgen::string::Ia5String::try_from(address).unwrap();
    made.distinguished_name
        .push(kind, rcgen::DnValue::Ia5String(address));
}

fn broken(link: usize, rule: Rule) -> Result<(), Broken> {
    Err(Broken { link, rule })
}

#[test]
fn a_chain_in_order_keeps_every_rule() {
    let root = root(|_| {});
    let ca = below(&root, "ca", |_| {});
    let leaf = below(&ca, "leaf", |_| {});
    assert_eq!(verdict(&[&leaf, &ca, &root]), Ok(()));
    // An anchor need not sign itself, and may be the signer.
    assert_eq!(verdict(&[&leaf, &ca]), Ok(()));
    assert_eq!(verdict(&[&leaf]), Ok(()));
    assert_eq!(verdict(&[&root]), Ok(()));
}

#[test]
fn constraints_bind_the_mail_address_in_the_subject() {
    let root = root(|_| {});
    let only = |good: &str| NameConstraints {
        permitted_subtrees: vec![GeneralSubtree::Rfc822Name(good.to_owned())],
        excluded_subtrees: Vec::new(),
    };
    let ca = below(&root, "ca", |made| {
        made.name_constraints = Some(only("good.vn"))
    });
    let good = below(&ca, "leaf", |made| mail(made, "a@good.vn"));
    assert_eq!(verdict(&[&good, &ca, &root]), Ok(()));
    let evil = below(&ca, "leaf", |made| mail(made, "a@evil.vn"));
    assert_eq!(
        verdict(&[&evil, &ca, &root]),
        broken(0, Rule::PermittedName)
    );
    let ca = below(&root, "ca", |made| {
        made.name_constraints = Some(NameConstraints {
            permitted_subtrees: Vec::new(),
            excluded_subtrees: vec![GeneralSubtree::Rfc822Name("evil.vn".to_owned())],
        });
    });
    let evil = below(&ca, "leaf", |made| mail(made, "a@evil.vn"));
    assert_eq!(verdict(&[&evil, &ca, &root]), broken(0, Rule::ExcludedName));
}

#[test]
fn an_authority_must_be_one_and_anchors_are_no_exception() {
    let root_ca = root(|_| {});
    let no_ca = below(&root_ca, "leaf", |made| made.is_ca = IsCa::ExplicitNoCa);
    let leaf = below(&no_ca, "of a leaf", |_| {});
    assert_eq!(
        verdict(&[&leaf, &no_ca, &root_ca]),
        broken(1, Rule::Authority)
    );
    let alone = root(|made| {
        made.is_ca = IsCa::ExplicitNoCa;
        made.key_usages.clear();
    });
    let leaf = below(&alone, "of a leaf", |_| {});
    assert_eq!(verdict(&[&leaf, &alone]), broken(1, Rule::Authority));
    let silent = below(&root_ca, "ca", |made| {
        made.key_usages = vec![KeyUsagePurpose::CrlSign];
    });
    let leaf = below(&silent, "leaf", |_| {});
    assert_eq!(
        verdict(&[&leaf, &silent, &root_ca]),
        broken(1, Rule::KeyCertSign)
    );
}

#[test]
fn the_path_length_of_an_anchor_counts() {
    let root = root(|made| made.is_ca = IsCa::Ca(BasicConstraints::Constrained(0)));
    let leaf = below(&root, "leaf", |_| {});
    assert_eq!(verdict(&[&leaf, &root]), Ok(()));
    let ca = below(&root, "ca", |_| {});
    let leaf = below(&ca, "leaf", |_| {});
    assert_eq!(verdict(&[&leaf, &ca, &root]), broken(2, Rule::PathLength));
}

#[test]
fn a_chain_of_strangers_or_of_nothing_is_none() {
    let (one, other) = (root(|_| {}), root(|_| {}));
    let leaf = below(&one, "leaf", |_| {});
    assert!(verdict(&[&leaf, &other]).is_err());
    assert!(check(&[], &PolicyInputs::default()).is_err());
    assert_eq!(
        check(&[b"0"], &PolicyInputs::default()),
        broken(0, Rule::Unreadable)
    );
    let many = vec![leaf.der().as_ref(); LINKS_MAX + 1];
    assert!(check(&many, &PolicyInputs::default()).is_err());
}

#[test]
fn policies_are_asked_for() {
    let root = root(|_| {});
    let leaf = below(&root, "leaf", |_| {});
    let ders = [leaf.der().as_ref(), root.der().as_ref()];
    let inputs = PolicyInputs {
        require_explicit: true,
        ..PolicyInputs::default()
    };
    let found = check(&ders, &inputs).unwrap_err();
    assert_eq!(found.rule, Rule::ExplicitPolicy);
    let unreadable = PolicyInputs {
        wanted: vec!["not an identifier".to_owned()],
        ..PolicyInputs::default()
    };
    assert!(check(&ders, &unreadable).is_err());
}

#[test]
fn changed_bytes_never_pass_and_never_harm() {
    let root = root(|_| {});
    let leaf = below(&root, "leaf", |_| {});
    for at in 0..leaf.der().len() {
        let mut changed = leaf.der().to_vec();
        changed[at] ^= 0x41;
        let ders = [changed.as_slice(), root.der().as_ref()];
        assert!(check(&ders, &PolicyInputs::default()).is_err(), "byte {at}");
    }
}

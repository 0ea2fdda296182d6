//! Every chain, and not without end.

use std::borrow::Cow;

use rcgen::BasicConstraints;
use rcgen::CertificateParams;
use rcgen::CertifiedIssuer;
use rcgen::DnType;
use rcgen::IsCa;
use rcgen::KeyPair;

use super::CHAINS_MAX;
use super::Candidate;
use super::Pool;
use crate::trust::algorithms::Signed;

type Party = CertifiedIssuer<'static, KeyPair>;

fn parameters(name: &str) -> CertificateParams {
    let mut made = CertificateParams::default();
    made.distinguished_name.push(DnType::CommonName, name);
    made.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    made
}

fn key() -> KeyPair {
    KeyPair::generate().unwrap()
}

fn root(name: &str) -> Party {
    CertifiedIssuer::self_signed(parameters(name), key()).unwrap()
}

fn below(issuer: &Party, name: &str, key: KeyPair) -> Party {
    CertifiedIssuer::signed_by(parameters(name), key, issuer).unwrap()
}

/// Lengths of the chains of the first, the last ones of so many being anchors.
fn chains(all: &[&Party], anchors: usize) -> (Vec<usize>, bool, Vec<Signed>) {
    let first_anchor = all.len() - anchors;
    let candidates = all.iter().enumerate().map(|(number, one)| {
        let mut read = Candidate::read(Cow::Borrowed(one.der().as_ref()), true).unwrap();
        read.is_anchor = number >= first_anchor;
        read
    });
    let pool = Pool::new(candidates);
    let found = pool.chains(0);
    let mut lengths: Vec<usize> = found.found.iter().map(Vec::len).collect();
    lengths.sort_unstable();
    let not_signed = found.not_signed.iter().map(|(_, _, why)| *why).collect();
    (lengths, found.is_cut, not_signed)
}

#[test]
fn a_renewed_and_a_cross_signed_authority_give_a_chain_each() {
    let (old, new) = (root("root"), root("another root"));
    let shared = KeyPair::generate().unwrap();
    let again = KeyPair::try_from(shared.serialize_der()).unwrap();
    let (one, other) = (below(&old, "ca", shared), below(&new, "ca", again));
    let leaf = below(&one, "leaf", key());
    for order in [
        [&leaf, &one, &other, &old, &new],
        [&leaf, &other, &one, &new, &old],
    ] {
        assert_eq!(chains(&order, 2), (vec![3, 3], false, vec![]));
    }
}

#[test]
fn a_name_alone_is_no_edge() {
    let (mine, forged) = (root("root"), root("root"));
    let leaf = below(&mine, "leaf", key());
    let (lengths, _, not_signed) = chains(&[&leaf, &forged, &mine], 1);
    assert_eq!((lengths, not_signed), (vec![2], vec![Signed::No]));
    let (lengths, _, not_signed) = chains(&[&leaf, &forged], 1);
    assert_eq!((lengths, not_signed), (vec![], vec![Signed::No]));
}

#[test]
fn a_mesh_ends() {
    // Every authority of a stage is certified by every one of the next, with one key each.
    let top = root("root");
    let mut all: Vec<Party> = Vec::new();
    let mut above: Vec<Party> = vec![root("root")];
    above[0] = top;
    let mut stages: Vec<Vec<Party>> = Vec::new();
    for stage in 0..5 {
        let issuers = stages.last().unwrap_or(&above);
        let mut made = Vec::new();
        for number in 0..3 {
            let shared = KeyPair::generate().unwrap().serialize_der();
            for issuer in issuers.iter().take(3) {
                let key = KeyPair::try_from(shared.clone()).unwrap();
                made.push(below(issuer, &format!("{stage} {number}"), key));
            }
        }
        stages.push(made);
    }
    let leaf = below(&stages[4][0], "leaf", key());
    all.push(leaf);
    all.extend(stages.into_iter().flatten());
    all.extend(above);
    let all: Vec<&Party> = all.iter().collect();
    let (lengths, is_cut, _) = chains(&all, 1);
    assert!(is_cut || lengths.len() <= CHAINS_MAX, "{lengths:?}");
    assert!(!lengths.is_empty());
}

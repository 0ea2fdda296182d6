//! Keys and certificates for many participants, made on every core.

use std::sync::Arc;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering;

use super::AxisError;
use crate::model::CertificateUse;
use crate::model::OrganId;
use crate::node::Identity;
use crate::trust::Authority;
use crate::trust::Credential;
use crate::trust::DocumentSigner;
use crate::trust::KeyKind;
use crate::trust::KeyPair;
use crate::trust::Subject;
use crate::trust::TrustStore;
use crate::trust::Validity;

/// One identity for each agency, in the order given.
pub(super) fn make(
    authority: &Authority,
    agencies: &[(OrganId, String)],
    key_kind: KeyKind,
    validity: Validity,
    trust: &Arc<TrustStore>,
    made: &(impl Fn(usize) + Sync),
) -> Result<Vec<(OrganId, Identity)>, AxisError> {
    let next = AtomicUsize::new(0);
    let done = AtomicUsize::new(0);
    let slots: Vec<Mutex<Option<Result<Identity, AxisError>>>> =
        agencies.iter().map(|_| Mutex::new(None)).collect();
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..cores {
            scope.spawn(|| {
                loop {
                    let index = next.fetch_add(1, Ordering::Relaxed);
                    let (Some((organ, name)), Some(slot)) = (agencies.get(index), slots.get(index))
                    else {
                        return;
                    };
                    let identity = identity(authority, *organ, name, key_kind, validity, trust);
                    *slot.lock().unwrap_or_else(PoisonError::into_inner) = Some(identity);
                    made(done.fetch_add(1, Ordering::Relaxed) + 1);
                }
            });
        }
    });
    let identities = agencies.iter().zip(slots).map(|((organ, _), slot)| {
        let made = slot.into_inner().unwrap_or_else(PoisonError::into_inner);
        made.unwrap_or(Err(AxisError::Panicked))
            .map(|identity| (*organ, identity))
    });
    identities.collect()
}

fn identity(
    authority: &Authority,
    organ: OrganId,
    name: &str,
    key_kind: KeyKind,
    validity: Validity,
    trust: &Arc<TrustStore>,
) -> Result<Identity, AxisError> {
    let issue = |kind: KeyKind, usage: CertificateUse, common_name: &str| {
        let key = KeyPair::generate(kind)?;
        let subject = Subject {
            organ,
            usage,
            common_name: common_name.to_owned(),
        };
        let issued = authority.issue(&key, &subject, validity)?;
        Ok::<_, AxisError>((issued.pem_with_chain, key.to_pkcs8_pem()))
    };
    // Connections are not documents: a curve is made in no time.
    let connection = issue(KeyKind::EcdsaP256, CertificateUse::Connection, name)?;
    let person = issue(
        key_kind,
        CertificateUse::Person,
        &format!("Thủ trưởng {name}"),
    )?;
    let seal = issue(key_kind, CertificateUse::Seal, name)?;
    let credential = |(certificates, key): &(String, String)| {
        Credential::from_pem(certificates, key).map_err(AxisError::Credentials)
    };
    Ok(Identity {
        anchors: authority.anchors_pem(),
        connection,
        signer: DocumentSigner::new(credential(&person)?, credential(&seal)?),
        trust: Arc::clone(trust),
    })
}

//! The agencies the hub plays on the test axis, and what they write.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::PoisonError;

use bytes::Bytes;
use jiff::Timestamp;
use tokio::sync::oneshot;
use tokio::task::spawn_blocking;

use crate::hub::arrival::Arrival;
use crate::hub::commit::Acknowledge;
use crate::hub::core::Core;
use crate::hub::core::unavailable;
use crate::hub::fair_queue::Waiting;
use crate::hub::joining::change::AgencyChange;
use crate::hub::joining::change::Decision;
use crate::hub::joining::change::change;
use crate::hub::pipeline::Reply;
use crate::hub::registry::Agency;
use crate::hub::registry::AgencyState;
use crate::hub::registry::Axis;
use crate::hub::track;
use crate::hub::verify::Verified;
use crate::model::AttachmentRef;
use crate::model::DocumentHeader;
use crate::model::LegalValue;
use crate::model::OrganId;
use crate::model::Refusal;
use crate::model::joining::test_agencies;
use crate::trust::DocumentSigner;
use crate::trust::sha256;
use crate::wire::encode_header;
use crate::wire::v1;

/// Which of them.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Partner {
    /// T01: in order in every way.
    First,
    /// T02: in order, and another organisation than T01.
    Second,
    /// T03: its certificates are revoked.
    Revoked,
}

/// The agencies the hub plays, with their signers, and who is being tested.
#[derive(Debug)]
pub(in crate::hub) struct Partners {
    signers: [DocumentSigner; 3],
    tested: Mutex<BTreeSet<OrganId>>,
}

/// A candidate's place: one run of it at a time.
#[derive(Debug)]
pub(in crate::hub::joining) struct Place {
    core: Arc<Core>,
    candidate: OrganId,
}

impl Drop for Place {
    fn drop(&mut self) {
        if let Some(partners) = self.core.partners.get() {
            let mut tested = partners
                .tested
                .lock()
                .unwrap_or_else(PoisonError::into_inner);
            tested.remove(&self.candidate);
        }
    }
}

/// What is wrong with a document of a partner, on purpose.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Flaw {
    /// Nothing.
    None,
    /// Its attachment was changed after signing.
    Attachment,
    /// Its header was changed after signing.
    Header,
    /// Another partner signed it.
    SignedBy(Partner),
    /// Nobody signed it; lawful, for reference only.
    Unsigned,
}

impl Partner {
    pub(super) fn organ(self) -> OrganId {
        let [first, second, revoked] = test_agencies();
        match self {
            Self::First => first,
            Self::Second => second,
            Self::Revoked => revoked,
        }
    }

    fn signer(self, partners: &Partners) -> &DocumentSigner {
        let [first, second, revoked] = &partners.signers;
        match self {
            Self::First => first,
            Self::Second => second,
            Self::Revoked => revoked,
        }
    }
}

impl Partners {
    /// The partners, made when they are needed for the first time: certificates of a process' own, and
    /// their rows of the registry.
    ///
    /// # Errors
    /// `JOINING_CLOSED`, or what the CA says.
    pub(in crate::hub::joining) async fn of(core: &Core) -> Result<&Self, Refusal> {
        core.partners.get_or_try_init(|| Self::make(core)).await
    }

    async fn make(core: &Core) -> Result<Self, Refusal> {
        let offices = core.offices.clone().ok_or(Refusal::JoiningClosed)?;
        let now = core.clock.now();
        let made = spawn_blocking(move || {
            let [first, second, revoked] = test_agencies().map(|organ| offices.signer(organ, now));
            let lists = offices.revoke(Partner::Revoked.organ(), now)?;
            Ok::<_, crate::hub::offices::OfficeError>(([first?, second?, revoked?], lists))
        });
        let (signers, lists) = made.await.map_err(unavailable)?.map_err(unavailable)?;
        core.replace_crls(&lists).map_err(unavailable)?;
        let operator = core.config.operator;
        change(core, move |view| {
            let missing = test_agencies().into_iter().filter(|organ| {
                let found = view.agencies.find(*organ);
                found.is_none_or(|(_, agency)| agency.state != AgencyState::Testing)
            });
            let agencies = missing.map(|organ| AgencyChange {
                agency: Agency {
                    organ,
                    name: format!("Đơn vị thử nghiệm {organ}"),
                    short_name: organ.to_string(),
                    state: AgencyState::Testing,
                    daily_limit: None,
                    merged_into: None,
                },
                by: operator,
                why: "played by the hub on the test axis".to_owned(),
            });
            Ok(Decision {
                agencies: agencies.collect(),
                ..Decision::default()
            })
        })
        .await?;
        Ok(Self {
            signers,
            tested: Mutex::default(),
        })
    }

    /// Takes a candidate's place.
    ///
    /// # Errors
    /// `OVERLOADED` while another run of it goes on.
    pub(in crate::hub::joining) fn take(
        &self,
        core: &Arc<Core>,
        candidate: OrganId,
    ) -> Result<Place, Refusal> {
        let mut tested = self.tested.lock().unwrap_or_else(PoisonError::into_inner);
        if !tested.insert(candidate) {
            let what = format!("{candidate} is being tested already");
            return Err(Refusal::Overloaded { what });
        }
        Ok(Place {
            core: Arc::clone(core),
            candidate,
        })
    }

    /// Writes a partner's document, as flawed as it is to be.
    ///
    /// # Errors
    /// `STORAGE_UNAVAILABLE` where it cannot be signed.
    pub(super) fn write(
        &self,
        mut header: DocumentHeader,
        from: Partner,
        content: Option<Vec<u8>>,
        flaw: Flaw,
        at: Timestamp,
    ) -> Result<v1::SignedDocument, Refusal> {
        if let Some(content) = &content {
            header.attachments.push(AttachmentRef {
                name: "van-ban.bin".to_owned(),
                content_type: "application/octet-stream".to_owned(),
                size: content.len() as u64,
                sha256: sha256(content),
            });
        }
        let mut bytes = encode_header(&header);
        let signer = match flaw {
            Flaw::SignedBy(other) => other.signer(self),
            _ => from.signer(self),
        };
        let signature = match flaw {
            Flaw::Unsigned => Vec::new(),
            _ => signer.sign(&bytes, at).map_err(unavailable)?,
        };
        if flaw == Flaw::Header {
            header.subject.push_str(" (đã sửa)");
            bytes = encode_header(&header);
        }
        let attachments = content.map(|mut content| {
            let announced = Bytes::copy_from_slice(sha256(&content).as_bytes());
            if flaw == Flaw::Attachment {
                content.iter_mut().take(1).for_each(|byte| *byte ^= 1);
            }
            v1::Attachment {
                sha256: announced,
                content: content.into(),
            }
        });
        Ok(v1::SignedDocument {
            header: bytes.into(),
            signature: signature.into(),
            attachments: attachments.into_iter().collect(),
        })
    }
}

/// Puts a partner's document on record past the verification that would refuse it.
///
/// # Errors
/// What admission or the journal says.
pub(super) async fn inject(
    core: &Core,
    from: Partner,
    document: v1::SignedDocument,
) -> Result<v1::Receipt, Refusal> {
    let organ = from.organ();
    let agencies = core.agencies.load_full();
    let number = crate::hub::admit::sender(&agencies, organ)?;
    let legal_value = if document.signature.is_empty() {
        LegalValue::ReferenceOnly
    } else {
        LegalValue::Full
    };
    let arrival = Arrival::of(core, number, Axis::Test);
    let admitted = core
        .admit(&agencies, (organ, number), Axis::Test, document)
        .await?;
    let verified = Verified::on_purpose(admitted, legal_value, core.clock.now());
    let (send, receive) = oneshot::channel();
    let reply = Reply::new(&core.health, move |outcome| {
        let _ = send.send(outcome);
    });
    core.commit_document(verified, reply, arrival);
    receive.await.map_err(|_dropped| core.health.undecided())?
}

/// Takes in what candidates sent to the partners, so that nothing of a test stays pending.
pub(in crate::hub::joining) async fn take_in(core: &Arc<Core>) {
    for organ in test_agencies() {
        loop {
            let request = v1::ListPendingRequest {
                page_size: 1000,
                after_hub_sequence: 0,
            };
            let Ok(pending) = track::list_pending(core, organ, request).await else {
                break;
            };
            let cursor = pending.statuses.iter().map(|notice| notice.cursor).max();
            let sequences: Vec<u64> = pending
                .documents
                .iter()
                .map(|document| document.hub_sequence)
                .collect();
            if sequences.is_empty() && cursor.is_none() {
                break;
            }
            let agencies = core.agencies.load_full();
            let Some((by, _)) = agencies.find(organ) else {
                break;
            };
            let (reply, done) = oneshot::channel();
            let acknowledge = Acknowledge {
                by,
                sequences,
                status_cursor: cursor.unwrap_or(0),
                reply: Some(reply),
            };
            if core
                .commit_acknowledge(acknowledge, Waiting::Somebody)
                .await
                .is_err()
                || !matches!(done.await, Ok(Ok(_)))
            {
                return;
            }
        }
    }
}

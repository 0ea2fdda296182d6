//! Received → Admitted: who is calling, may it send, is the message well formed.

use std::sync::Arc;
use std::sync::Mutex;
use std::sync::MutexGuard;
use std::sync::PoisonError;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering;
use std::time::Instant;

use bytes::Bytes;
use jiff::Timestamp;
use tokio::sync::OwnedSemaphorePermit;

use super::config::AGENCY_WINDOW;
use super::config::CLOCK_SKEW_MINUTES;
use super::config::DOCUMENT_MAX;
use super::fair_queue::Turn;
use super::pipeline::VerifyJob;
use super::record::Addressee;
use super::record::Payload;
use super::record::Standing;
use super::registry::Agencies;
use super::registry::AgencyNo;
use super::registry::AgencyState;
use super::registry::Axis;
use crate::model::AttachmentRef;
use crate::model::Digest;
use crate::model::DocumentHeader;
use crate::model::INLINE_MAX;
use crate::model::OrganId;
use crate::model::Refusal;
use crate::model::SIGNATURE_MAX;
use crate::model::calendar::local;
use crate::model::joining::test_agencies;
use crate::wire::HEADER_MAX;
use crate::wire::decode_header;
use crate::wire::v1;

/// A document whose sender may send it and whose form is right. Nothing is said about its signatures.
#[derive(Debug)]
pub(super) struct Admitted {
    pub(super) sender: AgencyNo,
    /// As its submission was counted when it arrived.
    pub(super) axis: Axis,
    pub(super) header: DocumentHeader,
    pub(super) recipients: Vec<Addressee>,
    pub(super) payload: Payload,
    /// Gives the sender's place and the bytes back when the document is done with.
    pub(super) place: Arc<Place>,
}

impl Admitted {
    /// The attachments its header names that do not travel inside it: they were uploaded before.
    pub(super) fn uploads(&self) -> impl Iterator<Item = &AttachmentRef> {
        let inline = |digest| {
            let mut inside = self.payload.attachments.iter();
            inside.any(|(sha256, _)| *sha256 == digest)
        };
        let named = self.header.attachments.iter();
        named.filter(move |named| !inline(named.sha256))
    }
}

/// A document's share of what may be under way.
#[derive(Debug)]
pub(super) struct Place {
    agency: Arc<AtomicUsize>,
    since: Instant,
    /// Its turn in front of verification, while its document is being served.
    turn: Mutex<Option<Turn<VerifyJob>>>,
    _bytes: [OwnedSemaphorePermit; 2],
}

impl Place {
    /// Takes a place in the agency's window, for a document that came at `since`.
    ///
    /// # Errors
    /// `QUOTA_EXCEEDED` when the window is full.
    pub(super) fn take(
        organ: OrganId,
        agency: &Arc<AtomicUsize>,
        since: Instant,
        bytes: [OwnedSemaphorePermit; 2],
    ) -> Result<Self, Refusal> {
        if agency.fetch_add(1, Ordering::AcqRel) >= AGENCY_WINDOW {
            agency.fetch_sub(1, Ordering::AcqRel);
            let what = format!("{AGENCY_WINDOW} documents are under way");
            return Err(Refusal::QuotaExceeded { organ, what });
        }
        Ok(Self {
            agency: Arc::clone(agency),
            since,
            turn: Mutex::default(),
            _bytes: bytes,
        })
    }

    /// Its document is being served: it counts as one of those of its sender until it is done with.
    pub(super) fn serve(&self, turn: Turn<VerifyJob>) {
        *self.turn() = Some(turn);
    }

    /// Its document has been served. Gives its turn to whoever ends many at once: a verifying thread that is
    /// woken for the first of them finds room for one.
    pub(super) fn served(&self) -> Option<Turn<VerifyJob>> {
        self.turn().take()
    }

    fn turn(&self) -> MutexGuard<'_, Option<Turn<VerifyJob>>> {
        self.turn.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// When its document came.
    pub(super) fn since(&self) -> Instant {
        self.since
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.agency.fetch_sub(1, Ordering::AcqRel);
    }
}

/// The sender's entry in the registry, if it may send.
///
/// # Errors
/// `SENDER_NOT_ACTIVE` for an agency that is suspended or not registered.
pub(super) fn sender(agencies: &Agencies, organ: OrganId) -> Result<AgencyNo, Refusal> {
    match agencies.find(organ) {
        Some((number, agency)) if agency.state.may_send() => Ok(number),
        Some((_, agency)) => Err(Refusal::SenderNotActive {
            organ,
            state: agency.state.as_str().to_owned(),
        }),
        None => Err(Refusal::SenderNotActive {
            organ,
            state: "not registered".to_owned(),
        }),
    }
}

/// A document's header and recipients, checked against the caller, the registry and the clock.
#[derive(Debug)]
pub(super) struct WellFormed {
    pub(super) header: DocumentHeader,
    pub(super) recipients: Vec<Addressee>,
    pub(super) payload: Payload,
}

/// Checks everything that can be told without cryptography.
///
/// # Errors
/// `TOO_LARGE`, `HEADER_INVALID`, `SECRET_REFUSED`, `SENDER_MISMATCH`, `CLOCK_SKEW`,
/// `RECIPIENT_UNKNOWN`, `RECIPIENT_LOCKED` (all of them), `DIGEST_MISMATCH` for a digest that is not
/// one.
pub(super) fn well_formed(
    agencies: &Agencies,
    caller: OrganId,
    document: v1::SignedDocument,
    now: Timestamp,
) -> Result<WellFormed, Refusal> {
    within_limits(&document)?;
    let header = decode_header(&document.header)?;
    if header.from != caller {
        return Err(Refusal::SenderMismatch {
            certificate: caller,
            header: header.from,
        });
    }
    not_in_the_future(&header, now)?;
    let recipients = addressees(agencies, caller, header.to.as_slice())?;
    let attachments = document
        .attachments
        .into_iter()
        .enumerate()
        .map(|(index, attachment)| {
            let digest = Digest::try_from(attachment.sha256.as_ref()).map_err(|error| {
                Refusal::field(format!("attachments[{index}].sha256"), error.to_string())
            })?;
            Ok((digest, attachment.content))
        })
        .collect::<Result<Vec<(Digest, Bytes)>, Refusal>>()?;
    let payload = Payload {
        header: document.header,
        signature: document.signature,
        attachments,
    };
    Ok(WellFormed {
        header,
        recipients,
        payload,
    })
}

/// Bytes a document holds while it is under way.
pub(super) fn size(document: &v1::SignedDocument) -> usize {
    let contents: usize = document.attachments.iter().map(|a| a.content.len()).sum();
    document.header.len() + document.signature.len() + contents
}

fn within_limits(document: &v1::SignedDocument) -> Result<(), Refusal> {
    let too_large = |what: &str, found: usize, limit: usize| Refusal::TooLarge {
        what: what.to_owned(),
        found: found as u64,
        limit: limit as u64,
    };
    let whole = size(document);
    if whole > DOCUMENT_MAX {
        return Err(too_large("document", whole, DOCUMENT_MAX));
    }
    for (what, found, limit) in [
        ("header", document.header.len(), HEADER_MAX),
        ("signature", document.signature.len(), SIGNATURE_MAX),
    ] {
        if found > limit {
            return Err(too_large(what, found, limit));
        }
    }
    for attachment in &document.attachments {
        if attachment.content.len() as u64 > INLINE_MAX {
            return Err(Refusal::TooLarge {
                what: "inline attachment".to_owned(),
                found: attachment.content.len() as u64,
                limit: INLINE_MAX,
            });
        }
    }
    Ok(())
}

fn not_in_the_future(header: &DocumentHeader, now: Timestamp) -> Result<(), Refusal> {
    let latest = now.saturating_add(jiff::SignedDuration::from_mins(CLOCK_SKEW_MINUTES));
    let today = local(latest.unwrap_or(now)).date();
    if header.promulgation_date > today {
        return Err(Refusal::ClockSkew {
            field: "promulgation_date".to_owned(),
            found: header.promulgation_date.to_string(),
            hub: local(now).to_string(),
        });
    }
    Ok(())
}

fn addressees(
    agencies: &Agencies,
    from: OrganId,
    to: &[OrganId],
) -> Result<Vec<Addressee>, Refusal> {
    let sender = agencies
        .find(from)
        .map_or(AgencyState::Active, |(_, agency)| agency.state);
    let found = to
        .iter()
        .map(|organ| {
            let (agency, row) = agencies
                .find(*organ)
                .ok_or_else(|| Refusal::RecipientUnknown {
                    organ: organ.to_string(),
                })?;
            let is_played = |organ| test_agencies().contains(&organ);
            let meets = sender != AgencyState::Testing || is_played(from) || is_played(*organ);
            let standing = if meets && sender.reaches(row.state) {
                Standing::Open
            } else {
                Standing::Locked
            };
            Ok(Addressee { agency, standing })
        })
        .collect::<Result<Vec<_>, Refusal>>()?;
    if found
        .iter()
        .all(|addressee| addressee.standing == Standing::Locked)
    {
        return Err(Refusal::RecipientLocked { organ: to[0] });
    }
    Ok(found)
}

//! Attachments on their way in, and what each organisation may have of them.
//!
//! ```text
//! place ─▶ Incoming ─ write ─▶ finish ─▶ commit thread ─▶ may be named ─ a day, unnamed ─▶ collected
//!             │ broke off                                                                    ▲
//!             └──▶ kept ─ same organisation, same digest ─▶ Incoming … ─ a day ──────────────┘
//! ```
//!
//! What is promised is counted before bytes are spent: at the announced size, or as they come. Counts are
//! in memory and made anew from the index and the directory when a hub opens.

mod collect;
mod incoming;
mod place;
mod rows;

use std::collections::BTreeMap;
use std::collections::HashMap;
use std::sync::Mutex;
use std::sync::MutexGuard;
use std::sync::PoisonError;
use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use super::bytes::Reader;
use super::core::unavailable;
use super::registry::Agencies;
use super::registry::AgencyNo;
use super::transaction::ReadError;
use crate::model::Digest;
use crate::model::OrganId;
use crate::model::Refusal;
use crate::store::AttachmentError;
use crate::store::Attachments;
use crate::store::Hashed;
use crate::store::Index;
use crate::store::UploadName;

pub(super) use collect::collect_until_closed;
pub(super) use incoming::Announced;
pub(super) use incoming::Finished;
pub(super) use incoming::Incoming;
pub(super) use incoming::UploadRight;
pub(super) use incoming::put_on_record;
pub(super) use incoming::store;
pub(super) use rows::Right;
pub(super) use rows::collected;
pub(super) use rows::lost;
pub(super) use rows::missing;
pub(super) use rows::named;
pub(super) use rows::right;
pub(super) use rows::unnamed;
pub(super) use rows::upload;
pub(super) use rows::uploaded;

use place::Place;
use rows::charge;

/// Uploads of one organisation that broke off and are kept; the oldest makes room for another.
const KEPT_MAX: usize = 64;

/// How long an upload waits for the one it takes over from to be laid aside.
const TAKE_OVER_MAX: Duration = Duration::from_secs(5);

/// Everything that is counted of uploads.
#[derive(Debug)]
pub(super) struct Uploads {
    attachments: Attachments,
    /// Bytes of uploads that no document names, open and broken-off ones with them, of one organisation.
    unnamed_max: u64,
    book: Mutex<Book>,
    /// Rung whenever an upload ends.
    ended: Notify,
}

#[derive(Debug, Default)]
struct Book {
    held: HashMap<AgencyNo, Held>,
    /// Bytes promised to open uploads that are not on disk yet.
    coming: u64,
    /// What can be resumed, or will be.
    under_way: BTreeMap<UploadName, UnderWay>,
}

/// What one organisation holds, in bytes as they are charged.
#[derive(Clone, Copy, Debug, Default)]
struct Held {
    /// Complete, named or not.
    complete: u64,
    /// Complete, and named in no document.
    unnamed: u64,
    /// Promised to open uploads.
    promised: u64,
    /// Broken off.
    kept: u64,
    /// Open uploads.
    open: usize,
}

/// An upload with an announced digest.
#[derive(Debug)]
enum UnderWay {
    /// Chunks come; so many bytes so far. Cancelled when another takes over.
    Open {
        bytes: u64,
        taken_over: CancellationToken,
    },
    /// It broke off then.
    Kept(Kept),
}

#[derive(Clone, Debug)]
struct Kept {
    agency: AgencyNo,
    bytes: u64,
    at: Timestamp,
    /// Absent after a restart: then the file is hashed again, once.
    hashed: Option<Hashed>,
}

impl Uploads {
    pub(super) fn new(attachments: Attachments, unnamed_max: u64) -> Self {
        Self {
            attachments,
            unnamed_max,
            book: Mutex::default(),
            ended: Notify::new(),
        }
    }

    fn book(&self) -> MutexGuard<'_, Book> {
        self.book.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes in what is on record and what broke off before the hub was opened.
    ///
    /// # Errors
    /// [`ReadError`] or [`AttachmentError`], as text.
    pub(super) fn restore(&self, index: &Index, agencies: &Agencies) -> Result<(), String> {
        let read = |letter| {
            let (from, to) = super::rows::every(letter);
            index.range(from..to, usize::MAX)
        };
        let malformed = || ReadError::Malformed('E').to_string();
        let mut book = Book::default();
        for (key, row) in read(b'H').map_err(|error| error.to_string())? {
            let agency = rows::parse_held_key(&key).ok_or_else(malformed)?;
            book.held(agency).complete = Reader(&row).u64().ok_or_else(malformed)?;
        }
        for (key, row) in read(b'E').map_err(|error| error.to_string())? {
            let (agency, _) = rows::parse_expiry_key(&key).ok_or_else(malformed)?;
            let size = Reader(&row).u64().ok_or_else(malformed)?;
            book.held(agency).unnamed += charge(size);
        }
        let unfinished = self.attachments.unfinished();
        for found in unfinished.map_err(|error| error.to_string())? {
            let Some((agency, _)) = agencies.find(found.name.organ) else {
                self.attachments
                    .discard(found.name)
                    .map_err(|error| error.to_string())?;
                continue;
            };
            book.held(agency).kept += charge(found.bytes);
            let kept = Kept {
                agency,
                bytes: found.bytes,
                at: found.at,
                hashed: None,
            };
            book.under_way.insert(found.name, UnderWay::Kept(kept));
        }
        *self.book() = book;
        Ok(())
    }

    pub(super) fn uploaded(&self, agency: AgencyNo, charge: u64) {
        let mut book = self.book();
        let held = book.held(agency);
        held.complete += charge;
        held.unnamed += charge;
    }

    pub(super) fn named(&self, agency: AgencyNo, charge: u64) {
        let mut book = self.book();
        let held = book.held(agency);
        held.unnamed = held.unnamed.saturating_sub(charge);
    }

    pub(super) fn collected(&self, agency: AgencyNo, charge: u64) {
        let mut book = self.book();
        let held = book.held(agency);
        held.complete = held.complete.saturating_sub(charge);
        held.unnamed = held.unnamed.saturating_sub(charge);
    }

    /// An upload that documents named is gone with the last of them.
    pub(super) fn removed(&self, agency: AgencyNo, charge: u64) {
        let mut book = self.book();
        let held = book.held(agency);
        held.complete = held.complete.saturating_sub(charge);
    }

    /// Bytes the hub has of an upload that is not complete.
    pub(super) fn bytes_of(&self, name: UploadName) -> u64 {
        match self.book().under_way.get(&name) {
            None => 0,
            Some(UnderWay::Open { bytes, .. }) => *bytes,
            Some(UnderWay::Kept(kept)) => kept.bytes,
        }
    }

    /// Removes a content that no row knows. Nobody can put it on record meanwhile: whoever is about to
    /// has pinned it.
    pub(super) fn remove_unwanted(&self, index: &Index, digest: Digest) {
        let is_wanted = || !matches!(index.get(&rows::file_key(digest)), Ok(None));
        if let Err(error) = self.attachments.remove_unless(digest, is_wanted) {
            tracing::warn!(%error, %digest, "an attachment that nobody needs cannot be removed");
        }
    }
}

impl Book {
    fn held(&mut self, agency: AgencyNo) -> &mut Held {
        self.held.entry(agency).or_default()
    }

    /// The oldest of an organisation's broken-off uploads, where it has as many as it may keep.
    fn oldest_kept(&self, organ: OrganId) -> Option<UploadName> {
        let first = UploadName {
            organ,
            digest: Digest::from([0; 32]),
        };
        let of_organ = self
            .under_way
            .range(first..)
            .take_while(|(name, _)| name.organ == organ);
        let mut kept: Vec<(Timestamp, UploadName)> = of_organ
            .filter_map(|(name, under_way)| match under_way {
                UnderWay::Kept(kept) => Some((kept.at, *name)),
                UnderWay::Open { .. } => None,
            })
            .collect();
        kept.sort();
        (kept.len() >= KEPT_MAX).then(|| kept[0].1)
    }

    /// Forgets a broken-off upload, so that its file may be removed or gone on with.
    fn take_kept(&mut self, name: UploadName) -> Option<Kept> {
        match self.under_way.remove(&name)? {
            UnderWay::Kept(kept) => {
                let held = self.held(kept.agency);
                held.kept = held.kept.saturating_sub(charge(kept.bytes));
                Some(kept)
            }
            open @ UnderWay::Open { .. } => {
                self.under_way.insert(name, open);
                None
            }
        }
    }
}

/// What a failure of the store is to the caller.
pub(super) fn refusal(error: AttachmentError) -> Refusal {
    match error {
        AttachmentError::Full { .. } => Refusal::StorageFull {
            problem: error.to_string(),
        },
        _ => unavailable(error),
    }
}

#[cfg(test)]
mod tests;

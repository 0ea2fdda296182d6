//! One upload while its chunks come. However it ends, what may be resumed is laid aside.

use std::sync::Arc;

use jiff::Timestamp;
use tokio::sync::oneshot;
use tokio_util::sync::CancellationToken;

use super::KEPT_MAX;
use super::Kept;
use super::Place;
use super::TAKE_OVER_MAX;
use super::UnderWay;
use super::Uploads;
use super::charge;
use super::refusal;
use crate::clock::Clock;
use crate::hub::admit;
use crate::hub::commit;
use crate::hub::core::Core;
use crate::hub::core::unavailable;
use crate::hub::registry::AgencyNo;
use crate::model::Digest;
use crate::model::OrganId;
use crate::model::Refusal;
use crate::store::Pin;
use crate::store::Upload;
use crate::store::UploadName;

/// Small chunks gathered before they are written, in bytes.
const GATHERED: usize = 64 * 1024;

/// An upload while its chunks come.
#[derive(Debug)]
pub(in crate::hub) struct Incoming {
    uploads: Arc<Uploads>,
    clock: Clock,
    agency: AgencyNo,
    /// Where its digest was announced.
    name: Option<UploadName>,
    upload: Option<Upload>,
    place: Option<Place>,
    /// Came, and is not written yet.
    gathered: Vec<u8>,
    is_worth_keeping: bool,
    right: UploadRight,
    /// Another upload of the same takes over.
    pub(in crate::hub) taken_over: CancellationToken,
}

/// Whether its owner may still upload. Also whose connection was closed because it may not leaves nothing.
pub(in crate::hub) struct UploadRight(pub(in crate::hub) Box<dyn Fn() -> bool + Send + Sync>);

impl std::fmt::Debug for UploadRight {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("UploadRight")
    }
}

/// What comes out of an upload. The place is held until the outcome is on record.
#[derive(Debug)]
pub(in crate::hub) struct Finished {
    pub(in crate::hub) digest: Digest,
    pub(in crate::hub) size: u64,
    /// Until the index knows the file.
    _pin: Pin,
    _place: Option<Place>,
}

/// What the first chunk says of an upload.
#[derive(Clone, Copy, Debug)]
pub(in crate::hub) struct Announced {
    pub(in crate::hub) digest: Option<Digest>,
    /// Bytes; 0 where it is not said.
    pub(in crate::hub) size: u64,
    /// Bytes the hub is said to have.
    pub(in crate::hub) offset: u64,
}

/// Puts what was uploaded on record as its owner's: from then on a document of it may name it.
///
/// # Errors
/// `SENDER_NOT_ACTIVE`, or what the journal says; the file is gone then, where nobody else has it.
pub(in crate::hub) async fn put_on_record(
    core: &Arc<Core>,
    by: AgencyNo,
    finished: Finished,
) -> Result<(), Refusal> {
    let digest = finished.digest;
    let (reply, entered) = oneshot::channel();
    let upload = commit::Upload {
        by,
        finished,
        reply,
    };
    core.commit_upload(upload).await?;
    let entered = entered
        .await
        .unwrap_or_else(|_dropped| Err(core.health.undecided()));
    if entered.is_err() {
        let core = Arc::clone(core);
        let removing = tokio::task::spawn_blocking(move || {
            core.uploads.remove_unwanted(&core.index, digest);
        });
        removing.await.map_err(unavailable)?;
    }
    entered
}

/// Uploads a content for an agency that the hub plays itself.
///
/// # Errors
/// As [`put_on_record`], and what the disk says.
pub(in crate::hub) async fn store(
    core: &Arc<Core>,
    organ: OrganId,
    content: Vec<u8>,
) -> Result<(), Refusal> {
    let by = admit::sender(&core.agencies.load(), organ)?;
    let (attachments, at) = (core.attachments.clone(), core.clock.now());
    let storing = tokio::task::spawn_blocking(move || {
        let mut upload = attachments.begin(organ)?;
        upload.write(&content)?;
        let size = upload.bytes();
        let (digest, pin) = upload.finish(at)?;
        Ok(Finished {
            digest,
            size,
            _pin: pin,
            _place: None,
        })
    });
    let finished = storing.await.map_err(unavailable)?.map_err(refusal)?;
    put_on_record(core, by, finished).await
}

impl Incoming {
    /// Begins an upload, anew or where it broke off.
    ///
    /// # Errors
    /// `QUOTA_EXCEEDED`, `STORAGE_FULL`, `OVERLOADED` while the upload it takes over from does not end,
    /// `HEADER_INVALID` for an offset that is not where the upload broke off.
    pub(in crate::hub) async fn begin(
        uploads: &Arc<Uploads>,
        clock: &Clock,
        (organ, agency): (OrganId, AgencyNo),
        announced: Announced,
        right: UploadRight,
    ) -> Result<Self, Refusal> {
        let mut incoming = Self {
            uploads: Arc::clone(uploads),
            clock: clock.clone(),
            agency,
            name: None,
            upload: None,
            place: None,
            gathered: Vec::new(),
            is_worth_keeping: true,
            right,
            taken_over: CancellationToken::new(),
        };
        let name = announced.digest.map(|digest| UploadName { organ, digest });
        let kept = match name {
            None => None,
            Some(name) => incoming.register(name, announced.offset).await?,
        };
        let there = kept.as_ref().map_or(0, |kept| kept.bytes);
        let placed = uploads.place((organ, agency), announced.size, there);
        match (placed, name) {
            (Ok(place), _) => incoming.place = Some(place),
            (Err(refusal), Some(name)) => {
                incoming.leave_as_it_was(name, kept);
                return Err(refusal);
            }
            (Err(refusal), None) => return Err(refusal),
        }
        let attachments = uploads.attachments.clone();
        let opened = tokio::task::spawn_blocking(move || {
            let upload = match (name, kept) {
                (None, _) => attachments.begin(organ),
                (Some(name), None) => attachments.begin_as(name),
                (Some(name), Some(kept)) => attachments.resume(name, kept.hashed),
            };
            if let (Err(_), Some(name)) = (&upload, name) {
                // Not as it was left: the next one begins anew.
                let _ = attachments.discard(name);
            }
            incoming.upload = Some(upload?);
            Ok(incoming)
        });
        opened.await.map_err(unavailable)?.map_err(refusal)
    }

    /// Enters the upload as open. What there is of it, where it goes on.
    async fn register(&mut self, name: UploadName, offset: u64) -> Result<Option<Kept>, Refusal> {
        let uploads = Arc::clone(&self.uploads);
        let free = async {
            loop {
                let ended = uploads.ended.notified();
                tokio::pin!(ended);
                ended.as_mut().enable();
                match uploads.book().under_way.get(&name) {
                    Some(UnderWay::Open { taken_over, .. }) => taken_over.cancel(),
                    _ => return,
                }
                ended.await;
            }
        };
        let waited = tokio::time::timeout(TAKE_OVER_MAX, free).await;
        let mut book = uploads.book();
        if waited.is_err() || matches!(book.under_way.get(&name), Some(UnderWay::Open { .. })) {
            let what = "another upload of the same attachment is open".to_owned();
            return Err(Refusal::Overloaded { what });
        }
        let there = match book.under_way.get(&name) {
            Some(UnderWay::Kept(kept)) => kept.bytes,
            _ => 0,
        };
        if offset != 0 && offset != there {
            let problem = format!("the upload goes on at {there}, not at {offset}");
            return Err(Refusal::field("offset", problem));
        }
        let kept = book.take_kept(name).filter(|_| offset != 0);
        let open = UnderWay::Open {
            bytes: offset,
            taken_over: self.taken_over.clone(),
        };
        book.under_way.insert(name, open);
        self.name = Some(name);
        Ok(kept)
    }

    /// There was no place: what broke off before stays where it goes on.
    fn leave_as_it_was(&mut self, name: UploadName, kept: Option<Kept>) {
        self.name = None;
        let mut book = self.uploads.book();
        match kept {
            None => {
                book.under_way.remove(&name);
                // What there was is not on the books any more.
                let _ = self.uploads.attachments.discard(name);
            }
            Some(kept) => {
                book.held(kept.agency).kept += charge(kept.bytes);
                book.under_way.insert(name, UnderWay::Kept(kept));
            }
        }
        drop(book);
        self.uploads.ended.notify_waiters();
    }

    /// Bytes that came so far.
    pub(in crate::hub) fn bytes(&self) -> u64 {
        let written = self.upload.as_ref().map_or(0, Upload::bytes);
        written + self.gathered.len() as u64
    }

    /// Takes a chunk; small ones are gathered. Blocking.
    ///
    /// # Errors
    /// `QUOTA_EXCEEDED`, `STORAGE_FULL`: nothing is kept then. `STORAGE_UNAVAILABLE`.
    pub(in crate::hub) fn take(&mut self, data: &[u8]) -> Result<(), Refusal> {
        if self.gathered.len() + data.len() < GATHERED {
            self.gathered.extend_from_slice(data);
        } else {
            self.write_gathered()?;
            self.write(data)?;
        }
        self.note_progress();
        Ok(())
    }

    /// Whether a chunk of this size is taken without the disk.
    pub(in crate::hub) fn only_gathers(&self, bytes: usize) -> bool {
        self.gathered.len() + bytes < GATHERED
    }

    /// What came of it is not kept when it ends now.
    pub(in crate::hub) fn is_worth_nothing(&mut self) {
        self.is_worth_keeping = false;
    }

    /// Writes what is gathered. Blocking.
    fn write_gathered(&mut self) -> Result<(), Refusal> {
        let gathered = std::mem::take(&mut self.gathered);
        if gathered.is_empty() {
            return Ok(());
        }
        self.write(&gathered)
    }

    fn write(&mut self, data: &[u8]) -> Result<(), Refusal> {
        let written = self.try_write(data);
        if written.is_err() {
            // What is there gives its room back.
            self.is_worth_keeping = false;
        }
        written
    }

    fn try_write(&mut self, data: &[u8]) -> Result<(), Refusal> {
        let (Some(upload), Some(place)) = (&mut self.upload, &mut self.place) else {
            return Ok(());
        };
        let bytes = data.len() as u64;
        place.grow(upload.bytes() + bytes, bytes)?;
        upload.write(data).map_err(refusal)?;
        place.wrote(bytes);
        Ok(())
    }

    fn note_progress(&self) {
        let Some(name) = self.name else { return };
        if let Some(UnderWay::Open { bytes, .. }) = self.uploads.book().under_way.get_mut(&name) {
            *bytes = self.bytes();
        }
    }

    /// Digest of what came. Blocking: what is gathered is written first.
    ///
    /// # Errors
    /// As [`take`](Self::take).
    pub(in crate::hub) fn digest(&mut self) -> Result<Digest, Refusal> {
        self.write_gathered()?;
        let upload = self.upload.as_ref();
        let digest = upload.map(Upload::digest);
        digest.ok_or_else(|| unavailable(std::io::Error::other("no upload")))
    }

    /// Makes it durable. Blocking.
    ///
    /// # Errors
    /// `STORAGE_FULL` or `STORAGE_UNAVAILABLE`.
    pub(in crate::hub) fn finish(mut self, at: Timestamp) -> Result<Finished, Refusal> {
        let size = self.bytes();
        let Some(upload) = self.upload.take() else {
            return Err(unavailable(std::io::Error::other("no upload")));
        };
        let (digest, pin) = upload.finish(at).map_err(refusal)?;
        Ok(Finished {
            digest,
            size,
            _pin: pin,
            _place: self.place.take(),
        })
    }

    /// Lays aside what can be resumed, and enters it.
    fn keep(&mut self) -> Option<()> {
        let is_worth_keeping = self.is_worth_keeping && (self.right.0)();
        let name = self.name.filter(|_| is_worth_keeping)?;
        self.write_gathered().ok()?;
        let upload = self.upload.take_if(|upload| upload.bytes() > 0)?;
        let (at, bytes) = (self.clock.now(), upload.bytes());
        let hashed = upload.keep(at).ok()?;
        let mut book = self.uploads.book();
        if let Some(oldest) = book.oldest_kept(name.organ) {
            tracing::debug!(organ = %name.organ, KEPT_MAX, "the oldest upload that broke off goes");
            book.take_kept(oldest);
            let _ = self.uploads.attachments.discard(oldest);
        }
        book.held(self.agency).kept += charge(bytes);
        let kept = Kept {
            agency: self.agency,
            bytes,
            at,
            hashed: Some(hashed),
        };
        book.under_way.insert(name, UnderWay::Kept(kept));
        Some(())
    }
}

impl Drop for Incoming {
    fn drop(&mut self) {
        if self.keep().is_none() {
            // The file goes first: whoever begins anew must not find it.
            drop(self.upload.take());
            if let Some(name) = self.name {
                self.uploads.book().under_way.remove(&name);
            }
        }
        drop(self.place.take());
        self.uploads.ended.notify_waiters();
    }
}

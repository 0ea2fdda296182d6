//! What one organisation may take of the disk, counted before it is there.

use std::sync::Arc;

use super::Book;
use super::Uploads;
use super::charge;
use super::refusal;
use crate::hub::registry::AgencyNo;
use crate::model::OrganId;
use crate::model::Refusal;
use crate::store::Room;

/// Uploads one organisation may have open: as many as its calls that the hub serves at once, so that
/// descriptors stay for everybody.
pub(super) const OPEN_MAX: usize = 8;

/// Bytes of the disk that uploads leave to the journal, the index and the lists: eight segments of the
/// journal and as much again for an index that doubles. On a small disk a quarter of it.
pub(super) const DISK_RESERVE: u64 = 1024 * 1024 * 1024;
const DISK_RESERVE_SHARE: u64 = 4;

/// Part of the disk that one organisation's uploads may take, named in documents or not: a quarter, so
/// that no organisation fills it alone.
const ORGAN_SHARE: u64 = 4;

/// One open upload's share of what its organisation may have. Given back when dropped.
#[derive(Debug)]
pub(super) struct Place {
    pub(super) uploads: Arc<Uploads>,
    pub(super) organ: OrganId,
    pub(super) agency: AgencyNo,
    /// Charged.
    pub(super) promised: u64,
    /// Of these, not on disk yet.
    pub(super) coming: u64,
}

impl Uploads {
    /// Takes a place for an upload of `size` bytes, of which `there` are on disk.
    ///
    /// # Errors
    /// `QUOTA_EXCEEDED` by what the organisation has, `STORAGE_FULL` by what the disk has.
    pub(super) fn place(
        self: &Arc<Self>,
        (organ, agency): (OrganId, AgencyNo),
        size: u64,
        there: u64,
    ) -> Result<Place, Refusal> {
        let mut place = Place {
            uploads: Arc::clone(self),
            organ,
            agency,
            promised: 0,
            coming: 0,
        };
        let room = self.attachments.room().map_err(refusal)?;
        let mut book = self.book();
        let open = &mut book.held(agency).open;
        *open += 1;
        if *open > OPEN_MAX {
            drop(book);
            let what = format!("{OPEN_MAX} uploads are open");
            return Err(Refusal::QuotaExceeded { organ, what });
        }
        place.promise(&mut book, room, charge(size), size.saturating_sub(there))?;
        drop(book);
        Ok(place)
    }
}

impl Place {
    /// Promises so many bytes more, of which so many are not on disk.
    pub(super) fn promise(
        &mut self,
        book: &mut Book,
        room: Room,
        more: u64,
        coming: u64,
    ) -> Result<(), Refusal> {
        let exceeded = |what| Refusal::QuotaExceeded {
            organ: self.organ,
            what,
        };
        let held = *book.held(self.agency);
        let under_way = held.promised + held.kept + more;
        let share = room.total / ORGAN_SHARE;
        let unnamed_max = self.uploads.unnamed_max;
        if held.unnamed + under_way > unnamed_max {
            let what = format!("{unnamed_max} bytes of attachments that no document names");
            return Err(exceeded(what));
        }
        if held.complete + under_way > share {
            let what = format!("{share} bytes of attachments, its share of the hub's disk");
            return Err(exceeded(what));
        }
        has_room(room, book.coming + coming)?;
        book.held(self.agency).promised += more;
        book.coming += coming;
        self.promised += more;
        self.coming += coming;
        Ok(())
    }

    /// Before bytes are written that make the upload so large: promises what was not announced, and sees
    /// that the reserve of the disk is still there.
    pub(super) fn grow(&mut self, to: u64, bytes: u64) -> Result<(), Refusal> {
        let uploads = Arc::clone(&self.uploads);
        let room = uploads.attachments.room().map_err(refusal)?;
        let mut book = uploads.book();
        let more = charge(to).saturating_sub(self.promised);
        let coming = bytes.saturating_sub(self.coming);
        if more > 0 || coming > 0 {
            return self.promise(&mut book, room, more, coming);
        }
        has_room(room, bytes)
    }

    /// So many bytes are on disk.
    pub(super) fn wrote(&mut self, bytes: u64) {
        let bytes = bytes.min(self.coming);
        self.coming -= bytes;
        self.uploads.book().coming -= bytes;
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut book = self.uploads.book();
        book.coming -= self.coming;
        let held = book.held(self.agency);
        held.promised -= self.promised;
        held.open -= 1;
    }
}

/// Whether so many bytes fit beside the reserve.
pub(super) fn has_room(room: Room, bytes: u64) -> Result<(), Refusal> {
    let reserve = DISK_RESERVE.min(room.total / DISK_RESERVE_SHARE);
    if room.free >= reserve.saturating_add(bytes) {
        return Ok(());
    }
    Err(Refusal::StorageFull {
        problem: format!(
            "{bytes} bytes of attachments do not fit beside the {reserve} bytes that stay free for documents"
        ),
    })
}

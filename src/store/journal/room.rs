//! Room kept back: who is less urgent is refused while there is still some for who is more.
//!
//! ```text
//!  current segment      next one, made ahead              files nobody has made yet
//!  ████████████░░░░░ +  ░░░░░░░░░░░░░░░░░          ≤     capacity − what is written
//!              └──┴── bytes + kept back: taken space, so that on a full disk it is there
//! ```
//!
//! [`Journal::append`] itself keeps nothing back: it goes down to the last byte.

use super::format::SEGMENT_HEADER;
use super::rotation::prepare;
use super::segment::is_full;
use super::writer::AppendError;
use super::writer::Journal;

/// Most bytes that are kept back in space already taken from the disk: what is still free of a segment of
/// the usual size when the next one is made ahead of need, so that keeping it back makes none earlier.
const TAKEN_MOST: u64 = 16 * 1024 * 1024;

impl Journal {
    /// Sees to it that a batch of `bytes` fits and that `beside` bytes more do after it: of the capacity,
    /// and as far as [`TAKEN_MOST`] of space taken from the disk. May make the next segment. Nothing is
    /// written.
    ///
    /// # Errors
    /// [`AppendError`], of which only [`AppendError::Poisoned`] is for good.
    pub fn make_room(&mut self, bytes: u64, beside: u64) -> Result<(), AppendError> {
        self.check_sound()?;
        let full = AppendError::Full { needed: bytes };
        let wanted = bytes.saturating_add(beside);
        if wanted > self.config.room(self.used) {
            return Err(full);
        }
        let taken = bytes.saturating_add(beside.min(TAKEN_MOST));
        if taken <= self.current.reserved.saturating_sub(self.current.offset) {
            return Ok(());
        }
        let whole = taken.saturating_add(SEGMENT_HEADER as u64);
        if wanted.saturating_add(SEGMENT_HEADER as u64) > self.config.room(self.used) {
            return Err(full);
        }
        let made = match &mut self.ahead.prepared {
            Some(prepared) if prepared.reserved() >= whole => return Ok(()),
            // Made larger, not anew: what it has must not go to somebody else.
            Some(prepared) => prepared.grow(whole),
            None => {
                let number = self.current.header.number + 1;
                prepare(&self.segments, &self.config, number, taken, self.used)
                    .map(|prepared| self.ahead.prepared = Some(prepared))
            }
        };
        made.map_err(|error| {
            if is_full(&error) {
                full
            } else {
                AppendError::Segment(error)
            }
        })
    }
}

//! Revocation lists of a CA directory: written, renewed at half their life, read.

use std::fs;
use std::io;
use std::path::Path;
use std::path::PathBuf;

use jiff::SignedDuration;
use jiff::Timestamp;

use super::DAY;
use super::Pki;
use super::PkiError;
use super::unhex;
use crate::trust::ListDates;
use crate::trust::RevokedSerial;
use crate::trust::revocation_list_der;

/// Days for which a revocation list is believed.
pub const LIST_DAYS: i32 = 30;

/// File names of the revocation lists.
pub(super) const LISTS: [&str; 2] = ["root.crl", "issuing.crl"];

/// Largest revocation list, in bytes: a million certificates, ten times what the law's axis has.
const LIST_BYTES_MAX: u64 = 64 * 1024 * 1024;

/// How far ahead of the clock a list may be: the tolerance for clocks.
const AHEAD_MAX: SignedDuration = SignedDuration::from_mins(10);

impl Pki {
    /// Writes new revocation lists.
    ///
    /// # Errors
    /// [`PkiError`].
    pub fn write_lists(&self, now: Timestamp, days: i32) -> Result<(), PkiError> {
        self.write_lists_until(now, now + DAY * days)
    }

    /// Writes new revocation lists where it is time: half the life of one is over, one is of a day that has
    /// not come yet, or one cannot be read. They live as long as those before. Gives the lists as they are
    /// then, DER; somebody else may have written them just before.
    ///
    /// # Errors
    /// [`PkiError`].
    pub fn renew_lists(&self, now: Timestamp) -> Result<Vec<Vec<u8>>, PkiError> {
        let dates: Vec<Option<ListDates>> = self.list_dates();
        let is_due = dates.iter().any(|dates| {
            dates
                .is_none_or(|dates| now >= dates.half_over() || dates.this_update > now + AHEAD_MAX)
        });
        if is_due {
            let lives = dates.iter().flatten();
            let lives = lives.map(|dates| dates.next_update.duration_since(dates.this_update));
            let life = lives.filter(|life| life.is_positive()).min();
            self.write_lists_until(now, now + life.unwrap_or(DAY * LIST_DAYS))?;
        }
        read_lists(&self.directory)
    }

    fn list_dates(&self) -> Vec<Option<ListDates>> {
        let paths = list_paths(&self.directory).into_iter();
        paths
            .map(|path| ListDates::of(&read_list(&path).ok()?))
            .collect()
    }

    fn write_lists_until(&self, now: Timestamp, next: Timestamp) -> Result<(), PkiError> {
        let revoked: Vec<RevokedSerial> = self
            .issued
            .rows()
            .filter_map(|issued| Some((issued.revoked_at?, unhex(&issued.serial)?)))
            .map(|(at, serial)| RevokedSerial {
                serial,
                // One that was revoked while the clock was ahead is revoked now.
                at: at.min(now),
            })
            .collect();
        let numbers = self.list_dates().into_iter().flatten();
        let last = numbers.filter_map(|dates| dates.number).max();
        let lists = self
            .authority
            .revocation_lists_after(last.unwrap_or(0), &revoked, now, next)
            .map_err(|error| PkiError::new("make the revocation lists", error))?;
        self.write("root.crl", &lists.root)?;
        self.write("issuing.crl", &lists.issuing)
    }
}

/// Where a CA directory has its revocation lists.
pub fn list_paths(directory: &Path) -> [PathBuf; 2] {
    LISTS.map(|name| directory.join(name))
}

/// The revocation lists of a CA directory, DER.
///
/// # Errors
/// [`PkiError`].
pub fn read_lists(directory: &Path) -> Result<Vec<Vec<u8>>, PkiError> {
    let paths = list_paths(directory).into_iter();
    paths.map(|path| read_list(&path)).collect()
}

/// A revocation list, DER. Only a file is read, of at most [`LIST_BYTES_MAX`]: a pipe would be waited
/// for.
///
/// # Errors
/// [`PkiError`].
pub fn read_list(path: &Path) -> Result<Vec<u8>, PkiError> {
    let read = || {
        let metadata = fs::metadata(path)?;
        if !metadata.is_file() {
            return Err(io::Error::other("it is not a file"));
        }
        if metadata.len() > LIST_BYTES_MAX {
            let problem = format!("it has more than {LIST_BYTES_MAX} bytes");
            return Err(io::Error::other(problem));
        }
        fs::read(path).map(revocation_list_der)
    };
    read().map_err(|error| PkiError::new(&format!("read {}", path.display()), error))
}

#[cfg(test)]
mod tests;

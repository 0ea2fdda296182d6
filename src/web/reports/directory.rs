//! What lies in the directory: regular files of it and nothing else, each read once for as long as it stays
//! as it is.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read as _;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use std::time::Instant;

use bytes::Bytes;
use rustix::fd::OwnedFd;
use rustix::fs::AtFlags;
use rustix::fs::Dir;
use rustix::fs::FileType;
use rustix::fs::Mode;
use rustix::fs::OFlags;
use rustix::fs::Stat;
use rustix::fs::open;
use rustix::fs::openat;
use rustix::fs::statat;

use super::Listing;
use super::kept;
use super::kept::Report;
use crate::clock::Clock;

/// Reports that are shown, and kept: the newest.
const SHOWN_MAX: usize = 50;

/// Names of a directory that are looked at.
const NAMES_MAX: usize = 10_000;

/// Largest file that is read.
pub(super) const BYTES_MAX: u64 = 8 * 1024 * 1024;

/// Names that are told of what was left out.
const TOLD_MAX: usize = 5;

/// Between two looks at the directory.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// The time between looks is at least so many times what one takes.
const LOOK_SHARE: u32 = 10;

/// A directory, and what is known of its files.
#[derive(Debug)]
pub(super) struct Directory {
    path: PathBuf,
    clock: Clock,
    /// By name: which version of the file was read, and what it says if it is a report.
    known: BTreeMap<String, (Version, Option<Arc<Report>>)>,
    /// The page that was asked for last: many who read it share it.
    page: Option<(String, Version, Bytes)>,
    next_look: Option<Instant>,
}

/// What changes with a file's content.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
struct Version {
    /// Seconds and nanoseconds since 1970.
    modified: (i64, i64),
    bytes: u64,
    inode: u64,
}

impl Version {
    /// `None` of what is no regular file.
    fn of(stat: &Stat) -> Option<Self> {
        let is_regular = FileType::from_raw_mode(stat.st_mode) == FileType::RegularFile;
        is_regular.then(|| Self {
            modified: (
                stat.st_mtime,
                i64::try_from(stat.st_mtime_nsec).unwrap_or_default(),
            ),
            bytes: u64::try_from(stat.st_size).unwrap_or_default(),
            inode: stat.st_ino,
        })
    }
}

impl Directory {
    pub(super) fn new(path: PathBuf, clock: Clock) -> Self {
        Self {
            path,
            clock,
            known: BTreeMap::new(),
            page: None,
            next_look: None,
        }
    }

    /// What is there now; `None` where it was looked at a moment ago. Blocking.
    pub(super) fn look(&mut self) -> Option<Listing> {
        let begun = self.clock.monotonic();
        if self.next_look.is_some_and(|next| begun < next) {
            return None;
        }
        let listing = self.looked().unwrap_or_else(|error| {
            tracing::debug!(%error, "the directory of reports cannot be read");
            Listing {
                is_unreadable: true,
                ..Listing::default()
            }
        });
        let ended = self.clock.monotonic();
        let pause = (ended - begun).saturating_mul(LOOK_SHARE).max(LOOK_EVERY);
        self.next_look = Some(ended + pause);
        Some(listing)
    }

    /// What is there now. Blocking.
    ///
    /// # Errors
    /// The directory cannot be read.
    pub(super) fn looked(&mut self) -> std::io::Result<Listing> {
        let directory = self.open()?;
        let mut listing = Listing::default();
        let mut files = Vec::new();
        for (seen, entry) in Dir::read_from(&directory)?.enumerate() {
            if seen >= NAMES_MAX {
                listing.older += 1;
                break;
            }
            let entry = entry?;
            let Some(name) = entry.file_name().to_str().ok().and_then(stem) else {
                continue;
            };
            let Some(version) = version(&directory, &format!("{name}.json")) else {
                continue;
            };
            if version.bytes > BYTES_MAX {
                listing.too_large.push(format!("{name}.json"));
            } else {
                files.push((version, name.to_owned()));
            }
        }
        files.sort_by(|one, other| other.cmp(one));
        listing.older += files.len().saturating_sub(SHOWN_MAX);
        files.truncate(SHOWN_MAX);
        listing.too_large.sort();
        listing.too_large.truncate(TOLD_MAX);
        let mut known = BTreeMap::new();
        for (version, name) in files {
            let has_page =
                version_of_page(&directory, &name).is_some_and(|page| page.bytes <= BYTES_MAX);
            let report = match self.known.remove(&name) {
                Some((read, report)) if read == version => report,
                _ => content(&directory, &format!("{name}.json"))
                    .and_then(|bytes| kept::read(&name, &bytes))
                    .map(Arc::new),
            };
            let report = report.map(|report| match report.has_page == has_page {
                true => report,
                false => Arc::new(Report {
                    has_page,
                    ..(*report).clone()
                }),
            });
            listing.reports.extend(report.clone());
            known.insert(name, (version, report));
        }
        self.known = known;
        Ok(listing)
    }

    /// The page of a report. Blocking.
    pub(super) fn page(&mut self, name: &str) -> Option<Bytes> {
        let is_plain = !name.is_empty() && !name.starts_with('.') && !name.contains(['/', '\0']);
        let directory = self.open().ok().filter(|_| is_plain)?;
        let version = version_of_page(&directory, name)?;
        if let Some((kept, of, page)) = &self.page
            && (kept.as_str(), *of) == (name, version)
        {
            return Some(page.clone());
        }
        let page = Bytes::from(content(&directory, &format!("{name}.html"))?);
        std::str::from_utf8(&page).ok()?;
        self.page = Some((name.to_owned(), version, page.clone()));
        Some(page)
    }

    fn open(&self) -> std::io::Result<OwnedFd> {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        Ok(open(&self.path, flags, Mode::empty())?)
    }
}

fn stem(name: &str) -> Option<&str> {
    let stem = name.strip_suffix(".json")?;
    (!stem.is_empty() && !stem.starts_with('.')).then_some(stem)
}

/// Of a regular file; of what a link leads to, nothing.
fn version(directory: &OwnedFd, name: &str) -> Option<Version> {
    let stat = statat(directory, name, AtFlags::SYMLINK_NOFOLLOW).ok()?;
    Version::of(&stat)
}

fn version_of_page(directory: &OwnedFd, name: &str) -> Option<Version> {
    version(directory, &format!("{name}.html"))
}

/// All of a regular file that is not too large. It was one when it was listed; what was put in its place
/// since then is not waited for.
fn content(directory: &OwnedFd, name: &str) -> Option<Vec<u8>> {
    let flags =
        OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
    let file = openat(directory, name, flags, Mode::empty()).ok()?;
    Version::of(&rustix::fs::fstat(&file).ok()?)?;
    let mut bytes = Vec::new();
    let read = File::from(file).take(BYTES_MAX + 1).read_to_end(&mut bytes);
    let is_whole = read.is_ok_and(|read| read as u64 <= BYTES_MAX);
    is_whole.then_some(bytes)
}

//! A copy of a data directory, also of one that a hub is using.
//!
//! ```text
//!  data/ ─ journal, segment by segment ─▶ DIR/journal        first: a prefix of the records
//!        ─ attachments ─────────────────▶ DIR/attachments    then: what a record names was there before it
//!        ─ ANCHORS, revocation ─────────▶ DIR/…
//!        ─ VERSION ─────────────────────▶ DIR/VERSION        last: until then it says that no hub starts here
//! ```
//!
//! A copy is a data directory. Not in it: the index, which is made anew from the journal; the lock; uploads
//! that are not complete; papers of the console's procedure.

use std::fs;
use std::fs::File;
use std::io;
use std::io::Read as _;
use std::path::Path;
use std::path::PathBuf;

use aws_lc_rs::digest;

use super::DataDir;
use super::journal;
use super::journal::AuditError;
use super::journal::AuditReport;
use super::journal::CopyMode;
use super::journal::Moved;
use super::journal::copy_file;
use crate::files;
use crate::files::Readers;
use crate::model::Digest;

/// What `VERSION` holds while a copy is being made: no number, so that no hub starts there.
const UNFINISHED: &str = "unfinished copy: not to be used\n";

/// The file beside a copy that says what was copied.
const SEAL: &str = "BACKUP";

/// Bytes of an attachment digested at once.
const DIGEST_PIECE: usize = 64 * 1024;

/// A copy that was made and read back.
#[derive(Debug)]
pub struct Backup {
    /// The journal of the copy, every byte verified.
    pub journal: AuditReport,
    /// Attachments in the copy.
    pub attachments: u64,
    /// Their size, in bytes.
    pub attachment_bytes: u64,
    /// Attachments whose content is not what their name says.
    pub damaged: Vec<Digest>,
}

/// Why there is no copy.
#[derive(Debug, thiserror::Error)]
pub enum CopyError {
    /// The journal that was copied, or the copy, does not verify.
    #[error("{}: {source}", path.display())]
    Audit {
        /// The journal.
        path: PathBuf,
        /// What is wrong with it.
        source: AuditError,
    },
    /// The file system refused.
    #[error("cannot use {}: {source}", path.display())]
    Io {
        /// The directory.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// It is not what was copied.
    #[error(
        "{} was changed since it was made: it had {expected}, it has {found}. Where a hub has run on it, it \
         is a data directory like any other: copy it with `docaxis backup`", path.display()
    )]
    Changed {
        /// The directory.
        path: PathBuf,
        /// Records and chain as they were.
        expected: String,
        /// Records and chain as they are.
        found: String,
    },
    /// There is something where the copy is to be.
    #[error("{} is there and is not empty: nothing is overwritten", path.display())]
    NotEmpty {
        /// The directory.
        path: PathBuf,
    },
    /// It is no data directory, or one that was never finished.
    #[error("{} is no data directory: {problem}", path.display())]
    NotOurs {
        /// The directory.
        path: PathBuf,
        /// What is missing or wrong.
        problem: String,
    },
}

fn fail(path: &Path) -> impl FnOnce(io::Error) -> CopyError {
    let path = path.to_owned();
    move |source| CopyError::Io { path, source }
}

/// Copies the data directory `from` into `to`, which is missing or empty, flushes it, and verifies what was
/// copied. Every record of the copy is shown to `visit`. Blocking; takes no lock and changes nothing in
/// `from`.
///
/// # Errors
/// [`CopyError`]; what was copied by then stays, and no hub starts on it.
pub fn copy_data(
    from: &Path,
    to: &Path,
    mode: CopyMode,
    moved: &mut Moved<'_>,
    visit: &mut dyn FnMut(u8, &[u8]),
) -> Result<Backup, CopyError> {
    let version = version(from)?;
    check_empty(to)?;
    files::create_private_directory(to).map_err(fail(to))?;
    files::tighten(to).map_err(fail(to))?;
    let mark = to.join("VERSION");
    files::replace(&mark, UNFINISHED.as_bytes(), Readers::Owner).map_err(fail(&mark))?;
    let (source, target) = (DataDir::journal_in(from), DataDir::journal_in(to));
    files::create_private_directory(&target).map_err(fail(&target))?;
    journal::copy(&source, &target, mode, moved).map_err(fail(&source))?;
    let attachments = Shelves {
        from: &from.join("attachments"),
        to: &to.join("attachments"),
        mode,
    };
    let (found, attachment_bytes, damaged) = attachments.copy(moved)?;
    let anchors = from.join("ANCHORS");
    if anchors.exists() {
        copy_file(&anchors, &to.join("ANCHORS"), by_content(mode), moved)
            .map_err(fail(&anchors))?;
    }
    copy_lists(from, to, mode, moved)?;
    let journal = inspected(&target, visit).map_err(|source| CopyError::Audit {
        path: target,
        source,
    })?;
    files::sync_directory(to).map_err(fail(to))?;
    files::replace(&mark, version.as_bytes(), Readers::Owner).map_err(fail(&mark))?;
    files::sync_directory(files::parent(to)).map_err(fail(to))?;
    Ok(Backup {
        journal,
        attachments: found,
        attachment_bytes,
        damaged,
    })
}

/// Copies a file that does not change under another name, and flushes it.
///
/// # Errors
/// What the file system says, with the file; also where the other name is taken.
pub fn copy_durably(from: &Path, to: &Path) -> io::Result<()> {
    let mode = CopyMode {
        link: false,
        piece: DIGEST_PIECE,
    };
    copy_file(from, to, mode, &mut |_bytes| Ok(())).map(|_bytes| ())
}

/// Verifies a copy, or a data directory of a hub that does not run, without changing it. Every record is
/// shown to `visit`. Blocking.
///
/// # Errors
/// [`CopyError`]; also where it was made by [`seal`] and is not what it was.
pub fn verify_data(
    path: &Path,
    visit: &mut dyn FnMut(u8, &[u8]),
) -> Result<AuditReport, CopyError> {
    version(path)?;
    let journal = DataDir::journal_in(path);
    let report = inspected(&journal, visit).map_err(|source| CopyError::Audit {
        path: journal,
        source,
    })?;
    let seal = path.join(SEAL);
    let found = sealed(&report);
    match fs::read_to_string(&seal) {
        Ok(expected) if expected == found => Ok(report),
        Ok(expected) => Err(CopyError::Changed {
            path: path.to_owned(),
            expected: expected.trim().replace('\n', ", "),
            found: found.trim().replace('\n', ", "),
        }),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(report),
        Err(error) => Err(fail(&seal)(error)),
    }
}

/// Writes down beside a copy what was copied.
///
/// # Errors
/// What the file system says.
pub fn seal(path: &Path, report: &AuditReport) -> Result<(), CopyError> {
    let seal = path.join(SEAL);
    files::replace(&seal, sealed(report).as_bytes(), Readers::Owner).map_err(fail(&seal))
}

fn inspected(journal: &Path, visit: &mut dyn FnMut(u8, &[u8])) -> Result<AuditReport, AuditError> {
    journal::inspect(journal, &mut |seen| visit(seen.kind, seen.body))
}

fn sealed(report: &AuditReport) -> String {
    format!("records {}\nchain {}\n", report.records, report.chain)
}

/// The same without links: what may be replaced must not be one file with its copy.
fn by_content(mode: CopyMode) -> CopyMode {
    CopyMode {
        link: false,
        ..mode
    }
}

/// The text of `VERSION`, where a hub could start.
fn version(from: &Path) -> Result<String, CopyError> {
    let not_ours = |problem: &str| CopyError::NotOurs {
        path: from.to_owned(),
        problem: problem.to_owned(),
    };
    let path = from.join("VERSION");
    let text = match fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            return Err(not_ours("it has no file VERSION"));
        }
        Err(error) => return Err(fail(&path)(error)),
    };
    if text == UNFINISHED {
        return Err(not_ours("the copy was never finished"));
    }
    if text.trim().parse::<u32>().is_err() {
        return Err(not_ours("VERSION holds no number"));
    }
    Ok(text)
}

fn check_empty(to: &Path) -> Result<(), CopyError> {
    match fs::read_dir(to) {
        Ok(mut entries) => match entries.next() {
            None => Ok(()),
            Some(_) => Err(CopyError::NotEmpty {
                path: to.to_owned(),
            }),
        },
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(fail(to)(error)),
    }
}

fn copy_lists(
    from: &Path,
    to: &Path,
    mode: CopyMode,
    moved: &mut Moved<'_>,
) -> Result<(), CopyError> {
    let (source, target) = (DataDir::revocation_in(from), DataDir::revocation_in(to));
    files::create_private_directory(&target).map_err(fail(&target))?;
    let entries = match fs::read_dir(&source) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(fail(&source)(error)),
    };
    for entry in entries {
        let path = entry.map_err(fail(&source))?.path();
        // What is being replaced has another ending.
        if path.extension().is_some_and(|extension| extension == "crl")
            && let Some(name) = path.file_name()
        {
            copy_file(&path, &target.join(name), by_content(mode), moved).map_err(fail(&path))?;
        }
    }
    files::sync_directory(&target).map_err(fail(&target))
}

/// Directories of complete attachments, and where they are copied to.
struct Shelves<'a> {
    from: &'a Path,
    to: &'a Path,
    mode: CopyMode,
}

impl Shelves<'_> {
    /// Copies what is complete. Gives how many, their bytes, and those that are not what they are named.
    fn copy(&self, moved: &mut Moved<'_>) -> Result<(u64, u64, Vec<Digest>), CopyError> {
        files::create_private_directory(self.to).map_err(fail(self.to))?;
        let (mut count, mut bytes, mut damaged) = (0, 0, Vec::new());
        // As they are now, and as a version before owners were kept left them.
        for place in ["sha256", ""] {
            for number in 0..=u8::MAX {
                let shelf = Path::new(place).join(format!("{number:02x}"));
                for (digest, size) in self.copy_shelf(&shelf, number, moved)? {
                    count += 1;
                    bytes += size;
                    damaged.extend(digest);
                }
            }
        }
        for directory in [self.to.join("sha256"), self.to.to_owned()] {
            if directory.is_dir() {
                files::sync_directory(&directory).map_err(fail(&directory))?;
            }
        }
        Ok((count, bytes, damaged))
    }

    /// Each file's size, and its digest where its content has another.
    fn copy_shelf(
        &self,
        shelf: &Path,
        number: u8,
        moved: &mut Moved<'_>,
    ) -> Result<Vec<(Option<Digest>, u64)>, CopyError> {
        let (from, to) = (self.from.join(shelf), self.to.join(shelf));
        let entries = match fs::read_dir(&from) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(fail(&from)(error)),
        };
        files::create_private_directory(&to).map_err(fail(&to))?;
        let mut copied = Vec::new();
        for entry in entries {
            let name = entry.map_err(fail(&from))?.file_name();
            let digest = name.to_str().map(|rest| format!("{number:02x}{rest}"));
            let Some(Ok(digest)) = digest.map(|digits| digits.parse::<Digest>()) else {
                continue;
            };
            let (source, target) = (from.join(&name), to.join(&name));
            match copy_file(&source, &target, self.mode, moved) {
                Ok(size) => {
                    let found = digest_of(&target).map_err(fail(&target))?;
                    copied.push(((found != digest).then_some(digest), size));
                }
                // Nobody names it any more: what a record names stays.
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => return Err(fail(&source)(error)),
            }
        }
        files::sync_directory(&to).map_err(fail(&to))?;
        Ok(copied)
    }
}

fn digest_of(path: &Path) -> io::Result<Digest> {
    let mut file = File::open(path)?;
    let mut context = digest::Context::new(&digest::SHA256);
    let mut piece = vec![0; DIGEST_PIECE];
    loop {
        match file.read(&mut piece) {
            Ok(0) => break,
            Ok(read) => context.update(&piece[..read]),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    let mut bytes = [0; 32];
    bytes.copy_from_slice(context.finish().as_ref());
    Ok(Digest::from(bytes))
}

/// Whether the copy has an attachment.
pub fn has_attachment(data: &Path, digest: Digest) -> bool {
    let name = digest.to_string();
    let attachments = data.join("attachments");
    let (shelf, rest) = name.split_at(2);
    [attachments.join("sha256"), attachments]
        .iter()
        .any(|place| place.join(shelf).join(rest).is_file())
}

#[cfg(test)]
mod tests;

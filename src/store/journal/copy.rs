//! Copying a journal that somebody writes into: a prefix of it, ending with a whole batch.
//!
//! Segments that are sealed never change and are copied as they are, or linked. Of the one that was the
//! last when the copy began, those records are copied that verify. Whether the last of them ends its batch
//! is told by a second look, once the copy is on disk: what follows by then in the same batch is taken,
//! what belongs to a later one is not.
//!
//! ```text
//!  00000001 ─────▶ as it is      │ 00000003  ■■■■■■▒▒ ─▶ ■■■■■■ ─ flush ─ look again ─▶ ■■■■■■■■
//!  00000002 ─────▶ as it is      │           ▲ verified           the batch is whole by now
//! ```

use std::fs;
use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt as _;
use std::path::Path;
use std::sync::Arc;

use crate::files;
use crate::files::Readers;

use super::checkpoint::Checkpoint;
use super::format::SEGMENT_HEADER;
use super::format::SegmentHeader;
use super::segment::Origin;
use super::segment::Segment;
use super::segment::Segments;
use super::segment::file_name;
use super::segment_reader::SegmentReader;
use super::segment_reader::Step;
use super::segment_reader::Tip;

/// Looks at the last segment until its last batch is taken for whole: a batch is one write of
/// microseconds, and each look comes after a flush.
const LOOKS_MAX: u32 = 8;

/// Attempts to copy a journal whose oldest segments are dropped meanwhile: that happens once in minutes.
const ATTEMPTS_MAX: u32 = 8;

/// Told of every piece, in bytes, once it is written; may wait, and an error ends the copy.
pub type Moved<'a> = dyn FnMut(u64) -> io::Result<()> + 'a;

/// How files are copied.
#[derive(Clone, Copy, Debug)]
pub struct CopyMode {
    /// What never changes is linked where the file system can, not copied.
    pub link: bool,
    /// Bytes moved at once.
    pub piece: usize,
}

/// Copies the journal in `from` into the empty directory `to`, and flushes it. Blocking; takes no lock and
/// changes nothing in `from`. Everything that was written when this was called is in the copy.
///
/// # Errors
/// What the file system says, with the file; also where there is no segment to copy, or the last one's
/// header is damaged.
pub fn copy(from: &Path, to: &Path, mode: CopyMode, moved: &mut Moved<'_>) -> io::Result<()> {
    for attempt in 1.. {
        let began = Checkpoint::find(from)?;
        let copied = copy_from(from, to, mode, moved);
        // Its segments may have been dropped while they were copied: then there is another checkpoint.
        if attempt == ATTEMPTS_MAX || Checkpoint::find(from)? == began {
            return copied;
        }
        for entry in fs::read_dir(to)? {
            fs::remove_file(entry?.path())?;
        }
    }
    Ok(())
}

/// The same for as long as no segment is dropped.
fn copy_from(from: &Path, to: &Path, mode: CopyMode, moved: &mut Moved<'_>) -> io::Result<()> {
    let segments = Segments::on_disk(from)?;
    if !matches!(segments.origin(), Origin::Genesis) {
        let checkpoint = Checkpoint::file(from);
        let copied = copy_file(&checkpoint, &Checkpoint::file(to), mode, moved);
        copied.map(|_bytes| ())?;
    }
    let numbers = segments.numbers()?;
    let Some((last, sealed)) = numbers.split_last() else {
        return Err(io::Error::new(
            io::ErrorKind::NotFound,
            format!("{} holds no journal", from.display()),
        ));
    };
    for number in sealed {
        let name = file_name(*number);
        copy_file(&from.join(&name), &to.join(&name), mode, moved)?;
    }
    let name = file_name(*last);
    let source = segments.open(*last)?;
    copy_last(&source, *last, &to.join(&name), mode, moved).map_err(within(&from.join(&name)))?;
    files::sync_directory(to)
}

/// Copies a file that does not change, or links it, and flushes it. Gives its size in bytes.
///
/// # Errors
/// What the file system says, with the file.
pub(in crate::store) fn copy_file(
    from: &Path,
    to: &Path,
    mode: CopyMode,
    moved: &mut Moved<'_>,
) -> io::Result<u64> {
    let source = File::open(from).map_err(within(from))?;
    let size = source.metadata().map_err(within(from))?.len();
    // Where it cannot be linked (another file system, no such thing) it is copied.
    if mode.link && fs::hard_link(from, to).is_ok() {
        moved(0)?;
        return Ok(size);
    }
    let target = files::create(to, Readers::Owner).map_err(within(to))?;
    let copied = copy_range(
        |at, into| source.read_at(into, at),
        &target,
        0..size,
        mode,
        moved,
    );
    copied.map_err(within(from))?;
    target.sync_all().map_err(within(to))?;
    Ok(size)
}

fn within(path: &Path) -> impl Fn(io::Error) -> io::Error {
    let path = path.display().to_string();
    move |error| io::Error::new(error.kind(), format!("{path}: {error}"))
}

fn copy_range(
    read: impl Fn(u64, &mut [u8]) -> io::Result<usize>,
    target: &File,
    range: std::ops::Range<u64>,
    mode: CopyMode,
    moved: &mut Moved<'_>,
) -> io::Result<()> {
    let mut piece = vec![0; mode.piece.max(1)];
    let mut at = range.start;
    while at < range.end {
        let most = usize::try_from(range.end - at).unwrap_or(usize::MAX);
        let most = most.min(piece.len());
        let read = read(at, &mut piece[..most])?;
        if read == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        target.write_all_at(&piece[..read], at)?;
        at += read as u64;
        moved(read as u64)?;
    }
    Ok(())
}

/// How far the last segment is verified.
struct Verified {
    offset: u64,
    tip: Tip,
    /// What the last record says was on disk before it: the same throughout a batch.
    settled: Option<u64>,
}

fn copy_last(
    source: &Arc<Segment>,
    number: u32,
    to: &Path,
    mode: CopyMode,
    moved: &mut Moved<'_>,
) -> io::Result<()> {
    let damaged = |problem: Option<super::format::Problem>| {
        let problem = problem.map_or_else(|| "no header".to_owned(), |problem| problem.to_string());
        io::Error::new(io::ErrorKind::InvalidData, problem)
    };
    let header = match SegmentReader::open(Arc::clone(source), number)?.header() {
        // Sealed between two steps of this look.
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => {
            SegmentReader::open(Arc::clone(source), number)?.header()?
        }
        header => header?,
    };
    let header = header.map_err(damaged)?;
    let target = files::create(to, Readers::Owner)?;
    target.write_all_at(&header.encode(), 0)?;
    let mut verified = Verified {
        offset: SEGMENT_HEADER as u64,
        tip: Tip::before(&header),
        settled: None,
    };
    let read = |at: u64, into: &mut [u8]| source.read(at, into).map(|()| into.len());
    for look in 0..LOOKS_MAX {
        let begun = verified.offset;
        let seen = advance(source, &header, &mut verified, look > 0)?;
        copy_range(read, &target, begun..verified.offset, mode, moved)?;
        target.sync_all()?;
        let is_still = seen == Seen::End && verified.offset == begun;
        if look > 0 && (seen == Seen::LaterBatch || is_still) {
            break;
        }
    }
    Ok(())
}

/// What stands after the last record that was taken.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Seen {
    /// Nothing yet.
    End,
    /// A record of a later batch, so the one before is whole.
    LaterBatch,
    /// Something that does not verify yet.
    Unfinished,
}

/// Goes on over records that verify; of the batch that was begun only, where that is asked for.
fn advance(
    source: &Arc<Segment>,
    header: &SegmentHeader,
    verified: &mut Verified,
    only_its_batch: bool,
) -> io::Result<Seen> {
    let seed = header.seed();
    // Anew at each look: what a reader holds in memory is as it was.
    let mut reader = SegmentReader::open(Arc::clone(source), header.number)?;
    let mut cuts = 0;
    loop {
        match reader.step(verified.offset, &seed, &verified.tip) {
            Ok(Step::Record { header, .. }) => {
                if only_its_batch && verified.settled.is_none_or(|batch| batch != header.settled) {
                    return Ok(Seen::LaterBatch);
                }
                verified.offset += header.record_bytes();
                verified.tip = Tip::after(&header);
                verified.settled = Some(header.settled);
            }
            Ok(Step::End) => return Ok(Seen::End),
            Ok(Step::Bad(_)) => return Ok(Seen::Unfinished),
            // It was sealed meanwhile, which cuts what was taken and not used.
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof && cuts < LOOKS_MAX => {
                cuts += 1;
                reader = SegmentReader::open(Arc::clone(source), header.number)?;
            }
            Err(error) => return Err(error),
        }
    }
}

//! A journal copied while somebody writes into it: a prefix, whole batches, nothing missing that was
//! written before.

use std::sync::atomic::AtomicBool;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering;

use rand::RngExt as _;
use rand::SeedableRng as _;

use super::*;

/// Records of the batch with this number: each says which it is of how many.
fn numbered(number: u64, records: u8, size: usize) -> Batch {
    let mut batch = Batch::new();
    for index in 0..records {
        let head = [number.to_le_bytes().as_slice(), &[index, records]].concat();
        batch.push(1, &[&head, &vec![index; size]]);
    }
    batch
}

fn number_of(body: &[u8]) -> (u64, u8, u8) {
    let number = u64::from_le_bytes(body[..8].try_into().unwrap());
    (number, body[8], body[9])
}

/// Batches of a copy, which has to hold them whole and in order from the first.
fn batches_in(dir: &Path, config: Config) -> u64 {
    let report = audit(dir).unwrap();
    assert_eq!(report.torn, None);
    let (_, _, found) = open(dir, config);
    let mut expected = (0, 0);
    for (_, _, body) in &found {
        let (number, index, records) = number_of(body);
        assert_eq!((number, index), expected);
        expected = if index + 1 == records {
            (number + 1, 0)
        } else {
            (number, index + 1)
        };
    }
    assert_eq!(expected.1, 0, "the last batch is not whole");
    expected.0
}

/// Batches that may be written during one copy, and before each piece of a slow one.
const A_COPY: u64 = 40;

struct Writing {
    /// Batches that were acknowledged.
    written: AtomicU64,
    /// Batches that may be written: a journal that grew as fast as it is copied would never end.
    allowed: AtomicU64,
    is_over: AtomicBool,
}

/// Tells the writer when the test is over, however it ends.
struct Over<'a>(&'a Writing);

impl Drop for Over<'_> {
    fn drop(&mut self) {
        self.0.is_over.store(true, Ordering::Release);
    }
}

fn write_until_told(dir: &Path, config: Config, seed: u64, writing: &Writing) {
    let mut random = rand_pcg::Pcg64Mcg::seed_from_u64(seed);
    let (mut journal, _, _) = open(dir, config);
    while !writing.is_over.load(Ordering::Acquire) {
        let number = writing.written.load(Ordering::Acquire);
        if number >= writing.allowed.load(Ordering::Acquire) {
            std::thread::yield_now();
            continue;
        }
        let batch = numbered(
            number,
            random.random_range(1..6),
            random.random_range(0..900),
        );
        journal.append(&batch).unwrap();
        writing.written.store(number + 1, Ordering::Release);
    }
}

/// Copies again and again beside a writer; a slow copy waits for the writer's next batches before each next
/// piece.
fn copies_are_prefixes(durability: Durability, seed: u64, is_slow: bool) {
    let dir = tempfile::tempdir().unwrap();
    let config = Config {
        durability,
        ..config(16 * 1024)
    };
    let writing = Writing {
        written: AtomicU64::new(0),
        allowed: AtomicU64::new(1),
        is_over: AtomicBool::new(false),
    };
    let until = |batches: u64| {
        while writing.written.load(Ordering::Acquire) < batches {
            std::thread::yield_now();
        }
    };
    let mode = CopyMode {
        link: seed.is_multiple_of(2),
        piece: 8192,
    };
    std::thread::scope(|threads| {
        let _over = Over(&writing);
        threads.spawn(|| write_until_told(dir.path(), config, seed, &writing));
        until(1);
        for round in 0..12 {
            let to = tempfile::tempdir().unwrap();
            let before = writing.written.load(Ordering::Acquire);
            writing.allowed.fetch_add(A_COPY, Ordering::AcqRel);
            let mut moved = |_| {
                if is_slow {
                    until(writing.allowed.fetch_add(1, Ordering::AcqRel) + 1);
                }
                Ok(())
            };
            copy(dir.path(), to.path(), mode, &mut moved).unwrap();
            let after = writing.written.load(Ordering::Acquire);
            let copied = batches_in(to.path(), config);
            // Of what is being written the batch after the last acknowledged one may be there already.
            assert!(
                (before..=after + 1).contains(&copied),
                "seed {seed}, round {round}: {before} {copied} {after}"
            );
        }
    });
    let whole = batches_in(dir.path(), config);
    assert_eq!(whole, writing.written.load(Ordering::Acquire));
}

#[test]
fn every_copy_of_a_journal_that_is_written_is_a_prefix_of_whole_batches() {
    for seed in 0..4 {
        copies_are_prefixes(Durability::Fsync, seed, false);
        copies_are_prefixes(Durability::Os, seed, false);
    }
}

#[test]
fn a_slow_copy_misses_nothing_that_was_written_before_it_began() {
    for seed in 0..2 {
        copies_are_prefixes(Durability::Os, seed, true);
    }
}

#[test]
fn a_torn_tail_is_not_copied_and_a_damaged_segment_is_found() {
    let dir = tempfile::tempdir().unwrap();
    let positions = written(dir.path(), 20);
    let mode = CopyMode {
        link: false,
        piece: 100,
    };
    let last = file(dir.path(), positions[19].segment());
    let mut bytes = fs::read(&last).unwrap();
    let torn = usize::try_from(positions[19].offset()).unwrap() + 70;
    bytes[torn..torn + 30].fill(0);
    fs::write(&last, &bytes).unwrap();
    let to = tempfile::tempdir().unwrap();
    copy(dir.path(), to.path(), mode, &mut |_| Ok(())).unwrap();
    let report = audit(to.path()).unwrap();
    assert_eq!((report.records, report.torn), (19, None));
    assert_eq!(open(to.path(), config(1024)).2.len(), 19);
    let first = file(dir.path(), 1);
    let mut bytes = fs::read(&first).unwrap();
    bytes[200] ^= 1;
    fs::write(&first, &bytes).unwrap();
    let to = tempfile::tempdir().unwrap();
    copy(dir.path(), to.path(), mode, &mut |_| Ok(())).unwrap();
    assert!(matches!(
        audit(to.path()),
        Err(AuditError::Corrupt { segment: 1, .. })
    ));
}

#[test]
fn a_linked_copy_stays_as_it_is_when_the_journal_goes_on() {
    let dir = tempfile::tempdir().unwrap();
    written(dir.path(), 30);
    let to = tempfile::tempdir().unwrap();
    let mode = CopyMode {
        link: true,
        piece: 4096,
    };
    copy(dir.path(), to.path(), mode, &mut |_| Ok(())).unwrap();
    let kept = audit(to.path()).unwrap();
    for on in [dir.path(), to.path()] {
        let (mut journal, _, found) = open(on, config(1024));
        assert_eq!(found.len(), 30);
        for _ in 0..10 {
            journal.append(&batch(&[&[9; 100]])).unwrap();
        }
    }
    // Both went on by themselves from the same place.
    for on in [dir.path(), to.path()] {
        let report = audit(on).unwrap();
        assert_eq!(report.records, kept.records + 10);
    }
    let nothing = tempfile::tempdir().unwrap();
    let empty = tempfile::tempdir().unwrap();
    assert!(copy(empty.path(), nothing.path(), mode, &mut |_| Ok(())).is_err());
}

//! What a power cut may leave of pages that were written and not flushed, and what must not be taken
//! for it.

use super::*;

const SEGMENT: u64 = 256 * 1024;

fn at(durability: Durability) -> Config {
    Config {
        durability,
        ..config(SEGMENT)
    }
}

/// Batches of one record of 6,000 bytes each.
fn pages(dir: &Path, count: usize) -> Vec<Position> {
    let (mut journal, _, _) = open(dir, at(Durability::Os));
    (0..count)
        .map(|_| journal.append(&batch(&[&[7; 6000]])).unwrap()[0])
        .collect()
}

fn change(dir: &Path, change: impl FnOnce(&mut Vec<u8>)) {
    let mut bytes = fs::read(file(dir, 1)).unwrap();
    change(&mut bytes);
    fs::write(file(dir, 1), &bytes).unwrap();
}

fn place(offset: u64) -> usize {
    usize::try_from(offset).unwrap()
}

#[test]
fn a_flipped_bit_in_the_last_batch_is_corruption_even_where_a_body_ends_in_zeros() {
    for size in (400..1400).step_by(4) {
        let dir = tempfile::tempdir().unwrap();
        let (mut journal, _, _) = open(dir.path(), at(Durability::Fsync));
        let mut body = vec![7_u8; size];
        body[size - 4..].fill(0);
        let last = batch(&[&body, &[9; 300], &[9; 300]]);
        let first = journal.append(&last).unwrap()[0];
        drop(journal);
        change(dir.path(), |bytes| bytes[place(first.offset()) + 100] ^= 1);
        let opened = open_from(dir.path(), at(Durability::Fsync), None);
        assert!(
            matches!(opened, Err(OpenError::Corrupt { .. })),
            "a body of {size} bytes was cut in silence"
        );
    }
}

#[test]
fn a_record_half_lost_at_the_position_of_the_index_is_missing() {
    let dir = tempfile::tempdir().unwrap();
    let positions = pages(dir.path(), 5);
    change(dir.path(), |bytes| {
        let page = (place(positions[4].offset()) + 64).next_multiple_of(4096);
        bytes[page..].fill(0);
    });
    let opened = open_from(dir.path(), at(Durability::Os), Some(positions[4]));
    assert!(matches!(opened, Err(OpenError::Missing { .. })));
}

#[test]
fn a_page_lost_before_the_position_of_the_index_is_noticed() {
    let dir = tempfile::tempdir().unwrap();
    let positions = pages(dir.path(), 9);
    change(dir.path(), |bytes| {
        let page = place(positions[3].offset()).next_multiple_of(4096);
        bytes[page..page + 4096].fill(0);
    });
    let opened = open_from(dir.path(), at(Durability::Os), Some(positions[7]));
    assert!(matches!(opened, Err(OpenError::Missing { .. })));
}

#[test]
fn a_copy_under_another_name_is_not_a_segment() {
    let dir = tempfile::tempdir().unwrap();
    drop(written(dir.path(), 2));
    fs::copy(file(dir.path(), 1), dir.path().join("1.journal")).unwrap();
    let (_, _, found) = open(dir.path(), config(1024));
    assert_eq!(found.len(), 2);
}

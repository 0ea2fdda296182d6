//! The index against a plain map, and against a crash.

use std::ops::Range;

use proptest::prelude::*;

use crate::store::journal::Position;

use super::*;

type Rowset = BTreeMap<Vec<u8>, Vec<u8>>;

/// A position that stands for "the first `count` steps".
fn after(count: u64) -> Position {
    let mut bytes = [0; 16];
    bytes[8..].copy_from_slice(&count.to_le_bytes());
    Position::from_bytes(bytes)
}

fn count(position: Option<Position>) -> usize {
    position.map_or(0, |position| usize::try_from(position.offset()).unwrap())
}

fn all(index: &Index) -> Rowset {
    index
        .range(Vec::new()..vec![0xFF; 9], usize::MAX)
        .unwrap()
        .into_iter()
        .collect()
}

type Change = (Vec<u8>, Option<Vec<u8>>);

#[derive(Clone, Debug)]
enum Step {
    Apply(Vec<Change>),
    Crash,
    Flush,
    Freeze,
    Look(Range<Vec<u8>>, usize),
}

fn key() -> impl Strategy<Value = Vec<u8>> {
    prop::collection::vec(0..4_u8, 0..4)
}

fn step() -> impl Strategy<Value = Step> {
    let change = (
        key(),
        prop::option::of(prop::collection::vec(any::<u8>(), 0..4)),
    );
    prop_oneof![
        8 => prop::collection::vec(change, 0..4).prop_map(Step::Apply),
        4 => (key(), key(), 0..6_usize).prop_map(|(from, to, limit)| Step::Look(from..to, limit)),
        2 => Just(Step::Freeze),
        2 => Just(Step::Flush),
        1 => Just(Step::Crash),
    ]
}

fn apply(expected: &mut Rowset, changes: &[Change]) {
    for (key, row) in changes {
        match row {
            Some(row) => expected.insert(key.clone(), row.clone()),
            None => expected.remove(key),
        };
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn the_index_is_a_map_through_freezing_flushing_and_crashes(
        steps in prop::collection::vec(step(), 1..60),
    ) {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("index.redb");
        let mut index = Index::open(&path).unwrap();
        let (mut expected, mut journal) = (Rowset::new(), Vec::new());
        for step in steps {
            match step {
                Step::Apply(changes) => {
                    apply(&mut expected, &changes);
                    journal.push(changes.clone());
                    index.apply(changes);
                }
                Step::Freeze => {
                    index.freeze(after(journal.len() as u64));
                }
                Step::Flush => {
                    index.flush_frozen().unwrap();
                }
                Step::Crash => {
                    drop(index);
                    index = Index::open(&path).unwrap();
                    let replayed = &journal[count(index.applied())..];
                    replayed.iter().for_each(|changes| index.apply(changes.clone()));
                    prop_assert_eq!(&all(&index), &expected);
                }
                Step::Look(keys, limit) => {
                    let found = index.range(keys.clone(), limit).unwrap();
                    let wanted: Vec<_> = expected
                        .iter()
                        .filter(|(key, _)| keys.contains(*key))
                        .take(limit)
                        .map(|(key, row)| (key.clone(), row.clone()))
                        .collect();
                    prop_assert_eq!(found, wanted);
                    let row = index.get(&keys.start).unwrap();
                    prop_assert_eq!(row.as_ref(), expected.get(&keys.start));
                }
            }
        }
        prop_assert_eq!(all(&index), expected);
    }
}

#[test]
fn what_was_frozen_and_not_written_is_gone_with_its_position() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("index.redb");
    let index = Index::open(&path).unwrap();
    index.apply(vec![(b"a".to_vec(), Some(b"1".to_vec()))]);
    assert_eq!(index.freeze(after(1)), Freeze::Frozen);
    index.flush_frozen().unwrap();
    index.apply(vec![
        (b"a".to_vec(), None),
        (b"b".to_vec(), Some(b"2".to_vec())),
    ]);
    assert_eq!(index.dirty(), 2);
    assert_eq!(index.freeze(after(2)), Freeze::Frozen);
    assert_eq!(index.freeze(after(3)), Freeze::Busy);
    assert_eq!(index.applied(), Some(after(1)));
    drop(index);
    let index = Index::open(&path).unwrap();
    assert_eq!(index.applied(), Some(after(1)));
    assert_eq!(index.get(b"a").unwrap(), Some(b"1".to_vec()));
    assert_eq!(index.get(b"b").unwrap(), None);
}

#[test]
fn two_flushes_at_once_lose_nothing() {
    let index = Index::in_memory().unwrap();
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| (0..200).for_each(|_| index.flush_frozen().unwrap()));
        }
        for number in 0..2000_u32 {
            index.apply(vec![(number.to_be_bytes().to_vec(), Some(vec![1]))]);
            index.freeze(after(u64::from(number) + 1));
        }
    });
    index.flush_frozen().unwrap();
    assert_eq!(all(&index).len(), 2000);
}

#[test]
fn a_new_index_is_for_its_owner_only_and_a_link_is_not_followed() {
    use std::os::unix::fs::PermissionsExt as _;
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("index.redb");
    drop(Index::open(&path).unwrap());
    let mode = std::fs::metadata(&path).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let (link, victim) = (dir.path().join("link"), dir.path().join("victim"));
    std::os::unix::fs::symlink(&victim, &link).unwrap();
    assert!(Index::open(&link).is_err());
    assert!(!victim.exists());
}

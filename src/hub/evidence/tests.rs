//! What proves a loss, and what does not.

use super::*;

use crate::store::Position;

fn at(segment: u32, offset: u64) -> Position {
    let mut bytes = [0; 16];
    bytes[..4].copy_from_slice(&segment.to_le_bytes());
    bytes[8..].copy_from_slice(&offset.to_le_bytes());
    Position::from_bytes(bytes)
}

fn index(applied: Position, sequence: u64) -> IndexFacts {
    IndexFacts {
        applied: Some(applied),
        sequence,
        cursor: 0,
        known: None,
    }
}

fn journal(last: Option<Position>, sequence: u64, is_known: Option<bool>) -> JournalFacts {
    JournalFacts {
        records: u64::from(last.is_some()) * 100,
        last,
        sequence,
        is_known,
        torn_bytes: 0,
    }
}

#[test]
fn only_an_index_of_another_journal_proves_nothing() {
    let (early, late) = (at(1, 640), at(2, 64));
    for (index, journal, missing) in [
        // Cut, or an older copy: the journal ends before what the index reflects.
        (index(late, 9), journal(Some(early), 4, Some(true)), Some(5)),
        (index(late, 9), journal(Some(early), 4, None), Some(5)),
        (index(late, 9), journal(None, 0, None), Some(9)),
        // No document is missing, but other records are.
        (index(late, 4), journal(Some(early), 4, Some(true)), Some(0)),
        (index(late, 0), journal(Some(early), 0, None), Some(0)),
        // Put back and gone on: it is as long, and another one from some record on.
        (index(early, 9), journal(Some(late), 4, Some(true)), Some(5)),
        (index(early, 4), journal(Some(late), 9, Some(true)), Some(0)),
        // Another hub's index.
        (index(late, 9), journal(Some(early), 4, Some(false)), None),
        (index(early, 4), journal(Some(late), 9, Some(false)), None),
        (index(early, 4), journal(Some(late), 9, None), None),
    ] {
        let found = match judge(&index, &journal) {
            Verdict::Foreign => None,
            Verdict::Lost(loss) => loss.documents,
        };
        assert_eq!(found, missing, "{index:?} {journal:?}");
    }
}

#[test]
fn a_loss_is_told_with_its_number_and_what_to_do() {
    let loss = Loss {
        documents: Some(3648),
        newest: 3552,
        records: 3700,
        torn_bytes: 17,
        sign: Sign::Index,
    };
    let told = OpenError::Lost(loss).to_string();
    for part in [
        "3648 acknowledged documents are missing",
        "documents up to number 3552",
        "17 bytes that are no whole record",
        "--accept-loss",
    ] {
        assert!(told.contains(part), "{part}: {told}");
    }
}

fn config(data: &DataDir, durability: Durability, accept_loss: bool) -> Config {
    Config {
        accept_loss,
        ..Config::new(Some(data.root().to_owned()), durability)
    }
}

/// What a look at the directory says at level `fsync`; below it, and where the loss is accepted, nothing.
fn seen(data: &DataDir) -> Option<Sign> {
    for (durability, accept_loss) in [(Durability::Os, false), (Durability::Fsync, true)] {
        look_around(&config(data, durability, accept_loss), data).unwrap();
    }
    match look_around(&config(data, Durability::Fsync, false), data) {
        Ok(()) => None,
        Err(OpenError::Lost(loss)) => Some(loss.sign),
        Err(other) => panic!("{other:?}"),
    }
}

#[test]
fn a_journal_without_records_beside_what_a_hub_left_is_noticed() {
    let left = [
        ("attachments/sha256/ab/cdef", Sign::Attachments),
        ("revocation/00ff.crl", Sign::Lists),
        ("index.redb.ahead-1", Sign::IndexSetAside),
    ];
    for (name, sign) in left {
        // Nothing, an empty segment, zeros, a segment without records, an index without rows.
        for emptied in 0..5 {
            let dir = tempfile::tempdir().unwrap();
            let data = DataDir::open(dir.path()).unwrap();
            assert_eq!(seen(&data), None);
            let segment = data.journal().join("00000001.journal");
            match emptied {
                0 => {}
                1 => fs::write(segment, b"").unwrap(),
                2 => fs::write(segment, [0; 4096]).unwrap(),
                3 => drop(a_journal(&data)),
                _ => drop(Index::open(&data.index(), rows::FORMAT).unwrap()),
            }
            assert_eq!(seen(&data), None);
            let path = data.root().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(&path, "left").unwrap();
            assert_eq!(seen(&data), Some(sign), "{name} {emptied}");
        }
        // With a record it is a journal like any other.
        let dir = tempfile::tempdir().unwrap();
        let data = DataDir::open(dir.path()).unwrap();
        let mut batch = store::Batch::new();
        batch.push(4, &[b"record"]);
        a_journal(&data).append(&batch).unwrap();
        fs::write(data.root().join("index.redb.ahead-1"), "left").unwrap();
        assert_eq!(seen(&data), None);
    }
}

fn a_journal(data: &DataDir) -> store::Journal {
    let config = store::JournalConfig {
        segment_bytes: 4096,
        ..store::JournalConfig::default()
    };
    let mut visit = |_, _, _: &[u8]| Ok::<(), ()>(());
    let opened = store::Journal::open(&data.journal(), config, None, &mut visit);
    opened.unwrap().0
}

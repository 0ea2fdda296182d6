//! Reading a stretch of the journal back while it is written.

use std::sync::mpsc;

use super::*;

fn visited(
    reader: &JournalReader,
    from: Option<Position>,
    to: Position,
) -> Result<Found, VisitError<Infallible>> {
    let mut found = Vec::new();
    reader.visit(from, to, &mut |position, kind, body| {
        found.push((position, kind, body.to_vec()));
        Ok(())
    })?;
    Ok(found)
}

#[test]
fn every_stretch_between_two_positions_is_shown_and_nothing_else() {
    for level in [Durability::Os, Durability::Memory] {
        let dir = tempfile::tempdir().unwrap();
        let config = Config {
            durability: level,
            ..config(1024)
        };
        let (mut journal, _, _) = open(dir.path(), config);
        let expected: Found = (0..25_u8)
            .map(|i| {
                let body = vec![i; usize::from(i) * 9];
                let position = journal.append(&batch(&[&body])).unwrap()[0];
                (position, 0, body)
            })
            .collect();
        let reader = journal.reader();
        for (last, (to, _, _)) in expected.iter().enumerate() {
            let found = visited(&reader, None, *to).unwrap();
            assert_eq!(found, expected[..=last]);
            for (first, (from, _, _)) in expected.iter().enumerate() {
                match visited(&reader, Some(*from), *to) {
                    Ok(found) => assert_eq!(found, expected[first + 1..=last]),
                    Err(_) => assert!(first > last),
                }
            }
        }
    }
}

#[test]
fn a_stretch_is_read_while_the_journal_goes_on_from_segment_to_segment() {
    let dir = tempfile::tempdir().unwrap();
    let (mut journal, _, _) = open(dir.path(), config(1024));
    let reader = journal.reader();
    let (written, positions) = mpsc::channel();
    std::thread::scope(|scope| {
        scope.spawn(move || {
            for i in 0..600_u16 {
                let body = vec![1; usize::from(i % 300)];
                let position = journal.append(&batch(&[&body, b"second"])).unwrap()[1];
                written.send(position).unwrap();
            }
        });
        let (mut from, mut seen) = (None, 0);
        for (number, to) in (1..).zip(positions) {
            let found = visited(&reader, from, to).unwrap();
            seen += found.len();
            assert_eq!(seen, number * 2);
            assert_eq!(found.last().unwrap().0, to);
            from = Some(to);
        }
        assert_eq!(seen, 1200);
    });
}

#[test]
fn damage_and_a_position_that_is_not_there_are_told_apart() {
    let dir = tempfile::tempdir().unwrap();
    let positions = written(dir.path(), 30);
    let (journal, _, _) = open(dir.path(), config(1024));
    let reader = journal.reader();
    let last = *positions.last().unwrap();
    for to in [
        Position::new(0, 64, 100),
        Position::new(99, 64, 100),
        Position::new(last.segment(), last.end(), 100),
        Position::new(last.segment(), last.offset(), 101),
        Position::new(1, u64::MAX - 7, u32::MAX),
    ] {
        let refused = visited(&reader, None, to);
        assert!(
            matches!(refused, Err(VisitError::Journal(_))),
            "{to:?} {refused:?}"
        );
    }
    let damaged = positions[7];
    let path = file(dir.path(), damaged.segment());
    let mut bytes = fs::read(&path).unwrap();
    bytes[usize::try_from(damaged.offset()).unwrap() + 70] ^= 1;
    fs::write(&path, bytes).unwrap();
    assert_eq!(visited(&reader, None, positions[6]).unwrap().len(), 7);
    let after = visited(&reader, Some(positions[8]), last).unwrap();
    assert_eq!(after.len(), 21);
    let Err(VisitError::Journal(told)) = visited(&reader, None, last) else {
        panic!("the damage was not seen");
    };
    let (segment, offset) = (damaged.segment(), damaged.offset());
    let place = format!("segment {segment} is damaged at offset {offset}");
    assert!(told.contains(&place), "{told}");
    // Nothing behind the end is looked at, so a torn tail there is none.
    let refused = visited(&reader, Some(positions[6]), damaged);
    assert!(
        matches!(refused, Err(VisitError::Journal(_))),
        "{refused:?}"
    );
}

//! What an organisation may have of attachments, on disks of any size.

use std::sync::Arc;

use super::place::DISK_RESERVE;
use super::place::OPEN_MAX;
use super::place::has_room;
use super::*;
use crate::clock::Clock;
use crate::store::Room;

const MIB: u64 = 1024 * 1024;

fn organ() -> OrganId {
    "000.00.00.H26".parse().unwrap()
}

fn uploads(unnamed_max: u64) -> Arc<Uploads> {
    Arc::new(Uploads::new(Attachments::temporary().unwrap(), unnamed_max))
}

/// A place that nothing was promised to.
fn place_of(uploads: &Arc<Uploads>, agency: u32) -> Place {
    uploads.book().held(AgencyNo(agency)).open += 1;
    Place {
        uploads: Arc::clone(uploads),
        organ: organ(),
        agency: AgencyNo(agency),
        promised: 0,
        coming: 0,
    }
}

#[test]
fn the_last_part_of_the_disk_is_left_to_documents() {
    let large = Room {
        total: 1 << 40,
        free: DISK_RESERVE + 10,
    };
    assert!(has_room(large, 10).is_ok());
    assert!(matches!(
        has_room(large, 11),
        Err(Refusal::StorageFull { .. })
    ));
    let small = Room {
        total: 300 * MIB,
        free: 76 * MIB,
    };
    assert!(has_room(small, MIB).is_ok());
    assert!(has_room(small, MIB + 1).is_err());
}

#[test]
fn no_organisation_fills_a_small_disk_alone_whether_it_names_its_uploads_or_not() {
    let uploads = uploads(2 << 30);
    // 300 MB, of which the journal has a segment.
    let mut free = 236 * MIB;
    let mut stored = 0;
    for _ in 0..4 {
        let room = Room {
            total: 300 * MIB,
            free,
        };
        let mut place = place_of(&uploads, 1);
        let mut book = uploads.book();
        let promised = place.promise(&mut book, room, 50 * MIB, 50 * MIB);
        drop(book);
        match promised {
            Ok(()) => {
                place.wrote(50 * MIB);
                uploads.uploaded(AgencyNo(1), 50 * MIB);
                uploads.named(AgencyNo(1), 50 * MIB);
                free -= 50 * MIB;
                stored += 1;
            }
            Err(refusal) => {
                assert!(matches!(refusal, Refusal::QuotaExceeded { .. }));
            }
        }
    }
    assert_eq!(stored, 1);
    // Another still has its own.
    let room = Room {
        total: 300 * MIB,
        free,
    };
    let mut place = place_of(&uploads, 2);
    let mut book = uploads.book();
    place.promise(&mut book, room, 50 * MIB, 50 * MIB).unwrap();
}

#[test]
fn what_is_promised_is_counted_before_it_is_there() {
    let uploads = uploads(1 << 40);
    let room = Room {
        total: 4 * DISK_RESERVE,
        free: DISK_RESERVE + 100 * MIB,
    };
    let mut first = place_of(&uploads, 1);
    first
        .promise(&mut uploads.book(), room, 60 * MIB, 60 * MIB)
        .unwrap();
    let mut second = place_of(&uploads, 2);
    let refused = second.promise(&mut uploads.book(), room, 60 * MIB, 60 * MIB);
    assert!(matches!(refused, Err(Refusal::StorageFull { .. })));
    drop(first);
    second
        .promise(&mut uploads.book(), room, 60 * MIB, 60 * MIB)
        .unwrap();
    drop(second);
    let book = uploads.book();
    assert_eq!(book.coming, 0);
    assert!(
        book.held
            .values()
            .all(|held| held.promised == 0 && held.open == 0)
    );
}

#[test]
fn so_many_uploads_are_open_and_no_more() {
    let uploads = uploads(1 << 30);
    let caller = (organ(), AgencyNo(1));
    let places: Vec<Place> = (0..OPEN_MAX)
        .map(|_| uploads.place(caller, 1, 0).unwrap())
        .collect();
    assert!(matches!(
        uploads.place(caller, 1, 0),
        Err(Refusal::QuotaExceeded { .. })
    ));
    uploads.place((organ(), AgencyNo(2)), 1, 0).unwrap();
    drop(places);
    uploads.place(caller, 1, 0).unwrap();
}

#[tokio::test]
async fn what_broke_off_is_kept_up_to_a_number_and_counts() {
    let uploads = uploads(1 << 30);
    let clock = Clock::manual("2019-06-03T02:00:00Z".parse().unwrap());
    let caller = (organ(), AgencyNo(1));
    for number in 0..=KEPT_MAX {
        let digest = Digest::from([u8::try_from(number).unwrap(); 32]);
        let announced = Announced {
            digest: Some(digest),
            size: 100,
            offset: 0,
        };
        let mut incoming = Incoming::begin(
            &uploads,
            &clock,
            caller,
            announced,
            UploadRight(Box::new(|| true)),
        )
        .await
        .unwrap();
        incoming.take(&[7; 10]).unwrap();
        drop(incoming);
        clock.advance_to(clock.now() + jiff::SignedDuration::from_secs(1));
    }
    let unfinished = uploads.attachments.unfinished().unwrap();
    assert_eq!(unfinished.len(), KEPT_MAX);
    assert_eq!(
        unfinished[0].name.digest,
        Digest::from([1; 32]),
        "the oldest made room"
    );
    let held = *uploads.book().held(AgencyNo(1));
    assert_eq!(held.kept, KEPT_MAX as u64 * charge(10));
    assert_eq!((held.promised, held.open), (0, 0));
}

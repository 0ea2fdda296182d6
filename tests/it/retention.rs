//! Documents that are older than they are kept, and a journal that is larger: what everybody is done with
//! goes, what somebody waits for stays, and every promise made about what is gone holds.

use std::path::Path;
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use docaxis::hub::Config;
use docaxis::hub::Retention;
use docaxis::model::AttachmentRef;
use docaxis::model::Reason;
use docaxis::store::Durability;
use docaxis::trust::sha256;
use docaxis::wire::v1;
use jiff::SignedDuration;

use crate::support::Axis;
use crate::support::HANOI;
use crate::support::PHU_THO;
use crate::support::Party;
use crate::support::Writing;
use crate::support::document;
use crate::support::eventually;
use crate::support::reason;

/// The least that leaves room for what is kept back in the segment that is written.
const SEGMENT: u64 = 2 * 1024 * 1024;

/// Bytes of one of two attachments: five such documents fill a segment.
const INLINE: usize = 200_000;

fn config(data: &Path, retention: Retention) -> Config {
    Config {
        segment_bytes: SEGMENT,
        retention: Retention {
            every: Duration::from_millis(20),
            ..retention
        },
        ..Config::new(Some(data.into()), Durability::Fsync)
    }
}

fn of_bytes(bytes: u64, archive: &Path) -> Retention {
    Retention {
        bytes: Some(bytes),
        archive: Some(archive.into()),
        ..Retention::default()
    }
}

fn of_days(days: u32) -> Retention {
    Retention {
        days: Some(days),
        ..Retention::default()
    }
}

fn docaxis(arguments: &[&str]) -> (bool, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_docaxis"));
    let output = command.args(arguments).env("LANG", "C").output().unwrap();
    let said = [output.stdout.as_slice(), &output.stderr].concat();
    (
        output.status.success(),
        String::from_utf8_lossy(&said).into_owned(),
    )
}

fn done(arguments: &[&str]) -> String {
    let (is_done, said) = docaxis(arguments);
    assert!(is_done, "{arguments:?}: {said}");
    said
}

fn segments(directory: &Path) -> Vec<u32> {
    let names = std::fs::read_dir(directory).unwrap();
    let names = names.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut numbers: Vec<u32> = names
        .filter_map(|name| name.strip_suffix(".journal")?.parse().ok())
        .collect();
    numbers.sort_unstable();
    numbers
}

/// A document that fills a fifth of a segment.
fn filled(number: u32) -> Writing {
    let part = |salt: u32| -> Vec<u8> {
        (0..INLINE)
            .map(|at| (at as u32 ^ number ^ salt) as u8)
            .collect()
    };
    let letter = document(number, HANOI, &[PHU_THO]);
    letter.attach("a.pdf", &part(0)).attach("c.pdf", &part(77))
}

fn paper(number: u32) -> v1::SignedDocument {
    filled(number).unsigned()
}

/// Submits so many documents from a number on.
async fn send(from: &Party, numbers: std::ops::Range<u32>) -> Vec<v1::Receipt> {
    let mut receipts = Vec::new();
    for number in numbers {
        receipts.push(from.submit(paper(number)).await.unwrap());
    }
    receipts
}

/// Acknowledges these, and takes what was said about them.
async fn settle(by: &Party, receipts: &[v1::Receipt]) {
    let sequences: Vec<u64> = receipts.iter().map(|one| one.hub_sequence).collect();
    by.acknowledge(&sequences).await;
}

async fn take_notices(by: &Party) {
    let statuses = by.pending().await.statuses;
    let request = v1::Acknowledgement {
        hub_sequences: Vec::new(),
        status_cursor: statuses.iter().map(|one| one.cursor).max().unwrap_or(0),
    };
    by.connection.exchange().acknowledge(request).await.unwrap();
}

async fn is_archived(by: &Party, receipt: &v1::Receipt) -> bool {
    let journey = by.track(&receipt.document_id).await.unwrap();
    assert_eq!(journey.receipt.as_ref(), Some(receipt));
    journey.recipients.iter().all(|one| one.stage == "ARCHIVED")
}

const DAY: SignedDuration = SignedDuration::from_hours(24);

/// Time passes, and there are lists of then.
fn pass(axis: &Axis, time: SignedDuration) {
    axis.clock.advance_to(axis.clock.now() + time);
    axis.revoke(&[]);
}

struct Place {
    _directory: tempfile::TempDir,
    data: PathBuf,
    archive: PathBuf,
}

fn place() -> Place {
    let directory = tempfile::tempdir().unwrap();
    Place {
        data: directory.path().join("data"),
        archive: directory.path().join("archive"),
        _directory: directory,
    }
}

/// What a restart does not change.
fn books(totals: &v1::Totals) -> (bool, [u64; 4]) {
    let v1::Totals {
        sent,
        addressed,
        received,
        pending,
        ..
    } = *totals;
    (totals.balanced, [sent, addressed, received, pending])
}

#[tokio::test(flavor = "multi_thread")]
async fn a_journal_stays_within_its_bytes_and_what_left_it_is_in_the_archive() {
    let place = place();
    let (journal, archive) = (place.data.join("journal"), place.archive.join("journal"));
    let most = 6 * SEGMENT;
    let axis = Axis::start_with(config(&place.data, of_bytes(most, &place.archive))).await;
    let (hanoi, phu_tho) = (axis.party(HANOI), axis.party(PHU_THO));
    let mut receipts = Vec::new();
    for round in 0..6 {
        let some = send(&hanoi, 10 * round + 1..10 * round + 11).await;
        settle(&phu_tho, &some).await;
        receipts.extend(some);
    }
    let size = || {
        let numbers = segments(&journal);
        let sizes = numbers.iter().map(|number| {
            std::fs::metadata(journal.join(format!("{number:08}.journal")))
                .map_or(0, |file| file.len())
        });
        sizes.sum::<u64>()
    };
    eventually("the oldest segments are dropped", async || {
        // Of the last one only a part is written.
        size() <= most + SEGMENT && segments(&journal)[0] > 1
    })
    .await;
    let (first, last) = (&receipts[0], receipts.last().unwrap());
    assert!(is_archived(&hanoi, first).await);
    assert!(!is_archived(&hanoi, last).await);
    // A repetition gets the receipt of then; everything else is told why not.
    assert_eq!(&hanoi.submit(paper(1)).await.unwrap(), first);
    for party in [&hanoi, &phu_tho] {
        let fetched = party.fetch(&first.document_id).await;
        assert_eq!(reason(fetched), Reason::DocumentArchived);
    }
    let reported = phu_tho.report(&first.document_id, 3, "").await;
    assert_eq!(reason(reported), Reason::DocumentArchived);
    let stranger = axis.party("000.00.00.H29");
    assert_eq!(
        reason(stranger.fetch(&first.document_id).await),
        Reason::DocumentUnknown
    );
    assert_eq!(phu_tho.acknowledge(&[first.hub_sequence]).await, 0);
    let totals = hanoi.totals().await;
    assert!(
        totals.balanced && totals.sent == 60 && totals.received == 60,
        "{totals:?}"
    );
    drop((hanoi, phu_tho, stranger));

    let authority = axis.stop().await;
    let (data, archived) = (
        place.data.display().to_string(),
        place.archive.display().to_string(),
    );
    // Archive and journal meet: nothing is missing between them.
    let kept = segments(&journal);
    let dropped = segments(&archive);
    let expected: Vec<u32> = (1..=*kept.last().unwrap()).collect();
    let mut both = dropped;
    both.extend(
        kept.iter()
            .filter(|number| !both.contains(number))
            .copied()
            .collect::<Vec<_>>(),
    );
    assert_eq!(both, expected);
    let said = done(&["journal", "verify", &archived]);
    let chain = said
        .split("--expect-chain ")
        .nth(1)
        .unwrap()
        .trim()
        .to_owned();
    let said = done(&[
        "journal",
        "verify",
        "--index",
        &data,
        "--expect-chain",
        &chain,
    ]);
    assert!(said.contains("begins behind record"), "{said}");
    // Without its index, and as a backup, it is the same hub.
    std::fs::remove_file(place.data.join("index.redb")).unwrap();
    let axis = Axis::start_under(authority, config(&place.data, Retention::default())).await;
    let (hanoi, phu_tho) = (axis.party(HANOI), axis.party(PHU_THO));
    for (number, receipt) in (1..).zip(&receipts) {
        assert_eq!(&hanoi.submit(paper(number)).await.unwrap(), receipt);
    }
    assert_eq!(books(&hanoi.totals().await), books(&totals));
    phu_tho.fetch(&last.document_id).await.unwrap();
    let copy = place.data.with_file_name("copy").display().to_string();
    done(&["backup", "--data", &data, &copy]);
    let authority = axis.stop().await;
    let axis = Axis::start_under(authority, config(Path::new(&copy), Retention::default())).await;
    assert_eq!(books(&axis.party(HANOI).totals().await), books(&totals));
    assert!(is_archived(&axis.party(HANOI), first).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_somebody_waits_for_is_kept_however_old_it_is() {
    let place = place();
    let axis = Axis::start_with(config(&place.data, of_days(30))).await;
    let (hanoi, phu_tho) = (axis.party(HANOI), axis.party(PHU_THO));
    let receipts = send(&hanoi, 1..13).await;
    let (waits, noticed, asked) = (&receipts[2], &receipts[1], &receipts[3]);
    settle(&phu_tho, &receipts[..2]).await;
    settle(&phu_tho, &receipts[3..]).await;
    phu_tho.report(&noticed.document_id, 1, "").await.unwrap();
    hanoi.report(&asked.document_id, 13, "").await.unwrap();
    assert!(!is_archived(&hanoi, &receipts[0]).await);
    pass(&axis, DAY * 31);
    eventually("the first goes", async || {
        is_archived(&hanoi, &receipts[0]).await
    })
    .await;
    let is_kept = async |receipt: &v1::Receipt| {
        hanoi.fetch(&receipt.document_id).await.unwrap();
        !is_archived(&hanoi, receipt).await
    };
    // Its sender has not taken a notice of it.
    assert!(is_kept(noticed).await);
    take_notices(&hanoi).await;
    // Of the same instant, so it might be of this document.
    take_notices(&phu_tho).await;
    eventually("the second goes", async || {
        is_archived(&hanoi, noticed).await
    })
    .await;
    // Its recipient has not acknowledged it.
    assert!(is_kept(waits).await);
    phu_tho.fetch(&waits.document_id).await.unwrap();
    settle(&phu_tho, std::slice::from_ref(waits)).await;
    eventually("the third goes", async || is_archived(&hanoi, waits).await).await;
    // Its recipient has not answered a recall.
    assert!(is_kept(asked).await);
    phu_tho
        .report(&asked.document_id, 16, "không thu hồi")
        .await
        .unwrap();
    take_notices(&hanoi).await;
    take_notices(&phu_tho).await;
    eventually("the rest goes", async || {
        is_archived(&hanoi, &receipts[7]).await
    })
    .await;
    // What lies in the segment that is written is kept with it.
    eventually("segments go", async || {
        segments(&place.data.join("journal")).len() <= 2
    })
    .await;
    assert!(hanoi.totals().await.balanced);
}

#[tokio::test(flavor = "multi_thread")]
async fn attachments_go_with_the_last_document_that_names_them() {
    let place = place();
    let axis = Axis::start_with(config(&place.data, of_days(30))).await;
    let (hanoi, phu_tho) = (axis.party(HANOI), axis.party(PHU_THO));
    let content = vec![7; 3000];
    let upload = async || {
        let chunk = v1::Chunk {
            data: content.clone().into(),
            sha256: sha256(&content).as_bytes().to_vec().into(),
            size: content.len() as u64,
            ..Default::default()
        };
        let mut exchange = hanoi.connection.exchange();
        exchange
            .put_attachment(tokio_stream::iter([chunk]))
            .await
            .unwrap();
    };
    let naming = |number: u32| {
        let mut writing = filled(number);
        writing.header.attachments.push(AttachmentRef {
            name: "b.pdf".to_owned(),
            content_type: "application/pdf".to_owned(),
            size: content.len() as u64,
            sha256: sha256(&content),
        });
        writing.unsigned()
    };
    upload().await;
    let first = hanoi.submit(naming(1)).await.unwrap();
    let early = send(&hanoi, 2..5).await;
    pass(&axis, DAY * 20);
    let second = hanoi.submit(naming(5)).await.unwrap();
    let late = send(&hanoi, 6..9).await;
    for some in [&[first.clone(), second.clone()], &early[..], &late[..]] {
        settle(&phu_tho, some).await;
    }
    let name = sha256(&content).to_string();
    let file = place
        .data
        .join("attachments/sha256")
        .join(&name[..2])
        .join(&name[2..]);
    pass(&axis, DAY * 15);
    eventually("the first goes", async || is_archived(&hanoi, &first).await).await;
    let request = |receipt: &v1::Receipt| v1::GetAttachmentRequest {
        document_id: receipt.document_id.clone(),
        sha256: sha256(&content).as_bytes().to_vec().into(),
    };
    let mut exchange = phu_tho.connection.exchange();
    let gone = exchange.get_attachment(request(&first)).await;
    assert_eq!(reason(gone), Reason::DocumentArchived);
    exchange.get_attachment(request(&second)).await.unwrap();
    assert!(file.exists(), "another document names it");
    pass(&axis, DAY * 20);
    eventually("the last goes", async || !file.exists()).await;
    assert!(is_archived(&hanoi, &second).await);
    let again = hanoi.submit(naming(9)).await;
    assert_eq!(reason(again), Reason::AttachmentMissing);
    upload().await;
    hanoi.submit(naming(9)).await.unwrap();
    assert!(file.exists());
}

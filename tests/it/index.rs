//! The index beside the journal: whatever happens to its file, every document arrives and the books say the
//! same.

use std::path::Path;
use std::process::Command;
use std::process::Output;

use docaxis::hub::Config;
use docaxis::store::Durability;

use crate::support::Axis;
use crate::support::HANOI;
use crate::support::PHU_THO;
use crate::support::VINH_PHUC;
use crate::support::document;

/// Documents that wait for two recipients.
const DOCUMENTS: u32 = 90;

/// Bits that are flipped, one at a time, over the whole file.
const FLIPS: usize = 24;

fn config(data: &Path) -> Config {
    Config::new(Some(data.into()), Durability::Os)
}

async fn filled(data: &Path) -> Axis {
    let axis = Axis::start_with(config(data)).await;
    let hanoi = axis.party(HANOI);
    for number in 1..=DOCUMENTS {
        let written = document(number, HANOI, &[PHU_THO, VINH_PHUC]);
        hanoi.submit(written.unsigned()).await.unwrap();
    }
    axis
}

/// Every document waits for both, can be fetched, and the ledger balances.
async fn has_all(axis: &Axis, what: &str) {
    for code in [PHU_THO, VINH_PHUC] {
        let waiting = axis.party(code).pending().await;
        assert_eq!(waiting.pending_total, u64::from(DOCUMENTS), "{what}");
        let ids: Vec<&str> = waiting
            .documents
            .iter()
            .map(|one| one.document_id.as_str())
            .collect();
        assert_eq!(ids.len(), DOCUMENTS as usize, "{what}");
        for id in [ids[0], ids[40], ids[89]] {
            axis.party(code).fetch(id).await.unwrap();
        }
    }
    let totals = axis.party(HANOI).totals().await;
    let seen = (totals.sent, totals.addressed, totals.pending);
    let wanted = [DOCUMENTS, 2 * DOCUMENTS, 2 * DOCUMENTS].map(u64::from);
    assert_eq!([seen.0, seen.1, seen.2], wanted, "{what}");
    assert!(totals.balanced, "{what}: {totals:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_document_arrives_whichever_bit_of_the_index_is_flipped() {
    let directory = tempfile::tempdir().unwrap();
    let data = directory.path().join("data");
    let mut authority = filled(&data).await.stop().await;
    let index = data.join("index.redb");
    let good = std::fs::read(&index).unwrap();
    let used: Vec<usize> = (0..good.len()).filter(|at| good[*at] != 0).collect();
    for flip in 0..FLIPS {
        let at = used[flip * used.len() / FLIPS];
        let mut bytes = good.clone();
        bytes[at] ^= 1 << (flip % 8);
        std::fs::write(&index, bytes).unwrap();
        let axis = Axis::start_under(authority, config(&data)).await;
        has_all(&axis, &format!("byte {at}, bit {}", flip % 8)).await;
        authority = axis.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_index_that_is_none_is_made_anew_before_the_hub_serves() {
    let directory = tempfile::tempdir().unwrap();
    let data = directory.path().join("data");
    let mut authority = filled(&data).await.stop().await;
    let index = data.join("index.redb");
    let good = std::fs::read(&index).unwrap();
    let half = &good[..good.len() / 2];
    for (what, bytes) in [("empty", &[][..]), ("half", half), ("zeros", &[0; 9000])] {
        std::fs::write(&index, bytes).unwrap();
        let axis = Axis::start_under(authority, config(&data)).await;
        has_all(&axis, what).await;
        authority = axis.stop().await;
    }
    std::fs::remove_file(&index).unwrap();
    let axis = Axis::start_under(authority, config(&data)).await;
    has_all(&axis, "missing").await;
}

fn journal(arguments: &[&str], data: &Path) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_docaxis"));
    let command = command.arg("journal").args(arguments).arg(data);
    command.env("LANG", "C").output().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn verify_holds_the_index_against_the_journal_and_reindex_makes_it_anew() {
    let directory = tempfile::tempdir().unwrap();
    let data = directory.path().join("data");
    filled(&data).await.stop().await;
    let verify = || journal(&["verify", "--index"], &data);
    let verified = verify();
    assert_eq!(verified.status.code(), Some(0), "{verified:?}");
    // A letter of an agency's name in its row.
    let index = data.join("index.redb");
    let mut bytes = std::fs::read(&index).unwrap();
    let name = "Phú Thọ".as_bytes();
    let found: Vec<usize> = (0..bytes.len() - name.len())
        .filter(|at| bytes[*at..].starts_with(name))
        .collect();
    for at in found {
        bytes[at] = b'X';
    }
    std::fs::write(&index, &bytes).unwrap();
    let verified = verify();
    assert_eq!(verified.status.code(), Some(1), "{verified:?}");
    let made = journal(&["reindex"], &data);
    assert_eq!(made.status.code(), Some(0), "{made:?}");
    let verified = verify();
    assert_eq!(verified.status.code(), Some(0), "{verified:?}");
}

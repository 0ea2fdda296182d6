//! The journal as evidence: what was cut off it or put back is found, told, and not served over.

use std::fs;
use std::io::BufRead as _;
use std::io::BufReader;
use std::path::Path;
use std::path::PathBuf;
use std::process::Command;
use std::process::Output;
use std::process::Stdio;

use docaxis::clock::Clock;
use docaxis::hub;
use docaxis::hub::Hub;
use docaxis::store::Durability;
use docaxis::trust::Authority;

use crate::support::Axis;
use crate::support::HANOI;
use crate::support::HUB;
use crate::support::PHU_THO;
use crate::support::document;
use crate::support::parts_of;
use crate::support::start;

fn docaxis(here: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_docaxis"));
    let command = command.args(arguments).current_dir(here).env("LANG", "C");
    command.output().unwrap()
}

/// Exit code, standard output and standard error of `docaxis journal verify data`.
fn verify(here: &Path, more: &[&str]) -> (Option<i32>, String, String) {
    let output = docaxis(here, &[&["journal", "verify", "data"], more].concat());
    (
        output.status.code(),
        String::from_utf8(output.stdout).unwrap(),
        String::from_utf8(output.stderr).unwrap(),
    )
}

fn segment(here: &Path) -> PathBuf {
    here.join("data/journal/00000001.journal")
}

fn config(here: &Path) -> hub::Config {
    hub::Config::new(Some(here.join("data")), Durability::Fsync)
}

fn opened(authority: &Authority, config: hub::Config) -> Result<Hub, hub::OpenError> {
    Hub::open(config, parts_of(authority, &Clock::manual(start())))
}

/// The refusal to open, as a person reads it.
fn refused(authority: &Authority, config: hub::Config) -> String {
    match opened(authority, config) {
        Ok(_) => panic!("it was opened"),
        Err(error) => error.to_string(),
    }
}

/// A hub that took six documents and stopped; its CA, and its journal as it was after the second.
async fn six(here: &Path) -> (Authority, Vec<u8>) {
    six_from(here, 1).await
}

async fn six_from(here: &Path, first: u32) -> (Authority, Vec<u8>) {
    let axis = Axis::start_with(config(here)).await;
    let hanoi = axis.party(HANOI);
    let mut early = Vec::new();
    for number in 1..=6 {
        let document = document(number + first - 1, HANOI, &[PHU_THO]).signed_by(&hanoi, start());
        let receipt = hanoi.submit(document).await.unwrap();
        assert_eq!(receipt.hub_sequence, u64::from(number));
        if number == 2 {
            early = fs::read(segment(here)).unwrap();
        }
    }
    drop(hanoi);
    (axis.stop().await, early)
}

#[tokio::test(flavor = "multi_thread")]
async fn an_older_journal_beside_the_index_is_refused_until_the_loss_is_accepted() {
    let directory = tempfile::tempdir().unwrap();
    let here = directory.path();
    let (authority, early) = six(here).await;
    fs::write(segment(here), &early).unwrap();
    for _ in 0..2 {
        let told = refused(&authority, config(here));
        assert!(
            told.contains("4 acknowledged documents are missing"),
            "{told}"
        );
        assert!(told.contains("documents up to number 2"), "{told}");
        assert!(!here.join("data/index.redb.ahead-1").exists());
        assert!(here.join("data/index.redb").exists());
        assert_eq!(fs::read(segment(here)).unwrap(), early);
    }
    let output = docaxis(here, &["journal", "reindex", "data"]);
    let told = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{told}");
    assert!(
        told.contains("4 acknowledged documents are missing"),
        "{told}"
    );
    let mut accepting = config(here);
    accepting.accept_loss = true;
    let axis = Axis::start_under(authority, accepting).await;
    assert!(here.join("data/index.redb.ahead-1").is_file());
    // A number that somebody has a receipt for is given to nobody else.
    let hanoi = axis.party(HANOI);
    let next = document(7, HANOI, &[PHU_THO]).signed_by(&hanoi, start());
    assert_eq!(hanoi.submit(next).await.unwrap().hub_sequence, 7);
    drop(hanoi);
    let authority = axis.stop().await;
    drop(opened(&authority, config(here)).unwrap());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_journal_that_is_gone_is_missed() {
    let directory = tempfile::tempdir().unwrap();
    let here = directory.path();
    let (authority, _) = six(here).await;
    fs::remove_file(segment(here)).unwrap();
    let told = refused(&authority, config(here));
    assert!(
        told.contains("6 acknowledged documents are missing"),
        "{told}"
    );
    // Without the index nobody can say how many.
    fs::remove_file(here.join("data/index.redb")).unwrap();
    fs::remove_dir(here.join("data/journal")).unwrap();
    let told = refused(&authority, config(here));
    assert!(
        told.contains("How many documents are missing cannot be told"),
        "{told}"
    );
    let mut accepting = config(here);
    accepting.accept_loss = true;
    drop(opened(&authority, accepting).unwrap());
    drop(opened(&authority, config(here)).unwrap());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_journal_costs_no_index() {
    let directory = tempfile::tempdir().unwrap();
    let here = directory.path();
    let (authority, _) = six(here).await;
    let mut bytes = fs::read(segment(here)).unwrap();
    bytes[200] ^= 1;
    fs::write(segment(here), &bytes).unwrap();
    let told = refused(&authority, config(here));
    assert!(told.contains("segment 1 is damaged at offset 64"), "{told}");
    assert!(here.join("data/index.redb").exists());
    assert_eq!(fs::read(segment(here)).unwrap(), bytes);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_index_of_another_hub_is_set_aside_and_made_anew() {
    let (ours, theirs) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let (authority, _) = six(ours.path()).await;
    six_from(theirs.path(), 2).await;
    let index = Path::new("data/index.redb");
    fs::copy(theirs.path().join(index), ours.path().join(index)).unwrap();
    let axis = Axis::start_under(authority, config(ours.path())).await;
    assert!(ours.path().join("data/index.redb.foreign-1").exists());
    let hanoi = axis.party(HANOI);
    assert_eq!(hanoi.totals().await.sent, 6);
    let next = document(7, HANOI, &[PHU_THO]).signed_by(&hanoi, start());
    assert_eq!(hanoi.submit(next).await.unwrap().hub_sequence, 7);
}

#[tokio::test(flavor = "multi_thread")]
async fn verify_finds_what_was_cut_off_or_put_back() {
    let directory = tempfile::tempdir().unwrap();
    let here = directory.path();
    let (_, early) = six(here).await;
    let (code, said, _) = verify(here, &["--json", "-"]);
    assert_eq!(code, Some(0), "{said}");
    let head: serde_json::Value = serde_json::from_str(&said).unwrap();
    let (records, chain) = (&head["last_sequence"], head["chain"].as_str().unwrap());
    assert_eq!(head["sound"], true);
    let records = records.to_string();
    let expected = ["--expect-records", &records, "--expect-chain", chain];
    let (code, said, _) = verify(here, &expected);
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains(&expected.join(" ")), "{said}");

    // An older copy is sound in itself, and not what is expected.
    fs::write(segment(here), &early).unwrap();
    let (code, said, _) = verify(here, &[]);
    assert_eq!(code, Some(0), "{said}");
    for (expected, told) in [
        (&expected[..2], "an older copy"),
        (&expected[2..], "no record has the chain"),
    ] {
        let (code, said, complained) = verify(here, expected);
        assert_eq!((code, said.as_str()), (Some(1), ""), "{complained}");
        assert!(complained.contains(told), "{complained}");
        let json = [expected, &["--json", "-"]].concat();
        let (code, said, _) = verify(here, &json);
        let told: serde_json::Value = serde_json::from_str(&said).unwrap();
        assert_eq!((code, &told["sound"]), (Some(1), &false.into()), "{said}");
    }

    // Torn: whole records, then something else.
    let end = early.iter().rposition(|byte| *byte != 0).unwrap();
    let mut torn = early;
    torn[end.next_multiple_of(8) + 8..][..100].fill(0xAA);
    fs::write(segment(here), &torn).unwrap();
    let (code, _, complained) = verify(here, &[]);
    assert_eq!(code, Some(1));
    assert!(
        complained.contains("may have been acknowledged"),
        "{complained}"
    );
    assert!(!complained.contains("never acknowledged"), "{complained}");

    // Empty, and no journal at all.
    fs::write(segment(here), &torn[..64]).unwrap();
    let (code, _, complained) = verify(here, &[]);
    assert_eq!(code, Some(1));
    assert!(complained.contains("holds no record"), "{complained}");
    fs::remove_file(segment(here)).unwrap();
    let (code, _, complained) = verify(here, &[]);
    assert_eq!(code, Some(1));
    assert!(complained.contains("there is no journal"), "{complained}");
}

#[test]
fn a_hub_that_lost_its_journal_ends_with_2_and_starts_with_accept_loss() {
    let directory = tempfile::tempdir().unwrap();
    let here = directory.path();
    let made = docaxis(here, &["ca", "init", "--dir", "pki"]);
    assert!(made.status.success());
    let hub = HUB;
    let serve = |more: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_docaxis"));
        let command = command
            .args(hub)
            .args(more)
            .current_dir(here)
            .env("LANG", "C");
        let mut process = command.stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        let mut said = BufReader::new(process.stdout.take().unwrap());
        said.read_line(&mut line).unwrap();
        process.kill().unwrap();
        process.wait().unwrap();
        line
    };
    assert!(serve(&[]).contains("hub listening"));
    fs::remove_file(segment(here)).unwrap();
    let output = docaxis(here, &hub);
    let told = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{told}");
    assert!(told.contains("acknowledged records are gone"), "{told}");
    assert!(serve(&["--accept-loss"]).contains("hub listening"));
    assert!(serve(&[]).contains("hub listening"));
}

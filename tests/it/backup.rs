//! Backups of a hub under load, by the command: every copy starts, has what was acknowledged before it
//! began, and goes on from there.

use std::path::Path;
use std::path::PathBuf;
use std::process::Command;
use std::process::Output;
use std::sync::Mutex;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering;

use docaxis::hub::Config;
use docaxis::model::AttachmentRef;
use docaxis::store::Durability;
use docaxis::trust::sha256;
use docaxis::wire::v1;

use crate::support::Axis;
use crate::support::HANOI;
use crate::support::PHU_THO;
use crate::support::Party;
use crate::support::document;

async fn docaxis(arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_docaxis"));
    command.args(arguments).env("LANG", "C");
    let ran = tokio::task::spawn_blocking(move || command.output().unwrap());
    ran.await.unwrap()
}

fn said(output: &Output) -> String {
    let all = [output.stdout.as_slice(), &output.stderr].concat();
    String::from_utf8_lossy(&all).into_owned()
}

async fn done(arguments: &[&str]) -> String {
    let output = docaxis(arguments).await;
    let said = said(&output);
    assert!(output.status.success(), "{arguments:?}: {said}");
    said
}

fn config(data: &Path) -> Config {
    Config::new(Some(data.into()), Durability::Fsync)
}

/// A document that names an attachment of its own beside the journal.
async fn submit(party: &Party, number: u32) -> (v1::Receipt, Vec<u8>) {
    let content = [number.to_le_bytes().as_slice(), &[7; 3000]].concat();
    let chunk = v1::Chunk {
        data: content.clone().into(),
        sha256: sha256(&content).as_bytes().to_vec().into(),
        size: content.len() as u64,
        ..Default::default()
    };
    let mut exchange = party.connection.exchange();
    exchange
        .put_attachment(tokio_stream::iter([chunk]))
        .await
        .unwrap();
    let receipt = party.submit(naming(number, &content)).await.unwrap();
    (receipt, content)
}

fn naming(number: u32, content: &[u8]) -> v1::SignedDocument {
    let mut writing = document(number, HANOI, &[PHU_THO]).attach("a.pdf", &vec![9; 2000]);
    writing.header.attachments.push(AttachmentRef {
        name: "b.pdf".to_owned(),
        content_type: "application/pdf".to_owned(),
        size: content.len() as u64,
        sha256: sha256(content),
    });
    writing.unsigned()
}

/// Documents sent at most, so that a slow copy of them ends.
const SENT_MAX: usize = 1_000;

/// What was acknowledged so far, and whether that is to go on.
#[derive(Default)]
struct Load {
    sent: Mutex<Vec<(v1::Receipt, Vec<u8>)>>,
    is_over: AtomicBool,
}

impl Load {
    fn count(&self) -> usize {
        self.sent.lock().unwrap().len()
    }

    async fn send(&self, party: &Party) {
        while !self.is_over.load(Ordering::Acquire) && self.count() < SENT_MAX {
            let number = u32::try_from(self.count()).unwrap() + 1;
            let sent = submit(party, number).await;
            self.sent.lock().unwrap().push(sent);
        }
    }

    async fn receive(&self, party: &Party) {
        while !self.is_over.load(Ordering::Acquire) {
            let waiting = party.pending().await.documents;
            // Some wait for longer.
            let sequences: Vec<u64> = waiting.iter().map(|one| one.hub_sequence).collect();
            let taken = sequences.len() / 2;
            party.acknowledge(&sequences[..taken]).await;
        }
    }
}

async fn attachment(party: &Party, id: &str, content: &[u8]) -> Vec<u8> {
    let request = v1::GetAttachmentRequest {
        document_id: id.to_owned(),
        sha256: sha256(content).as_bytes().to_vec().into(),
    };
    let mut exchange = party.connection.exchange();
    let mut chunks = exchange.get_attachment(request).await.unwrap().into_inner();
    let mut got = Vec::new();
    while let Some(chunk) = chunks.message().await.unwrap() {
        got.extend_from_slice(&chunk.data);
    }
    got
}

/// A hub on the copy knows every document acknowledged before, with its attachment, and takes more.
async fn has_all(axis: &Axis, sent: &[(v1::Receipt, Vec<u8>)]) {
    let (hanoi, phu_tho) = (axis.party(HANOI), axis.party(PHU_THO));
    for (number, (receipt, content)) in (1..).zip(sent) {
        hanoi.track(&receipt.document_id).await.unwrap();
        let again = hanoi.submit(naming(number, content)).await.unwrap();
        assert_eq!(&again, receipt);
        let got = attachment(&hanoi, &receipt.document_id, content).await;
        assert_eq!(&got, content);
    }
    let waiting = phu_tho.pending().await;
    for one in waiting.documents.iter().take(20) {
        phu_tho.fetch(&one.document_id).await.unwrap();
    }
    let totals = hanoi.totals().await;
    assert!(totals.balanced, "{totals:?}");
    assert!(totals.sent >= sent.len() as u64);
    let next = 1_000_000;
    hanoi
        .submit(document(next, HANOI, &[PHU_THO]).unsigned())
        .await
        .unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn every_copy_of_a_hub_under_load_starts_and_lacks_nothing() {
    let directory = tempfile::tempdir().unwrap();
    let here = directory.path();
    let data = here.join("data");
    let axis = Axis::start_with(config(&data)).await;
    let (hanoi, phu_tho) = (axis.party(HANOI), axis.party(PHU_THO));
    let load = Load::default();
    for number in 1..=40 {
        let sent = submit(&hanoi, number).await;
        load.sent.lock().unwrap().push(sent);
    }
    let mut copies: Vec<(PathBuf, usize)> = Vec::new();
    let data = data.display().to_string();
    let copying = async {
        // As fast as it goes, linked, and so slowly that the hub goes on under it.
        for (number, how) in [
            &["--rate", "400000"][..],
            &[],
            &["--link"],
            &["--rate", "2000000"],
        ]
        .iter()
        .enumerate()
        {
            let before = load.count();
            let to = here.join(format!("copy{number}"));
            let target = to.display().to_string();
            let said = done(&[&["backup", "--data", &data, &target], *how].concat()).await;
            assert!(said.contains("records in 1 segments"), "{said}");
            assert!(said.contains("chain "), "{said}");
            copies.push((to, before));
        }
        load.is_over.store(true, Ordering::Release);
    };
    tokio::join!(load.send(&hanoi), load.receive(&phu_tho), copying);
    drop((hanoi, phu_tho));
    let sent = load.sent.into_inner().unwrap();
    assert!(sent.len() > copies[0].1, "nothing happened meanwhile");
    let mut authority = axis.stop().await;
    let restored = here.join("restored");
    let (backup, target) = (
        copies[0].0.display().to_string(),
        restored.display().to_string(),
    );
    let told = done(&["restore", &backup, "--data", &target]).await;
    assert!(told.contains("is not in it"), "{told}");
    copies.push((restored, copies[0].1));
    for (copy, before) in copies {
        let axis = Axis::start_under(authority, config(&copy)).await;
        has_all(&axis, &sent[..before]).await;
        authority = axis.stop().await;
        let copy = copy.display().to_string();
        done(&["journal", "verify", &copy]).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_overwritten_and_a_damaged_backup_is_not_restored() {
    let directory = tempfile::tempdir().unwrap();
    let here = directory.path();
    let path = |name: &str| here.join(name).display().to_string();
    let axis = Axis::start_with(config(&here.join("data"))).await;
    submit(&axis.party(HANOI), 1).await;
    done(&["backup", "--data", &path("data"), &path("copy")]).await;
    let refusals: [(&[&str], &str); 4] = [
        (
            &["backup", "--data", &path("data"), &path("copy")],
            "is not empty",
        ),
        (
            &["backup", "--data", &path("nothing"), &path("other")],
            "no data directory",
        ),
        (
            &["restore", &path("copy"), "--data", &path("data")],
            "is not empty",
        ),
        (
            &[
                "backup",
                "--rate",
                "0",
                "--data",
                &path("data"),
                &path("other"),
            ],
            "--rate",
        ),
    ];
    for (arguments, why) in refusals {
        let output = docaxis(arguments).await;
        let said = said(&output);
        assert_eq!(output.status.code(), Some(2), "{said}");
        assert!(said.contains(why), "{said}");
    }
    let segment = here.join("copy/journal/00000001.journal");
    let mut bytes = std::fs::read(&segment).unwrap();
    bytes[300] ^= 1;
    std::fs::write(&segment, bytes).unwrap();
    let output = docaxis(&["restore", &path("copy"), "--data", &path("new")]).await;
    let said = said(&output);
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains("damaged at offset"), "{said}");
    assert!(!here.join("new").exists());
}

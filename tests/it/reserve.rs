//! A full hub can be drained and administered, and takes documents again when there is space.

use std::io::Write as _;
use std::path::Path;
use std::path::PathBuf;
use std::process::Child;
use std::process::Command;
use std::process::Stdio;

use docaxis::clock::Clock;
use docaxis::hub::Config;
use docaxis::model::DocumentId;
use docaxis::model::Reason;
use docaxis::model::calendar;
use docaxis::node::Connection;
use docaxis::node::Identity;
use docaxis::store::Durability;
use docaxis::wire;
use docaxis::wire::v1;

use crate::support::Axis;
use crate::support::HANOI;
use crate::support::PHU_THO;
use crate::support::Party;
use crate::support::VINH_PHUC;
use crate::support::VPCP;
use crate::support::document;
use crate::support::eventually;
use crate::support::reason;

/// Submits until the hub is full. Gives the identities of what it took.
async fn fill(sender: &Party, first: u32, to: &[&str], bytes: usize) -> Vec<String> {
    let mut taken = Vec::new();
    for number in first..first + 10_000 {
        let next = document(number, HANOI, to).attach("a.pdf", &vec![7; bytes]);
        match sender.submit(next.unsigned()).await {
            Ok(receipt) => taken.push(receipt.document_id),
            Err(status) => {
                assert_eq!(reason::<()>(Err(status)), Reason::StorageFull);
                return taken;
            }
        }
    }
    panic!("it is never full");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_journal_is_drained_and_administered_and_a_larger_one_takes_more() {
    for (capacity, bytes) in [(100_000, 100), (400_000, 1000), (3_000_000, 100_000)] {
        let directory = tempfile::tempdir().unwrap();
        let mut config = Config::new(Some(directory.path().into()), Durability::Fsync);
        config.journal_max_bytes = Some(capacity);
        let axis = Axis::start_with(config.clone()).await;
        let (hanoi, operator) = (axis.party(HANOI), axis.party(VPCP));
        let taken = fill(&hanoi, 1, &[PHU_THO, VINH_PHUC], bytes).await;
        assert!(taken.len() >= 3, "{capacity}: {}", taken.len());
        // One acknowledgement each at one recipient, all at once on a stream at the other.
        for party in [axis.party(PHU_THO), axis.party(VINH_PHUC)] {
            for id in &taken {
                let fetched = party.fetch(id).await.unwrap();
                assert_eq!(party.acknowledge(&[fetched.hub_sequence]).await, 1);
                party.report(id, 1, "đã đến").await.unwrap();
            }
            let waiting = party.pending().await.pending_total;
            assert_eq!(waiting, 0, "{capacity}");
        }
        let again = hanoi.submit(
            document(90_000, HANOI, &[PHU_THO])
                .attach("a", &vec![7; 200_000])
                .unsigned(),
        );
        let again = again.await;
        assert_eq!(reason(again), Reason::StorageFull);
        let suspend = v1::ChangeAgencyRequest {
            organ_id: VINH_PHUC.to_owned(),
            reason: "đầy đĩa".to_owned(),
        };
        let mut registry = operator.connection.registry();
        registry.suspend(suspend).await.unwrap();
        assert!(hanoi.totals().await.balanced);
        drop((hanoi, operator, registry));
        let authority = axis.stop().await;
        config.journal_max_bytes = Some(4 * capacity);
        let axis = Axis::start_under(authority, config).await;
        let hanoi = axis.party(HANOI);
        let next = document(50_000, HANOI, &[PHU_THO]).attach("a.pdf", &vec![7; bytes]);
        hanoi.submit(next.unsigned()).await.unwrap();
    }
}

/// A hub whose data lies on a small file system of its own; killed when it is dropped.
struct Small {
    process: Child,
    address: String,
    /// The file system, seen from outside.
    disk: PathBuf,
}

/// Whether a file system can be mounted here. That it cannot is a failure where skipping is forbidden.
#[expect(clippy::print_stderr, reason = "a skipped test is said plainly")]
fn mounting_is_missing() -> bool {
    let mount = ["-rm", "mount", "-t", "tmpfs", "none", "/mnt"];
    let ran = Command::new("unshare")
        .args(mount)
        .stderr(Stdio::null())
        .status();
    if ran.is_ok_and(|status| status.success()) {
        return false;
    }
    assert!(
        std::env::var_os("DOCAXIS_NO_SKIP").is_none(),
        "no file system can be mounted in a namespace"
    );
    eprintln!("SKIPPED: no file system can be mounted in a namespace");
    true
}

impl Small {
    async fn start(here: &Path, bytes: u64) -> Self {
        let program = env!("CARGO_BIN_EXE_docaxis");
        let ran = |arguments: &[&str]| {
            let mut command = Command::new(program);
            let output = command.args(arguments).current_dir(here).output().unwrap();
            assert!(output.status.success(), "{output:?}");
        };
        ran(&["ca", "init", "--dir", "pki"]);
        for organ in [HANOI, PHU_THO] {
            let issue = ["ca", "issue", "--dir", "pki", "--keys", "p256", "--organ"];
            ran(&[&issue[..], &[organ, "--out", organ]].concat());
        }
        std::fs::create_dir(here.join("disk")).unwrap();
        let script = format!(
            "mount -t tmpfs -o size={bytes} none disk && exec \"$0\" hub --data disk/data --pki pki \
             --listen 127.0.0.1:0 --ready-file ready"
        );
        let process = Command::new("unshare")
            .args(["-rm", "sh", "-c", &script, program])
            .current_dir(here)
            .spawn()
            .unwrap();
        let ready = here.join("ready");
        eventually("the hub is ready", || async {
            std::fs::read_to_string(&ready).is_ok_and(|text| !text.is_empty())
        })
        .await;
        let address = format!("https://{}", std::fs::read_to_string(&ready).unwrap());
        let outside = here.strip_prefix("/").unwrap().join("disk");
        let disk = PathBuf::from(format!("/proc/{}/root", process.id())).join(outside);
        Self {
            process,
            address,
            disk,
        }
    }

    fn connect(&self, here: &Path, organ: &str) -> Connection {
        let identity = Identity::read(&here.join(organ)).unwrap();
        let (certificates, key) = &identity.connection;
        let pair = Some((certificates.as_str(), key.as_str()));
        Connection::new(&self.address, &identity.anchors, pair, &Clock::system()).unwrap()
    }

    /// Takes every byte that is free.
    fn fill(&self) {
        let mut file = std::fs::File::create(self.disk.join("filler")).unwrap();
        for piece in [1 << 16, 1 << 12] {
            while file.write_all(&vec![1; piece]).is_ok() {}
        }
    }

    fn free(&self) {
        std::fs::remove_file(self.disk.join("filler")).unwrap();
    }
}

impl Drop for Small {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// A document of today: the hub process goes by the machine's clock.
fn today(number: u32, bytes: usize) -> v1::SignedDocument {
    let mut writing = document(number, HANOI, &[PHU_THO]);
    let date = calendar::local(Clock::system().now()).date();
    let header = &mut writing.header;
    header.promulgation_date = date;
    header.document_id = DocumentId::new(header.from, date, header.code.clone());
    writing.attach("a.pdf", &vec![7; bytes]).unsigned()
}

#[tokio::test(flavor = "multi_thread")]
async fn on_a_full_disk_what_waits_is_acknowledged_and_documents_pass_when_there_is_space() {
    if mounting_is_missing() {
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    let here = directory.path();
    let hub = Small::start(here, 32 * 1024 * 1024).await;
    let mut sender = hub.connect(here, HANOI).exchange();
    let mut recipient = hub.connect(here, PHU_THO).exchange();
    let mut number = 0;
    for _ in 0..2 {
        hub.fill();
        let mut taken = Vec::new();
        let full = loop {
            number += 1;
            match sender.submit(today(number, 150_000)).await {
                Ok(receipt) => taken.push(receipt.into_inner()),
                Err(status) => break wire::reason_of(&status).unwrap().reason,
            }
            assert!(taken.len() < 1000, "it is never full");
        };
        assert_eq!(full, Reason::StorageFull);
        for receipt in taken {
            let acknowledgement = v1::Acknowledgement {
                hub_sequences: vec![receipt.hub_sequence],
                status_cursor: 0,
            };
            let done = recipient.acknowledge(acknowledgement).await.unwrap();
            assert_eq!(done.into_inner().acknowledged, 1);
            let report = v1::StatusReport {
                document_id: receipt.document_id,
                code: 1,
                ..Default::default()
            };
            recipient.report_status(report).await.unwrap();
        }
        hub.free();
        let next = number;
        eventually("documents pass again", || {
            let mut sender = sender.clone();
            async move { sender.submit(today(next, 150_000)).await.is_ok() }
        })
        .await;
    }
}

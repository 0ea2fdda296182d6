//! The hub's memory stays bounded: by the size of an attachment, and by recipients that do not read.

use std::path::Path;
use std::process::Child;
use std::process::Command;
use std::process::Stdio;
use std::time::Duration;

use docaxis::clock::Clock;
use docaxis::model::AttachmentRef;
use docaxis::model::Digest;
use docaxis::model::calendar;
use docaxis::node::Connection;
use docaxis::node::Identity;
use docaxis::wire::v1;

use crate::support::HUB;
use crate::support::document;

const PROGRAM: &str = env!("CARGO_BIN_EXE_docaxis");
const SENDER: &str = "000.00.00.H26";
const RECIPIENT: &str = "000.00.00.H62";
const MIB: u64 = 1024 * 1024;

/// How much the hub may grow.
const GROWTH_MAX: u64 = 64 * MIB;

struct Hub {
    process: Child,
    address: String,
}

impl Drop for Hub {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

impl Hub {
    async fn start(directory: &Path) -> Self {
        let run = |arguments: &[&str]| {
            let mut command = Command::new(PROGRAM);
            let ran = command
                .args(arguments)
                .current_dir(directory)
                .output()
                .unwrap();
            assert!(
                ran.status.success(),
                "{}",
                String::from_utf8_lossy(&ran.stderr)
            );
        };
        run(&["ca", "init", "--dir", "pki"]);
        for organ in [SENDER, RECIPIENT] {
            let issue = [
                "ca", "issue", "--dir", "pki", "--organ", organ, "--out", organ,
            ];
            run(&[&issue[..], &["--keys", "p256"]].concat());
        }
        let arguments = HUB;
        let mut command = Command::new(PROGRAM);
        command
            .args(arguments)
            .args(["--ready-file", "ready"])
            .current_dir(directory);
        let process = command.stdout(Stdio::null()).spawn().unwrap();
        let ready = directory.join("ready");
        let look = async {
            let mut ticks = tokio::time::interval(Duration::from_millis(20));
            loop {
                ticks.tick().await;
                match std::fs::read_to_string(&ready) {
                    Ok(address) if !address.is_empty() => return format!("https://{address}"),
                    _ => {}
                }
            }
        };
        let address = tokio::time::timeout(Duration::from_secs(20), look)
            .await
            .unwrap();
        Self { process, address }
    }

    /// The most memory the hub ever held, in bytes.
    fn peak(&self) -> u64 {
        let status = format!("/proc/{}/status", self.process.id());
        let status = std::fs::read_to_string(status).unwrap();
        let line = status
            .lines()
            .find_map(|line| line.strip_prefix("VmHWM:"))
            .unwrap();
        line.trim().trim_end_matches(" kB").parse::<u64>().unwrap() * 1024
    }

    fn connect(&self, directory: &Path, organ: &str) -> Connection {
        let identity = Identity::read(&directory.join(organ)).unwrap();
        let (certificates, key) = &identity.connection;
        let pair = Some((certificates.as_str(), key.as_str()));
        Connection::new(&self.address, &identity.anchors, pair, &Clock::system()).unwrap()
    }
}

/// A document of today: the hub process goes by the machine's clock.
fn today(number: u32) -> crate::support::Writing {
    let mut writing = document(number, SENDER, &[RECIPIENT]);
    let date = calendar::local(Clock::system().now()).date();
    let header = &mut writing.header;
    header.promulgation_date = date;
    header.document_id = docaxis::model::DocumentId::new(header.from, date, header.code.clone());
    writing
}

#[tokio::test(flavor = "multi_thread")]
async fn a_250_mb_attachment_passes_through_a_small_hub() {
    let temporary = tempfile::tempdir().unwrap();
    let hub = Hub::start(temporary.path()).await;
    let sender = hub.connect(temporary.path(), SENDER);
    let recipient = hub.connect(temporary.path(), RECIPIENT);
    sender
        .monitor()
        .get_totals(v1::GetTotalsRequest {})
        .await
        .unwrap();
    let before = hub.peak();
    let chunk = v1::Chunk {
        data: vec![7; 250_000].into(),
        ..Default::default()
    };
    let chunks = tokio_stream::iter(std::iter::repeat_n(chunk, 1000));
    let stored = sender
        .exchange()
        .put_attachment(chunks)
        .await
        .unwrap()
        .into_inner();
    assert_eq!(stored.size, 250_000_000);
    let mut writing = today(1);
    writing.header.attachments.push(AttachmentRef {
        name: "lon.bin".to_owned(),
        content_type: "application/octet-stream".to_owned(),
        size: stored.size,
        sha256: Digest::try_from(stored.sha256.as_ref()).unwrap(),
    });
    let receipt = sender
        .exchange()
        .submit(writing.unsigned())
        .await
        .unwrap()
        .into_inner();
    let request = v1::GetAttachmentRequest {
        document_id: receipt.document_id,
        sha256: stored.sha256,
    };
    let mut chunks = recipient
        .exchange()
        .get_attachment(request)
        .await
        .unwrap()
        .into_inner();
    let mut fetched = 0;
    while let Some(chunk) = chunks.message().await.unwrap() {
        fetched += chunk.data.len();
    }
    assert_eq!(fetched, 250_000_000);
    let growth = hub.peak() - before;
    assert!(growth <= GROWTH_MAX, "the hub grew by {} MiB", growth / MIB);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_recipient_that_does_not_read_does_not_grow_the_hub() {
    let temporary = tempfile::tempdir().unwrap();
    let hub = Hub::start(temporary.path()).await;
    let sender = hub.connect(temporary.path(), SENDER);
    let recipient = hub.connect(temporary.path(), RECIPIENT);
    let (requests, receive) = tokio::sync::mpsc::channel(1);
    requests
        .send(v1::SubscribeRequest {
            credit: 1024,
            acknowledge: None,
        })
        .await
        .unwrap();
    let receive = tokio_stream::wrappers::ReceiverStream::new(receive);
    // Subscribed, and never read.
    let unread = recipient.exchange().subscribe(receive).await.unwrap();
    let content = vec![7; 20_000];
    let submit = |numbers: std::ops::Range<u32>| {
        let content = content.clone();
        let documents = numbers.map(move |number| v1::SubmitStreamRequest {
            tag: u64::from(number),
            document: Some(today(number).attach("a.bin", &content).unsigned()),
        });
        let mut exchange = sender.exchange();
        async move {
            let answers = exchange
                .submit_stream(tokio_stream::iter(documents))
                .await
                .unwrap();
            let mut answers = answers.into_inner();
            while let Some(answer) = answers.message().await.unwrap() {
                let refused = matches!(
                    answer.outcome,
                    Some(v1::submit_stream_response::Outcome::Refused(_))
                );
                assert!(!refused, "{answer:?}");
            }
        }
    };
    // The bounded caches fill first; what comes after must not add to them.
    submit(1..5_000).await;
    let before = hub.peak();
    submit(5_000..15_000).await;
    let growth = hub.peak() - before;
    assert!(growth <= GROWTH_MAX, "the hub grew by {} MiB", growth / MIB);
    let totals = sender
        .monitor()
        .get_totals(v1::GetTotalsRequest {})
        .await
        .unwrap()
        .into_inner();
    assert_eq!(
        (totals.sent, totals.received, totals.balanced),
        (14_999, 0, true)
    );
    drop(unread);
}

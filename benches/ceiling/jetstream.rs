//! The same documents through a NATS JetStream server: published once each in atomic batches, every one
//! on the disk before its batch is confirmed, then fetched and acknowledged by each of a few consumers.
//!
//! Atomic batches are four headers (NATS ADR-50): all messages of a batch carry its identity and their
//! place, the last one the wish to commit.

use std::path::Path;
use std::path::PathBuf;
use std::process::Child;
use std::process::Command;
use std::process::Stdio;
use std::time::Duration;

use async_nats::HeaderMap;
use async_nats::jetstream;
use async_nats::jetstream::consumer::AckPolicy;
use async_nats::jetstream::consumer::pull;
use bytes::Bytes;
use docaxis::clock::Clock;
use docaxis::load::drive::CorpusReader;
use futures_util::StreamExt as _;

/// Messages of a batch, as many as a loaded hub has in its larger commits.
const BATCH: usize = 256;

/// Connections that publish.
const PUBLISHERS: usize = 4;

/// Documents published.
const DOCUMENTS: usize = 30_000;

/// What a consumer may have without acknowledging.
const PENDING: i64 = 10_000;

/// What was found.
pub(crate) struct Found {
    pub(crate) documents_per_s: f64,
    pub(crate) deliveries_per_s: f64,
    pub(crate) cpu_us_per_delivery: f64,
}

struct Server {
    process: Child,
    url: String,
    _directory: tempfile::TempDir,
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Starts a server, drives it, ends it.
pub(crate) fn measure(program: &Path, chunks: &[PathBuf], consumers: u32) -> Found {
    let clock = Clock::system();
    let documents = documents(chunks);
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let server = start(program, &clock).await;
        let client = async_nats::connect(&server.url).await.unwrap();
        let context = jetstream::new(client);
        let config = jetstream::stream::Config {
            name: "DOCUMENTS".to_owned(),
            subjects: vec!["documents".to_owned()],
            allow_atomic_publish: true,
            ..Default::default()
        };
        let stream = context.create_stream(config).await.unwrap();
        let mut receiving = tokio::task::JoinSet::new();
        let wanted = documents.len();
        for number in 0..consumers {
            stream
                .create_consumer(pull::Config {
                    durable_name: Some(format!("recipient-{number}")),
                    ack_policy: AckPolicy::Explicit,
                    max_ack_pending: PENDING,
                    ..Default::default()
                })
                .await
                .unwrap();
            receiving.spawn(receive(server.url.clone(), number, wanted));
        }
        let cpu_before = cpu(server.process.id());
        let begun = clock.monotonic();
        let mut publishing = tokio::task::JoinSet::new();
        let share = wanted.div_ceil(PUBLISHERS);
        for (number, share) in documents.chunks(share).enumerate() {
            publishing.spawn(publish(server.url.clone(), number, share.to_vec()));
        }
        publishing.join_all().await;
        let published = clock.monotonic() - begun;
        receiving.join_all().await;
        let received = clock.monotonic() - begun;
        let spent = cpu(server.process.id()) - cpu_before;
        let deliveries = wanted as f64 * f64::from(consumers);
        Found {
            documents_per_s: wanted as f64 / published.as_secs_f64(),
            deliveries_per_s: deliveries / received.as_secs_f64(),
            cpu_us_per_delivery: spent.as_secs_f64() * 1e6 / deliveries,
        }
    })
}

fn documents(chunks: &[PathBuf]) -> Vec<Bytes> {
    let mut corpus = CorpusReader::new(chunks.to_vec());
    let mut documents = Vec::with_capacity(DOCUMENTS);
    while documents.len() < DOCUMENTS {
        match corpus.read().unwrap() {
            Some(prepared) => documents.push(prepared.document),
            None => break,
        }
    }
    assert!(!documents.is_empty(), "no documents of the hub's run");
    documents
}

async fn start(program: &Path, clock: &Clock) -> Server {
    let directory = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    // A port that is free now; nothing else asks for one in between.
    let port = {
        let listener = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap();
        listener.local_addr().unwrap().port()
    };
    let config = directory.path().join("nats.conf");
    let store = directory.path().join("store");
    let text = format!(
        "listen: \"127.0.0.1:{port}\"\njetstream {{\n  store_dir: \"{}\"\n  sync_interval: always\n}}\n",
        store.display()
    );
    std::fs::write(&config, text).unwrap();
    let process = Command::new(program)
        .arg("--config")
        .arg(&config)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let server = Server {
        process,
        url: format!("nats://127.0.0.1:{port}"),
        _directory: directory,
    };
    let begun = clock.monotonic();
    while async_nats::connect(&server.url).await.is_err() {
        assert!(
            clock.monotonic() - begun < Duration::from_secs(10),
            "no server"
        );
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    server
}

async fn publish(url: String, publisher: usize, documents: Vec<Bytes>) {
    let client = async_nats::connect(url).await.unwrap();
    for (number, batch) in documents.chunks(BATCH).enumerate() {
        let identity = format!("{publisher}-{number}");
        for (place, document) in batch.iter().enumerate() {
            let mut headers = HeaderMap::new();
            headers.insert("Nats-Batch-Id", identity.as_str());
            headers.insert("Nats-Batch-Sequence", (place + 1).to_string());
            let is_last = place + 1 == batch.len();
            if is_last {
                headers.insert("Nats-Batch-Commit", "1");
            }
            if is_last || place == 0 {
                let answer = client
                    .request_with_headers("documents", headers, document.clone())
                    .await
                    .unwrap();
                let answer = String::from_utf8_lossy(&answer.payload).into_owned();
                assert!(!answer.contains("\"error\""), "{answer}");
            } else {
                let sent = client.publish_with_headers("documents", headers, document.clone());
                sent.await.unwrap();
            }
        }
    }
}

async fn receive(url: String, number: u32, wanted: usize) {
    let client = async_nats::connect(url).await.unwrap();
    let context = jetstream::new(client.clone());
    let consumer: jetstream::consumer::PullConsumer = context
        .get_consumer_from_stream(format!("recipient-{number}"), "DOCUMENTS")
        .await
        .unwrap();
    let mut messages = consumer
        .stream()
        .max_messages_per_batch(500)
        .messages()
        .await
        .unwrap();
    for _ in 0..wanted {
        let message = messages.next().await.unwrap().unwrap();
        message.ack().await.unwrap();
    }
    client.flush().await.unwrap();
}

/// CPU of a process, in hundredths of a second as the system counts them.
fn cpu(process: u32) -> Duration {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).unwrap();
    let after_name = stat.rsplit(')').next().unwrap();
    let fields: Vec<&str> = after_name.split_whitespace().collect();
    let ticks: u64 = [fields[11], fields[12]]
        .iter()
        .map(|field| field.parse::<u64>().unwrap())
        .sum();
    Duration::from_millis(10 * ticks)
}

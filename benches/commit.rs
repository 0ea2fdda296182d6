//! What does making a batch durable cost, and what does the rest of the store add to it?
//!
//! Workload: records of 6 KiB, about a signed document without large attachments, in batches of 1
//! to 256; index rows of a 20-byte key and a 60-byte value, 64 in one `apply` and 50,000 in one
//! flush; a mailbox of 10,000 entries of all priorities. `store::reference` is a raw write and
//! `fdatasync` of the same bytes to a preallocated file in the same run: figures mean something
//! only beside it. Throughput is per record, row or entry. The disk is that of `TMPDIR`: a tmpfs
//! makes flushing free.

use std::fs::File;
use std::os::unix::fs::FileExt;

use criterion::BatchSize;
use criterion::Criterion;
use criterion::Throughput;
use criterion::criterion_group;
use criterion::criterion_main;
use docaxis::model::Priority;
use docaxis::store::Batch;
use docaxis::store::Durability;
use docaxis::store::Freeze;
use docaxis::store::Index;
use docaxis::store::Journal;
use docaxis::store::JournalConfig;
use docaxis::store::Mailbox;
use docaxis::store::MailboxBounds;
use docaxis::store::Position;

const BODY: [u8; 6 * 1024] = [0xA5; 6 * 1024];
const BATCHES: [u32; 4] = [1, 16, 64, 256];
const FLUSHED: u32 = 50_000;
const SEGMENT: u64 = 64 * 1024 * 1024;

fn batch(records: u32) -> Batch {
    let mut batch = Batch::new();
    (0..records).for_each(|_| batch.push(1, &[&BODY]));
    batch
}

fn append(c: &mut Criterion) {
    let mut group = c.benchmark_group("store::append");
    for durability in Durability::ALL {
        for records in BATCHES {
            let dir = tempfile::tempdir().expect("a temporary directory");
            let config = JournalConfig {
                durability,
                ..JournalConfig::default()
            };
            let open = || {
                let config = JournalConfig {
                    capacity_bytes: None,
                    ..config
                };
                let nothing = &mut |_: Position, _: u8, _: &[u8]| Ok::<(), ()>(());
                Journal::open(dir.path(), config, None, nothing)
                    .expect("a journal")
                    .0
            };
            let mut journal = open();
            let batch = batch(records);
            group.throughput(Throughput::Elements(u64::from(records)));
            group.bench_function(format!("level={durability} batch={records}"), |b| {
                b.iter(|| {
                    // Old segments go, or the run would need the disk of a whole month.
                    if journal.used_bytes() > 8 * SEGMENT {
                        for entry in std::fs::read_dir(dir.path()).expect("the journal") {
                            std::fs::remove_file(entry.expect("an entry").path()).expect("gone");
                        }
                        journal = open();
                    }
                    journal.append(&batch).expect("appended")
                });
            });
        }
    }
    group.finish();
}

fn reference(c: &mut Criterion) {
    let mut group = c.benchmark_group("store::reference");
    for records in BATCHES {
        let file = tempfile::tempfile().expect("a temporary file");
        let begin = |file: &File| {
            file.set_len(0).expect("empty");
            rustix::fs::fallocate(file, rustix::fs::FallocateFlags::empty(), 0, SEGMENT)
                .expect("preallocated");
            file.sync_all().expect("flushed");
        };
        begin(&file);
        let bytes = vec![0xA5; batch(records).bytes()];
        let mut offset = 0;
        group.throughput(Throughput::Elements(u64::from(records)));
        group.bench_function(format!("fdatasync batch={records}"), |b| {
            b.iter(|| {
                if offset + bytes.len() as u64 > SEGMENT {
                    begin(&file);
                    offset = 0;
                }
                file.write_all_at(&bytes, offset).expect("written");
                file.sync_data().expect("flushed");
                offset += bytes.len() as u64;
            });
        });
    }
    group.finish();
}

fn rows(from: u32, count: u32) -> Vec<(Vec<u8>, Option<Vec<u8>>)> {
    (from..from + count)
        .map(|number| {
            let mut key = vec![0; 20];
            // Spread over the key space, as document identities are.
            key[..4].copy_from_slice(&number.wrapping_mul(0x9E37_79B1).to_be_bytes());
            (key, Some(vec![0xA5; 60]))
        })
        .collect()
}

fn index(c: &mut Criterion) {
    let mut group = c.benchmark_group("store::index");
    let dir = tempfile::tempdir().expect("a temporary directory");
    let index = Index::open(&dir.path().join("index.redb"), 0).expect("an index");
    let position = Position::from_bytes([1; 16]);
    let mut next = 0_u32;
    group.throughput(Throughput::Elements(64));
    group.bench_function("apply rows=64", |b| {
        b.iter_batched(
            || {
                next = next.wrapping_add(64);
                // Bounded as the commit thread bounds it.
                if index.dirty() > 200_000 && index.freeze(position) == Freeze::Frozen {
                    index.flush_frozen().expect("flushed");
                }
                rows(next % 10_000_000, 64)
            },
            |rows| index.apply(rows),
            BatchSize::PerIteration,
        );
    });
    index.freeze(position);
    index.flush_frozen().expect("flushed");
    group.sample_size(10);
    group.throughput(Throughput::Elements(u64::from(FLUSHED)));
    group.bench_function(format!("flush rows={FLUSHED}"), |b| {
        b.iter_batched(
            || {
                next = next.wrapping_add(FLUSHED);
                index.apply(rows(next % 10_000_000, FLUSHED));
                index.freeze(position);
            },
            |()| index.flush_frozen().expect("flushed"),
            BatchSize::PerIteration,
        );
    });
    group.finish();
}

fn mailbox(c: &mut Criterion) {
    let mut group = c.benchmark_group("store::mailbox");
    group.throughput(Throughput::Elements(10_000));
    group.bench_function("push take acknowledge entries=10000", |b| {
        b.iter(|| {
            let mut mailbox = Mailbox::new(MailboxBounds {
                window: 10_000,
                in_flight: 10_000,
                aside: 10_000,
            });
            for (sequence, priority) in (1..=10_000).zip(Priority::ALL.into_iter().cycle()) {
                mailbox.push(priority, sequence, 0_u32);
            }
            let (subscription, _) = mailbox.subscribe();
            while let Some(taken) = mailbox.take(subscription) {
                mailbox.acknowledge(taken.priority, taken.sequence);
            }
            mailbox.pending()
        });
    });
    group.finish();
}

criterion_group! {
    name = benches;
    config = Criterion::default()
        .warm_up_time(std::time::Duration::from_secs(1))
        .measurement_time(std::time::Duration::from_secs(3))
        .sample_size(20);
    targets = reference, append, index, mailbox
}
criterion_main!(benches);

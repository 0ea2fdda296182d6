//! What does the whole path of one document cost? Written, signed, submitted over mTLS, verified,
//! committed with fsync, receipted: one at a time, and pipelined from one sender. The axis runs in this
//! process, so the figure is that of sender, hub and recipients together. Names are
//! `hub::operation/key=value`.
#![expect(
    clippy::unwrap_used,
    reason = "a benchmark may stop at anything unexpected"
)]

use std::cell::Cell;

use criterion::Criterion;
use criterion::Throughput;
use criterion::criterion_group;
use criterion::criterion_main;
use docaxis::axis;
use docaxis::axis::Axis;
use docaxis::clock::Clock;
use docaxis::load::Plan;
use docaxis::load::Scenario;
use docaxis::model::Directory;
use docaxis::model::DocumentCode;
use docaxis::model::DocumentHeader;
use docaxis::model::DocumentId;
use docaxis::model::OrganId;
use docaxis::node::Delay;
use docaxis::node::Draft;
use docaxis::node::Habits;
use docaxis::node::Outcome;
use docaxis::node::Participant;
use docaxis::node::Signing;
use docaxis::store::Durability;
use docaxis::trust::KeyKind;

/// Documents sent together in the pipelined case.
const TOGETHER: u64 = 64;

fn bench(criterion: &mut Criterion) {
    let directory = Directory::of_2019();
    let scenario = Scenario::preset("period-2019").unwrap().scaled_to(200);
    let plan = Plan::of(&scenario, directory).unwrap();
    let template = plan.good().next().unwrap();
    let clock = Clock::manual(template.at);
    let data = tempfile::tempdir().unwrap();
    let never = Delay {
        least: 1_000_000,
        median: 1_000_000,
        most: 1_000_000,
    };
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let _entered = runtime.enter();
    let axis = Axis::start(
        axis::Config {
            agencies: directory
                .agencies()
                .iter()
                .map(|a| (a.organ, a.name.clone()))
                .collect(),
            habits: Habits {
                seed: 1,
                accept: never,
                assign: never,
                process: never,
                finish: never,
                answer_change: never,
                rejected_share: 0.0,
                worked_on_share: 0.0,
                declined_share: 0.0,
                rejection_reasons: Vec::new(),
                decline_reasons: Vec::new(),
            },
            key_kind: KeyKind::EcdsaP256,
            durability: Durability::Fsync,
            engine: docaxis::trust::Engine::shared(),
            data: Some(data.path().join("hub")),
            clock,
        },
        |_| {},
    )
    .unwrap();
    let sender = &axis.participants[&template.header.from];
    let number = Cell::new(0);
    let next = || {
        number.set(number.get() + 1);
        draft(&template.header, sender.organ(), number.get(), template.at)
    };
    criterion.bench_function("hub::submit/key=p256 in_flight=1", |bencher| {
        bencher.iter(|| runtime.block_on(send(sender, next())));
    });
    let mut group = criterion.benchmark_group("hub::submit");
    group.throughput(Throughput::Elements(TOGETHER));
    group.bench_function(format!("key=p256 in_flight={TOGETHER}"), |bencher| {
        bencher.iter(|| {
            let documents = (0..TOGETHER).map(|_| send(sender, next()));
            runtime.block_on(futures_util::future::join_all(documents))
        });
    });
    group.finish();
    runtime.block_on(axis.stop()).unwrap();
}

async fn send(sender: &Participant, draft: Draft) {
    let outcome = sender.send(draft, None).await.unwrap();
    assert!(matches!(outcome, Outcome::Accepted(_)), "{outcome:?}");
}

fn draft(template: &DocumentHeader, from: OrganId, number: u64, at: jiff::Timestamp) -> Draft {
    let code = DocumentCode::new(&number.to_string(), "VB-BENCH").unwrap();
    let date = template.promulgation_date;
    let document_id = DocumentId::new(from, date, code.clone());
    Draft {
        header: DocumentHeader {
            document_id,
            code,
            ..template.clone()
        },
        attachments: vec![("a.bin".to_owned(), "text/plain".to_owned(), vec![7; 3000])],
        signing: Signing::Both,
        at,
        mistake: None,
    }
}

criterion_group!(benches, bench);
criterion_main!(benches);

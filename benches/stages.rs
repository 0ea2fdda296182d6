//! What does each stage of the hub's path cost on its own? One document of the usual 4 KiB with two
//! signatures: read from the wire, its header read and checked, digested, written to the wire again for
//! one recipient. Verification is in `verify`, the store in `commit`, everything together in `submit`.
//! Names are `hub::stage/key=value`.
#![expect(
    clippy::unwrap_used,
    reason = "a benchmark may stop at anything unexpected"
)]

use criterion::Criterion;
use criterion::Throughput;
use criterion::criterion_group;
use criterion::criterion_main;
use docaxis::load::Plan;
use docaxis::load::Scenario;
use docaxis::model::Directory;
use docaxis::trust::sha256;
use docaxis::wire::decode_header;
use docaxis::wire::encode_header;
use docaxis::wire::v1;
use prost::Message as _;

/// Bytes of an attachment, and of two RSA-2048 signatures with their certificates.
const ATTACHMENT: usize = 4096;
const SIGNATURES: usize = 4300;

fn bench(criterion: &mut Criterion) {
    let scenario = Scenario::preset("period-2019").unwrap().scaled_to(200);
    let plan = Plan::of(&scenario, Directory::of_2019()).unwrap();
    let header = encode_header(&plan.good().next().unwrap().header);
    let document = v1::SignedDocument {
        header: header.clone().into(),
        signature: vec![7; SIGNATURES].into(),
        attachments: vec![v1::Attachment {
            content: vec![7; ATTACHMENT].into(),
            ..Default::default()
        }],
    };
    let request = v1::SubmitStreamRequest {
        tag: 1,
        document: Some(document.clone()),
    };
    let request = bytes::Bytes::from(request.encode_to_vec());
    let delivery = v1::Delivery {
        item: Some(v1::delivery::Item::Document(v1::DocumentDelivery {
            hub_sequence: 1,
            document: Some(document),
            ..Default::default()
        })),
    };

    let mut group = criterion.benchmark_group("hub::decode");
    group.throughput(Throughput::Bytes(request.len() as u64));
    group.bench_function(format!("bytes={}", request.len()), |bencher| {
        bencher.iter(|| v1::SubmitStreamRequest::decode(request.clone()).unwrap());
    });
    group.finish();

    criterion.bench_function(&format!("hub::admit/bytes={}", header.len()), |bencher| {
        bencher.iter(|| decode_header(&header).unwrap());
    });

    let mut group = criterion.benchmark_group("hub::digest");
    for size in [header.len(), ATTACHMENT, 64 * 1024] {
        let content = vec![7; size];
        group.throughput(Throughput::Bytes(size as u64));
        group.bench_function(format!("bytes={size}"), |bencher| {
            bencher.iter(|| sha256(&content));
        });
    }
    group.finish();

    let mut group = criterion.benchmark_group("hub::send");
    let mut frame = Vec::with_capacity(delivery.encoded_len());
    group.throughput(Throughput::Bytes(delivery.encoded_len() as u64));
    group.bench_function(format!("bytes={}", delivery.encoded_len()), |bencher| {
        bencher.iter(|| {
            frame.clear();
            delivery.encode(&mut frame).unwrap();
            frame.len()
        });
    });
    group.finish();
}

criterion_group!(benches, bench);
criterion_main!(benches);

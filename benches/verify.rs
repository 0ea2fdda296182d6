//! What does a signature cost? Signing a document, verifying it with certificates known and unknown,
//! and the digests beside it. Names are `trust::operation/key=value`.
#![expect(
    clippy::unwrap_used,
    reason = "a benchmark may stop at anything unexpected"
)]

use criterion::BatchSize;
use criterion::Criterion;
use criterion::Throughput;
use criterion::criterion_group;
use criterion::criterion_main;
use docaxis::model::CertificateUse;
use docaxis::model::OrganId;
use docaxis::trust::Authority;
use docaxis::trust::Credential;
use docaxis::trust::DocumentSigner;
use docaxis::trust::KeyKind;
use docaxis::trust::KeyPair;
use docaxis::trust::Policy;
use docaxis::trust::Subject;
use docaxis::trust::TrustStore;
use docaxis::trust::Validity;
use docaxis::trust::sha256;
use docaxis::trust::verify_document;
use jiff::SignedDuration;
use jiff::Timestamp;

fn bench(criterion: &mut Criterion) {
    let now: Timestamp = "2019-06-03T02:00:00Z".parse().unwrap();
    let organ: OrganId = "000.00.00.H26".parse().unwrap();
    let authority = Authority::create(now - SignedDuration::from_hours(48)).unwrap();
    let not_before = now - SignedDuration::from_hours(24);
    let not_after = now + SignedDuration::from_hours(24 * 300);
    let validity = Validity {
        not_before,
        not_after,
    };
    let lists = authority
        .revocation_lists(&[], not_before, not_after)
        .unwrap();
    let lists = [lists.root, lists.issuing];
    let trust = || {
        let trust = TrustStore::from_pem(&authority.anchors_pem()).unwrap();
        trust.replace_crls(&lists).unwrap();
        trust
    };
    let header = vec![7; 600];
    for kind in [KeyKind::Rsa2048, KeyKind::EcdsaP256] {
        let credential = |usage| {
            let key = KeyPair::generate(kind).unwrap();
            let subject = Subject {
                organ,
                usage,
                common_name: "Hà Nội".to_owned(),
            };
            let issued = authority.issue(&key, &subject, validity).unwrap();
            Credential::from_pem(&issued.pem_with_chain, &key.to_pkcs8_pem()).unwrap()
        };
        let person = credential(CertificateUse::Person);
        let signer = DocumentSigner::new(person, credential(CertificateUse::Seal));
        let signature = signer.sign(&header, now).unwrap();
        let policy = Policy::default();
        criterion.bench_function(&format!("trust::sign/key={kind} signers=2"), |bencher| {
            bencher.iter(|| signer.sign(&header, now).unwrap());
        });
        let warm = trust();
        criterion.bench_function(
            &format!("trust::verify/key={kind} chain=known"),
            |bencher| {
                bencher.iter(|| verify_document(&warm, &policy, &header, &signature, organ, now));
            },
        );
        criterion.bench_function(&format!("trust::verify/key={kind} chain=new"), |bencher| {
            bencher.iter_batched(
                trust,
                |cold| verify_document(&cold, &policy, &header, &signature, organ, now),
                BatchSize::SmallInput,
            );
        });
    }
    let mut group = criterion.benchmark_group("trust::digest");
    let content = vec![7; 4096];
    group.throughput(Throughput::Bytes(4096));
    group.bench_function("bytes=4096", |bencher| bencher.iter(|| sha256(&content)));
    group.finish();
}

criterion_group!(benches, bench);
criterion_main!(benches);

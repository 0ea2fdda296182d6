//! What is kept of recent documents: so much memory, for so long, and nothing beside them.

use bytes::Bytes;

use super::*;
use crate::hub::registry::AgencyNo;
use crate::hub::registry::Axis;
use crate::model::BusinessType;
use crate::model::Digest;
use crate::model::LegalValue;
use crate::model::Priority;

fn stored(sequence: u64, header: Bytes) -> Stored {
    let record = DocumentRecord {
        sequence,
        accepted_at: jiff::Timestamp::UNIX_EPOCH,
        sender: AgencyNo(1),
        axis: Axis::National,
        legal_value: LegalValue::ReferenceOnly,
        priority: Priority::Normal,
        business_type: BusinessType::New,
        recipients: Vec::new(),
        document_id: "000.00.00.H26,2019/06/03,1/VB-TN".parse().unwrap(),
        header_digest: Digest::from([1; 32]),
        earlier: Vec::new(),
        supersedes: false,
        attachments: Vec::new(),
    };
    let payload = Payload {
        header,
        signature: Bytes::from_static(b"signature"),
        attachments: vec![(Digest::from([2; 32]), Bytes::from_static(b"inside"))],
    };
    let record = Arc::new(record);
    Stored { record, payload }
}

fn kept(recent: &Recent, sequences: std::ops::Range<u64>) -> Vec<u64> {
    sequences
        .filter(|sequence| recent.get(*sequence).is_some())
        .collect()
}

#[test]
fn small_documents_count_with_what_an_entry_takes() {
    let recent = Recent::new(10 * (ENTRY_BYTES + 100));
    for sequence in 0..1_000 {
        recent.insert(stored(sequence, Bytes::from_static(b"header")));
    }
    assert_eq!(kept(&recent, 0..1_000), (990..1_000).collect::<Vec<_>>());
}

#[test]
fn a_document_larger_than_the_bound_is_not_kept_and_drives_nobody_out() {
    let recent = Recent::new(100_000);
    recent.insert(stored(1, Bytes::from(vec![0; 50_000])));
    recent.insert(stored(2, Bytes::from(vec![0; 100_000])));
    assert_eq!(kept(&recent, 0..9), [1]);
    recent.insert(stored(3, Bytes::from(vec![0; 60_000])));
    assert_eq!(kept(&recent, 0..9), [3]);
}

#[test]
fn what_is_kept_holds_nothing_of_what_its_connection_read() {
    let recent = Recent::new(1_000_000);
    let read = Bytes::from(vec![7; 16_384]);
    recent.insert(stored(1, read.slice(100..200)));
    assert!(read.is_unique(), "the document holds all that was read");
    let kept = recent.get(1).unwrap();
    assert_eq!(kept.payload.header, read.slice(100..200));
    assert_eq!(kept.payload.signature, b"signature"[..]);
    assert_eq!(kept.payload.attachments[0].1, b"inside"[..]);
}

#[test]
fn a_document_is_forgotten_between_the_first_and_the_second_look() {
    let recent = Recent::new(1_000_000);
    recent.age();
    recent.insert(stored(1, Bytes::from_static(b"header")));
    recent.age();
    assert_eq!(kept(&recent, 0..9), [1], "it may have come just now");
    recent.insert(stored(2, Bytes::from_static(b"header")));
    recent.age();
    assert_eq!(kept(&recent, 0..9), [2]);
    recent.age();
    assert!(kept(&recent, 0..9).is_empty());
    assert_eq!(recent.held().bytes, 0);
}

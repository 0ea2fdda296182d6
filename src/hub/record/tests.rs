//! Records as they lie in journals, those of before among them.

use bytes::Bytes;

use super::*;
use crate::model::BusinessType;
use crate::model::LegalValue;
use crate::model::Priority;

fn document(attachments: Vec<Digest>) -> DocumentRecord {
    DocumentRecord {
        sequence: 7,
        accepted_at: "2019-06-03T02:00:00Z".parse().unwrap(),
        sender: AgencyNo(3),
        axis: Axis::National,
        legal_value: LegalValue::ReferenceOnly,
        priority: Priority::Normal,
        business_type: BusinessType::New,
        recipients: vec![Addressee {
            agency: AgencyNo(4),
            standing: Standing::Open,
        }],
        document_id: "000.00.00.H26,2019/06/03,1/VB-TN".parse().unwrap(),
        header_digest: Digest::from([1; 32]),
        earlier: vec![5],
        supersedes: false,
        attachments,
    }
}

/// A record's body with a payload behind its fields.
fn body(record: &Record) -> (u8, Bytes) {
    let payload = Payload {
        header: Bytes::from_static(b"header"),
        signature: Bytes::from_static(b"signature"),
        attachments: vec![(Digest::from([2; 32]), Bytes::from_static(b"inside"))],
    };
    let (kind, mut body) = record.encode();
    let (lengths, parts) = payload.parts();
    body.extend(lengths);
    parts.iter().for_each(|part| body.extend_from_slice(part));
    (kind, body.into())
}

#[test]
fn a_document_says_which_attachments_travelled_outside_and_is_as_before_where_none_did() {
    for attachments in [vec![], vec![Digest::from([8; 32]), Digest::from([9; 32])]] {
        let (kind, body) = body(&Record::Document(document(attachments.clone())));
        assert_eq!(kind, 1);
        // Sequence, instant, sender, then the byte of the legal value.
        let expected = if attachments.is_empty() { 2 } else { 0x82 };
        assert_eq!(body[20], expected);
        let Some(Record::Document(read)) = Record::decode(kind, &body) else {
            panic!("not a document");
        };
        assert_eq!(read.attachments, attachments);
        assert_eq!(read.legal_value, LegalValue::ReferenceOnly);
        assert_eq!(read.earlier, [5]);
        let payload = Payload::read(body).unwrap();
        assert_eq!(payload.signature.as_ref(), b"signature");
        assert_eq!(payload.attachments[0].1.as_ref(), b"inside");
    }
}

#[test]
fn a_recall_of_before_takes_no_place_of_an_update() {
    for (supersedes, flags) in [(false, 0x02), (true, 0x22)] {
        let mut recall = document(Vec::new());
        recall.supersedes = supersedes;
        let (kind, body) = body(&Record::Document(recall));
        assert_eq!(body[20], flags);
        let Some(Record::Document(read)) = Record::decode(kind, &body) else {
            panic!("not a document");
        };
        assert_eq!(read.supersedes, supersedes);
        assert_eq!(read.legal_value, LegalValue::ReferenceOnly);
    }
}

#[test]
fn uploads_and_what_was_collected_are_read_back() {
    let at: Timestamp = "2019-06-03T02:00:00Z".parse().unwrap();
    let (kind, body) = Record::Uploaded(Uploaded {
        at,
        by: AgencyNo(3),
        digest: Digest::from([1; 32]),
        size: 9,
    })
    .encode();
    let Some(Record::Uploaded(read)) = Record::decode(kind, &body) else {
        panic!("not an upload");
    };
    assert_eq!((read.at, read.by, read.size), (at, AgencyNo(3), 9));
    let uploads = vec![
        (AgencyNo(3), Digest::from([1; 32])),
        (AgencyNo(4), Digest::from([2; 32])),
    ];
    let (kind, body) = Record::Collected(Collected {
        at,
        uploads: uploads.clone(),
    })
    .encode();
    let Some(Record::Collected(read)) = Record::decode(kind, &body) else {
        panic!("not a collection");
    };
    assert_eq!(read.uploads, uploads);
    // Cut short, it is not one of ours.
    assert!(Record::decode(kind, &body[..body.len() - 1]).is_none());
}

#[test]
fn what_is_of_the_test_axis_says_so_and_the_rest_is_as_before() {
    for (axis, flag) in [(Axis::National, 0), (Axis::Test, 0x40)] {
        let record = DocumentRecord {
            axis,
            ..document(vec![Digest::from([8; 32])])
        };
        let (kind, body) = body(&Record::Document(record));
        assert_eq!(body[20], 0x82 | flag);
        let Some(Record::Document(read)) = Record::decode(kind, &body) else {
            panic!("not a document");
        };
        assert_eq!(read.axis, axis);
        assert_eq!(read.attachments.len(), 1);
        let (kind, body) = Record::Refused(Refused {
            at: Timestamp::UNIX_EPOCH,
            sender: AgencyNo(3),
            axis,
            reason: Reason::TooLarge,
        })
        .encode();
        // Instant, sender, length and name of the reason.
        assert_eq!(body.len(), 8 + 4 + 4 + 9 + usize::from(flag > 0));
        let Some(Record::Refused(read)) = Record::decode(kind, &body) else {
            panic!("not a refusal");
        };
        assert_eq!((read.axis, read.reason), (axis, Reason::TooLarge));
    }
}

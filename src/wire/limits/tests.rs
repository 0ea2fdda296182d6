//! Every field of the contract has its limit, and what the scanner lets through is what prost decodes.

use std::collections::BTreeSet;

use bytes::BufMut as _;
use prost::Message as _;
use prost::encoding::encode_varint;
use prost_types::FileDescriptorSet;
use prost_types::field_descriptor_proto::Label;
use prost_types::field_descriptor_proto::Type;

use super::table;
use super::table::SLOTS;
use super::values::LIMITS;
use super::values::Limit;
use super::values::UNKNOWN_MAX;
use super::values::Who;
use super::*;
use crate::model::SIGNATURE_MAX;
use crate::model::length;
use crate::wire::DESCRIPTORS;
use crate::wire::v1;

pub(super) fn set() -> FileDescriptorSet {
    FileDescriptorSet::decode(DESCRIPTORS).unwrap()
}

/// `Message.field` of every field of `docaxis.v1`, whether it is a list, and its type.
fn fields(set: &FileDescriptorSet) -> Vec<(String, bool, Type, String)> {
    let mut found = Vec::new();
    for (name, message) in table::messages_of(set) {
        let Some(short) = name.strip_prefix("docaxis.v1.") else {
            continue;
        };
        for field in &message.field {
            let is_list = field.label() == Label::Repeated;
            let inner = field.type_name().trim_start_matches('.').to_owned();
            let path = format!("{short}.{}", field.name());
            found.push((path, is_list, field.r#type(), inner));
        }
    }
    found
}

fn limit_of(path: &str) -> Option<&'static Limit> {
    LIMITS.iter().find(|limit| limit.field == path)
}

#[test]
fn every_list_and_bytes_field_of_the_contract_has_a_limit_with_its_reason() {
    let set = set();
    let fields = fields(&set);
    assert!(fields.len() > 200, "the descriptors are there");
    for (path, is_list, kind, _) in &fields {
        if !is_list && *kind != Type::Bytes {
            continue;
        }
        let Some(limit) = limit_of(path) else {
            panic!("{path} is a list or bytes and has no row in LIMITS of wire/limits/table.rs");
        };
        assert!(!limit.why.is_empty(), "{path} has a reason");
        if limit.who == Who::Hub {
            continue;
        }
        assert_eq!(
            limit.elements.is_some(),
            *is_list,
            "{path}: elements of a list"
        );
        assert!(
            *kind != Type::Bytes || limit.bytes.is_some(),
            "{path}: bytes have a size"
        );
    }
    let mut seen = BTreeSet::new();
    for limit in LIMITS {
        assert!(seen.insert(limit.field), "{} stands twice", limit.field);
        let known = fields.iter().find(|(path, ..)| path == limit.field);
        let Some((path, _, kind, _)) = known else {
            panic!("{} is in LIMITS and not in the contract", limit.field);
        };
        assert!(
            limit.bytes.is_none() || matches!(kind, Type::Bytes | Type::String),
            "{path} has no bytes"
        );
    }
}

#[test]
fn the_page_of_limits_says_what_is_enforced() {
    let page = include_str!("../../../docs/limits.md");
    for limit in LIMITS.iter().filter(|limit| limit.who != Who::Hub) {
        let row = format!("| `{}` | ", limit.field);
        let row = page.lines().find_map(|line| line.strip_prefix(&row));
        let row = row.unwrap_or_else(|| panic!("docs/limits.md has no row of {}", limit.field));
        let cells: Vec<String> = row.split('|').map(|cell| cell.replace(',', "")).collect();
        let number = |cell: &str| cell.split_whitespace().next()?.parse::<usize>().ok();
        let found = (number(&cells[0]), number(&cells[1]));
        assert_eq!(found, (limit.elements, limit.bytes), "{}", limit.field);
    }
}

#[test]
fn whatever_a_caller_may_send_has_a_number() {
    let set = set();
    let fields = fields(&set);
    let mut waiting: Vec<String> = table::methods_of(&set)
        .into_iter()
        .map(|(_, input)| input)
        .filter(|input| input.starts_with("docaxis.v1."))
        .collect();
    waiting.push("docaxis.v1.DocumentHeader".to_owned());
    let mut seen = BTreeSet::new();
    while let Some(message) = waiting.pop() {
        if !seen.insert(message.clone()) {
            continue;
        }
        let prefix = message.replace("docaxis.v1.", "");
        for (path, is_list, kind, inner) in &fields {
            if path.rsplit_once('.').map(|(message, _)| message) != Some(&prefix) {
                continue;
            }
            if *kind == Type::Message {
                waiting.push(inner.clone());
            }
            if *is_list || *kind == Type::Bytes {
                let limit = limit_of(path).unwrap();
                assert_ne!(limit.who, Who::Hub, "{path} is sent by callers");
            }
        }
    }
    assert!(seen.contains("docaxis.v1.Done.Outcome"), "nested ones too");
}

#[test]
fn no_message_contains_itself_and_each_has_room_for_its_counters() {
    let set = set();
    let messages = table::messages_of(&set);
    let numbers = messages.iter().flat_map(|(_, message)| &message.field);
    assert!(numbers.into_iter().all(|field| field.number() < 64));
    for (name, message) in &messages {
        let counted = message
            .field
            .iter()
            .filter(|field| field.label() == Label::Repeated || field.r#type() == Type::Message);
        assert!(
            counted.count() <= SLOTS,
            "{name} counts more than SLOTS fields"
        );
        let mut within = vec![name.clone()];
        let mut seen = BTreeSet::new();
        while let Some(outer) = within.pop() {
            let Some((_, outer)) = messages.iter().find(|(name, _)| *name == outer) else {
                continue;
            };
            for field in outer.field.iter().filter(|f| f.r#type() == Type::Message) {
                let inner = field.type_name().trim_start_matches('.').to_owned();
                assert_ne!(inner, *name, "a message that contains itself has no bound");
                if seen.insert(inner.clone()) {
                    within.push(inner);
                }
            }
        }
    }
}

#[test]
fn the_largest_request_of_a_method_is_known() {
    let most = |path: &str| request_max(path).unwrap();
    assert_eq!(most("/docaxis.v1.Monitor/GetTime"), UNKNOWN_MAX);
    assert!(most("/docaxis.v1.Exchange/Submit") > HEADER_MAX + SIGNATURE_MAX);
    assert!(most("/docaxis.v1.Exchange/Acknowledge") < 32 * 1024);
    assert!(most("/docaxis.v1.Registry/GetApplication") < 8 * 1024);
    assert_eq!(request_max("/grpc.health.v1.Health/Check"), None);
}

pub(super) fn check<T: Name>(bytes: &[u8]) -> Result<(), Refusal> {
    of_request::<T>().unwrap().check(bytes)
}

fn field_of(refusal: Result<(), Refusal>) -> String {
    match refusal.unwrap_err() {
        Refusal::HeaderInvalid { violations } => violations[0].field.clone(),
        Refusal::TooLarge { what, .. } => what,
        other => panic!("{other:?}"),
    }
}

/// A field of bytes.
pub(super) fn field_with(number: u64, value: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    encode_varint(number << 3 | 2, &mut out);
    encode_varint(value.len() as u64, &mut out);
    out.put_slice(value);
    out
}

#[test]
fn a_list_is_counted_however_it_is_written() {
    let one_by_one = |count: usize| [8u8, 1].repeat(count);
    let packed = |count: usize| field_with(1, &vec![1; count]);
    for (what, bytes, is_taken) in [
        ("packed", packed(ACKNOWLEDGED_MAX), true),
        ("packed", packed(ACKNOWLEDGED_MAX + 1), false),
        ("four million", packed(4_000_000), false),
        ("one by one", one_by_one(ACKNOWLEDGED_MAX), true),
        ("one by one", one_by_one(ACKNOWLEDGED_MAX + 1), false),
        ("mixed", [packed(1000), one_by_one(24)].concat(), true),
        ("mixed", [packed(1000), one_by_one(25)].concat(), false),
        ("in pieces", packed(100).repeat(11), false),
        ("empty pieces", packed(0).repeat(100_000), true),
    ] {
        let found = check::<v1::Acknowledgement>(&bytes);
        assert_eq!(found.is_ok(), is_taken, "{what}: {found:?}");
        if !is_taken {
            assert_eq!(field_of(found), "hub_sequences");
        }
        let around = field_with(2, &bytes);
        let within = check::<v1::SubscribeRequest>(&around);
        assert_eq!(within.is_ok(), is_taken, "{what}: {within:?}");
        if !is_taken {
            assert_eq!(field_of(within), "acknowledge.hub_sequences");
        }
    }
}

#[test]
fn a_message_that_stands_twice_is_not_merged() {
    let half = field_with(2, &field_with(1, &[1; 1000]));
    assert!(check::<v1::SubscribeRequest>(&half).is_ok());
    let twice = check::<v1::SubscribeRequest>(&half.repeat(2));
    assert_eq!(field_of(twice), "acknowledge");
}

#[test]
fn paths_name_the_place_in_a_list() {
    let text = "x".repeat(70_000);
    let good = v1::StatusReport::default();
    let bad = v1::StatusReport {
        description: text,
        ..v1::StatusReport::default()
    };
    let reports = vec![good.clone(), good, bad];
    let batch = v1::ReportStatusBatch { reports };
    let found = check::<v1::ReportStatusBatch>(&batch.encode_to_vec());
    assert_eq!(field_of(found), "reports[2].description");
}

#[test]
fn fields_of_a_later_contract_are_passed_over_and_groups_are_not() {
    assert!(check::<v1::TrackRequest>(&field_with(50, &[0; 4000])).is_ok());
    let flood = check::<v1::TrackRequest>(&field_with(50, &[0; UNKNOWN_MAX]));
    assert!(matches!(flood, Err(Refusal::TooLarge { .. })));
    let nested = field_with(2, &field_with(60, &[0; 1000])).repeat(5);
    assert!(
        check::<v1::SubscribeRequest>(&nested).is_err(),
        "counted over all messages within"
    );
    let group = [vec![0x3b; 1000], vec![0x3c; 1000]].concat();
    let refused = check::<v1::TrackRequest>(&group);
    assert!(matches!(refused, Err(Refusal::HeaderInvalid { .. })));
}

#[test]
fn the_largest_header_the_law_knows_is_taken() {
    let name = "ữ".repeat(length::ATTACHMENT_NAME);
    let attachment = v1::AttachmentRef {
        name,
        content_type: "x".repeat(length::CONTENT_TYPE),
        size: u64::MAX,
        sha256: vec![7; 32].into(),
    };
    let reference = v1::ResponseFor {
        organ_id: "A".repeat(35),
        document_id: "ữ".repeat(90),
    };
    let header = v1::DocumentHeader {
        subject: "ữ".repeat(length::SUBJECT),
        to: vec!["A".repeat(35); crate::model::Recipients::MAX],
        response_for: vec![reference; length::RESPONSE_FOR],
        attachments: vec![attachment; length::ATTACHMENTS],
        ..v1::DocumentHeader::default()
    };
    let bytes = header.encode_to_vec();
    assert!(bytes.len() <= HEADER_MAX, "{} bytes", bytes.len());
    assert_eq!(check_header(&bytes), Ok(()));
    for (field, header) in [
        ("to", {
            let mut header = header.clone();
            header.to.push(String::new());
            header
        }),
        ("response_for", {
            let mut header = header.clone();
            header.response_for.push(v1::ResponseFor::default());
            header
        }),
        ("attachments", {
            let mut header = header.clone();
            header.attachments.push(v1::AttachmentRef::default());
            header
        }),
    ] {
        let found = check_header(&header.encode_to_vec());
        assert_eq!(field_of(found), field);
    }
}

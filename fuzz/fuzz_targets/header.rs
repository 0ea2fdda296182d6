//! Does a header survive its own encoding?
//!
//! What decodes must encode to bytes that decode to an equal header and encode to the same bytes
//! again; nothing may panic, whatever the bytes are.

#![no_main]

use docaxis::wire::decode_header;
use docaxis::wire::encode_header;
use docaxis_fuzz::choices::Choices;
use docaxis_fuzz::edit;
use docaxis_fuzz::hex;
use docaxis_fuzz::papers;
use libfuzzer_sys::fuzz_target;
use prost::Message as _;

fuzz_target!(|input: &[u8]| {
    let mut choices = Choices::new(input);
    match choices.byte() % 3 {
        0 => check(choices.rest()),
        1 => check(&edit::edited(&papers::header_bytes(), &[], &mut choices)),
        _ => check(&with_other_fields(&mut choices)),
    }
});

fn check(bytes: &[u8]) {
    let Ok(header) = decode_header(bytes) else {
        return;
    };
    let encoded = encode_header(&header);
    let again = decode_header(&encoded);
    assert!(
        again.as_ref() == Ok(&header),
        "{} decodes to {header:?}, its encoding to {again:?}",
        hex(bytes)
    );
    assert_eq!(again.map(|header| encode_header(&header)), Ok(encoded));
}

/// A header that is good but for a few fields: rules of form are reached with every input.
fn with_other_fields(choices: &mut Choices<'_>) -> Vec<u8> {
    let mut header = papers::header();
    while !choices.is_empty() {
        let field = choices.byte();
        let number = i32::from(choices.byte() as i8);
        let mut text = || String::from_utf8_lossy(choices.bytes(120)).into_owned();
        match field % 20 {
            0 => header.document_id = text(),
            1 => {
                header.from = text();
                header.document_id = format!("{},2026/06/01,7816/UBND-KT", header.from);
            }
            2 => header.to.push(text()),
            3 => header.to.clear(),
            4 => {
                header.code_number = text();
                header.code_notation = text();
                let (number, notation) = (&header.code_number, &header.code_notation);
                header.document_id = format!("{},2026/06/01,{number}/{notation}", header.from);
            }
            5 => {
                header.promulgation_date = text();
                header.document_id =
                    format!("{},{},7816/UBND-KT", header.from, header.promulgation_date);
            }
            6 => header.document_type = text(),
            7 => header.subject = text().repeat(usize::from(number.unsigned_abs() as u8 % 8)),
            8 => header.signer = None,
            9 => {
                let signer = header.signer.get_or_insert_default();
                (signer.competence, signer.position, signer.full_name) = (text(), text(), text());
            }
            10 => header.priority = number,
            11 => header.business_type = number,
            12 => header.secrecy = number,
            13 => header.due_date = text(),
            14 => header.response_for.clear(),
            15 => {
                let mut earlier = header.response_for.first().cloned().unwrap_or_default();
                (earlier.organ_id, earlier.document_id) = (text(), text());
                header.response_for.push(earlier);
            }
            16 => header.attachments.clear(),
            17 => {
                let mut named = header.attachments.first().cloned().unwrap_or_default();
                (named.name, named.content_type) = (text(), text());
                header.attachments.push(named);
            }
            18 => {
                if let Some(named) = header.attachments.last_mut() {
                    named.size = u64::from(number.unsigned_abs()) << (field / 20 * 4);
                }
            }
            _ => {
                if let Some(named) = header.attachments.last_mut() {
                    named.sha256 = choices.bytes(33).to_vec().into();
                }
            }
        }
    }
    header.encode_to_vec()
}

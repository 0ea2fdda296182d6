//! What the scanner lets through is what prost decodes, for any bytes.

use proptest::collection::vec;
use proptest::prelude::*;
use prost::Message as _;
use prost::encoding::encode_varint;

use super::scan::Broken;
use super::scan::Found;
use super::scan::scan;
use super::table;
use super::table::Table;
use super::tests::check;
use super::tests::field_with;
use super::tests::set;
use super::values::ACKNOWLEDGED_MAX;
use super::values::LIMITS;
use super::values::Limit;
use super::values::Who;
use crate::wire::v1;

/// The contract with limits so small that random messages reach them.
fn strict() -> Table {
    let strict = |limit: &Limit| Limit {
        elements: limit.elements.map(|_| 3),
        bytes: limit.bytes.map(|_| 40),
        who: match limit.who {
            Who::Service => Who::Scanner,
            who => who,
        },
        ..*limit
    };
    let limits: Vec<Limit> = LIMITS.iter().map(strict).collect();
    Table::new(&set(), &limits)
}

fn scanned(table: &Table, name: &str, bytes: &[u8]) -> Result<(), Box<Found>> {
    scan(
        table,
        table.find(&format!("docaxis.v1.{name}")).unwrap(),
        bytes,
    )
}

/// A field as somebody might write it: of any number and type, sometimes of its own.
fn any_field(inner: BoxedStrategy<Vec<u8>>) -> impl Strategy<Value = Vec<u8>> {
    let number = 0u64..18;
    let value = prop_oneof![
        4 => any::<u64>().prop_map(|number| {
            let mut out = Vec::new();
            encode_varint(number, &mut out);
            (0u64, out)
        }),
        4 => vec(0u8..200, 0..6).prop_map(|bytes| (2, field_with(0, &bytes)[1..].to_vec())),
        4 => "[a-z.0-9]{0,50}".prop_map(|text| (2, field_with(0, text.as_bytes())[1..].to_vec())),
        6 => inner.prop_map(|bytes| (2, field_with(0, &bytes)[1..].to_vec())),
        1 => any::<u32>().prop_map(|fixed| (5, fixed.to_le_bytes().to_vec())),
        1 => any::<u64>().prop_map(|fixed| (1, fixed.to_le_bytes().to_vec())),
        1 => vec(any::<u8>(), 0..4).prop_map(|bytes| (3, bytes)),
    ];
    (number, value).prop_map(|(number, (wire_type, value))| {
        let mut out = Vec::new();
        encode_varint(number << 3 | wire_type, &mut out);
        out.extend(value);
        out
    })
}

fn any_message(depth: u32) -> BoxedStrategy<Vec<u8>> {
    let inner = match depth {
        0 => Just(Vec::new()).boxed(),
        _ => any_message(depth - 1),
    };
    vec(any_field(inner), 0..7)
        .prop_map(|fields| fields.concat())
        .boxed()
}

/// The scanner's verdict beside what prost makes of the same bytes. `lists` are the lengths of every list
/// of the message, nested ones too.
fn agree<T: prost::Message + Default>(
    strict: &Table,
    name: &str,
    bytes: &[u8],
    lists: impl Fn(&T) -> Vec<usize>,
) -> Result<(), TestCaseError> {
    let within = scanned(strict, name, bytes);
    let real = scanned(table::of_wire(), name, bytes);
    let decoded = T::decode(bytes);
    match (&within, &decoded) {
        (Ok(()), Ok(decoded)) => {
            for found in lists(decoded) {
                prop_assert!(found <= 3, "{found} elements went through");
            }
        }
        (Err(found), Ok(decoded)) => match found.broken {
            Broken::TooMany { .. } => {
                let most = lists(decoded).into_iter().max().unwrap_or_default();
                prop_assert!(most > 3, "refused for a list, none is long: {}", found.path);
            }
            Broken::Malformed(problem) => {
                prop_assert!(false, "prost decodes what is refused: {problem}");
            }
            _ => {}
        },
        // prost knows more of what is wrong: a text that is not UTF-8.
        (_, Err(_)) => {}
    }
    // A message as encoders write it goes through.
    if let (Ok(()), Ok(decoded)) = (real, decoded) {
        let again = scanned(table::of_wire(), name, &decoded.encode_to_vec());
        prop_assert!(again.is_ok(), "{again:?}");
    }
    Ok(())
}

proptest! {
    #[test]
    fn the_scanner_and_prost_agree(bytes in any_message(2)) {
        let strict = strict();
        agree::<v1::SubscribeRequest>(&strict, "SubscribeRequest", &bytes, |message| {
            let acknowledge = message.acknowledge.as_ref();
            acknowledge.map(|acknowledge| acknowledge.hub_sequences.len()).into_iter().collect()
        })?;
        agree::<v1::ReportStatusBatch>(&strict, "ReportStatusBatch", &bytes, |message| {
            vec![message.reports.len()]
        })?;
        agree::<v1::SignedDocument>(&strict, "SignedDocument", &bytes, |message| {
            vec![message.attachments.len()]
        })?;
        agree::<v1::SubmitCsrRequest>(&strict, "SubmitCsrRequest", &bytes, |message| {
            vec![message.requests.len()]
        })?;
        agree::<v1::DocumentHeader>(&strict, "DocumentHeader", &bytes, |message| {
            vec![message.to.len(), message.response_for.len(), message.attachments.len()]
        })?;
    }

    #[test]
    fn what_prost_encodes_within_the_limits_goes_through(
        sequences in vec(any::<u64>(), 0..=ACKNOWLEDGED_MAX),
        status_cursor in any::<u64>(),
        credit in any::<u32>(),
    ) {
        let hub_sequences = sequences;
        let acknowledge = Some(v1::Acknowledgement { hub_sequences, status_cursor });
        let request = v1::SubscribeRequest { credit, acknowledge };
        prop_assert_eq!(check::<v1::SubscribeRequest>(&request.encode_to_vec()), Ok(()));
    }

    #[test]
    fn any_bytes_have_a_verdict(bytes in vec(any::<u8>(), 0..400)) {
        let set = set();
        let wire = table::of_wire();
        for (name, _) in table::messages_of(&set) {
            let _ = scan(wire, wire.find(&name).unwrap(), &bytes);
        }
    }
}

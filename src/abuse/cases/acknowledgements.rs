//! Acknowledgements: lists of deliveries, as long as a message lets, of documents that are not there.

use bytes::BufMut as _;
use bytes::Bytes;
use bytes::BytesMut;
use prost::encoding::encode_varint;

use super::numbered;
use crate::abuse::case::Case;
use crate::abuse::case::Ground;
use crate::abuse::floods::Flood;
use crate::abuse::floods::Messages;

/// Numbers that fit into a message of 5 MiB: of one byte each, and of three.
const SAME: usize = 4_000_000;
const DIFFERENT: usize = 1_700_000;

/// Numbers in a message of a client that stays below any sensible limit.
const MODEST: usize = 1_000;

pub(super) fn cases() -> Vec<Case> {
    vec![
        Case::new(
            "acknowledge-same",
            "R3",
            "one agency acknowledges one delivery 4,000,000 times in a message, 12 in flight",
            |ground| unary(ground, 1, 12, list(SAME, |_| 1)),
        ),
        Case::new(
            "acknowledge-different",
            "1",
            "one agency acknowledges 1,700,000 deliveries that do not exist in a message, 12 in flight",
            |ground| unary(ground, 1, 12, list(DIFFERENT, |place| 20_000 + place)),
        ),
        Case::new(
            "acknowledge-backwards",
            "R3",
            "the same 40,000, highest first, on 4 connections with 32 in flight each",
            |ground| unary(ground, 4, 32, list(40_000, |place| 1_000_000 - place)),
        ),
        Case::new(
            "acknowledge-unpacked",
            "R3",
            "4 agencies write 2,000,000 numbers one field each, 4 in flight each",
            |ground| unary_of(ground, 4, 4, 4, unpacked(2_000_000)),
        ),
        Case::new(
            "acknowledge-modest",
            "R3",
            "one agency acknowledges 1,000 at a time, 4 connections with 64 in flight each",
            |ground| unary(ground, 4, 64, list(MODEST, |place| 1 + place * 7)),
        ),
        Case::new(
            "acknowledge-everybody",
            "R3",
            "20 agencies acknowledge 100,000 at a time, 4 in flight each",
            |ground| unary_of(ground, 20, 20, 4, list(100_000, |place| 1 + place)),
        ),
        Case::new(
            "acknowledge-subscribed",
            "1",
            "8 agencies write 1,700,000 deliveries that do not exist into their subscription, over and over",
            |ground| subscribed(ground, 8, list(DIFFERENT, |place| 20_000 + place)),
        ),
        Case::new(
            "acknowledge-cursor",
            "1",
            "one agency acknowledges all notices there can be, 4 connections with 64 in flight each",
            |ground| unary(ground, 4, 64, cursor()),
        ),
    ]
}

/// `Acknowledgement.hub_sequences`, packed.
fn list(count: usize, number: impl Fn(u64) -> u64) -> Bytes {
    let mut numbers = BytesMut::new();
    (0..count as u64).for_each(|place| encode_varint(number(place), &mut numbers));
    let mut out = BytesMut::new();
    out.put_u8(0x0a);
    encode_varint(numbers.len() as u64, &mut out);
    out.put_slice(&numbers);
    out.freeze()
}

/// The same, each number a field of its own: legal, and twice the bytes for as much memory.
fn unpacked(count: usize) -> Bytes {
    Bytes::from([0x08, 0x01].repeat(count))
}

/// `Acknowledgement.status_cursor`.
fn cursor() -> Bytes {
    let mut out = BytesMut::new();
    out.put_u8(0x10);
    encode_varint(u64::MAX / 2, &mut out);
    out.freeze()
}

async fn unary(
    ground: Ground,
    connections: usize,
    in_flight: usize,
    message: Bytes,
) -> Result<(), String> {
    unary_of(ground, 1, connections, in_flight, message).await
}

async fn unary_of(
    ground: Ground,
    agencies: usize,
    connections: usize,
    in_flight: usize,
    message: Bytes,
) -> Result<(), String> {
    let flood = Flood {
        connections,
        in_flight,
        who: (0..agencies)
            .map(|number| ground.attacker(number))
            .collect(),
        call: "Exchange/Acknowledge",
        messages: numbered(move |_| message.clone()),
    };
    flood.calls(&ground).await;
    Ok(())
}

async fn subscribed(ground: Ground, agencies: usize, list: Bytes) -> Result<(), String> {
    // `SubscribeRequest.acknowledge`.
    let mut message = BytesMut::new();
    message.put_u8(0x12);
    encode_varint(list.len() as u64, &mut message);
    message.put_slice(&list);
    let message = message.freeze();
    let messages: Messages = numbered(move |_| message.clone());
    let flood = Flood {
        connections: agencies,
        in_flight: 1,
        who: (0..agencies)
            .map(|number| ground.attacker(number))
            .collect(),
        call: "Exchange/Subscribe",
        messages,
    };
    flood.streams(&ground, |_delivery| None).await;
    Ok(())
}

#[cfg(test)]
mod tests {
    use prost::Message as _;

    use super::*;
    use crate::wire::v1;

    #[test]
    fn the_bytes_are_acknowledgements() {
        let read = |bytes: Bytes| v1::Acknowledgement::decode(bytes).unwrap();
        assert_eq!(
            read(list(3, |place| 300 + place)).hub_sequences,
            [300, 301, 302]
        );
        assert_eq!(read(unpacked(2)).hub_sequences, [1, 1]);
        assert_eq!(read(cursor()).status_cursor, u64::MAX / 2);
    }
}

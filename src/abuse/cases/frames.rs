//! Frames of HTTP/2 that are legal, or nearly, and too many.

use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinSet;

use crate::abuse::case::Case;
use crate::abuse::case::Ground;
use crate::abuse::floods::Held;
use crate::abuse::floods::hold;
use crate::abuse::floods::pause;
use crate::abuse::frames::CONTINUATION;
use crate::abuse::frames::DATA;
use crate::abuse::frames::END_HEADERS;
use crate::abuse::frames::FRAME_MAX;
use crate::abuse::frames::HEADERS;
use crate::abuse::frames::PING;
use crate::abuse::frames::PRIORITY;
use crate::abuse::frames::RST_STREAM;
use crate::abuse::frames::Raw;
use crate::abuse::frames::SETTINGS;
use crate::abuse::frames::WINDOW_UPDATE;
use crate::abuse::frames::frame;
use crate::abuse::frames::header_block;

/// Connections of a flood of frames.
const CONNECTIONS: usize = 4;

/// Frames written at once.
const TOGETHER: u32 = 500;

/// Time between two bytes of headers that never end.
const TRICKLE_EVERY: Duration = Duration::from_millis(250);

/// What is written next on one connection: from the number of the round.
type Round = fn(u32) -> (Vec<u8>, u32);

pub(super) fn cases() -> Vec<Case> {
    let flood = |name, what, stranger: bool, round: Round| {
        Case::new(name, "C", what, move |ground| {
            frames(ground, stranger, CONNECTIONS, round)
        })
    };
    vec![
        flood(
            "rapid-reset",
            "an agency's streams opened and reset at once",
            false,
            reset,
        ),
        flood(
            "rapid-reset-stranger",
            "the same without a certificate",
            true,
            reset,
        ),
        flood(
            "ping-flood",
            "pings without a pause, no certificate",
            true,
            |_| {
                (
                    frame(PING, 0, 0, b"12345678").repeat(TOGETHER as usize),
                    TOGETHER,
                )
            },
        ),
        flood(
            "settings-flood",
            "settings without a pause, no certificate",
            true,
            |_| {
                (
                    frame(SETTINGS, 0, 0, &[]).repeat(TOGETHER as usize),
                    TOGETHER,
                )
            },
        ),
        flood(
            "priority-flood",
            "priorities of streams that are not there",
            true,
            |round| {
                let of = |place: u32| frame(PRIORITY, 0, odd(round, place), &[0, 0, 0, 0, 16]);
                ((0..TOGETHER).flat_map(of).collect(), TOGETHER)
            },
        ),
        flood(
            "window-flood",
            "windows opened by one byte at a time",
            true,
            |_| {
                let one = frame(WINDOW_UPDATE, 0, 0, &1u32.to_be_bytes());
                (one.repeat(TOGETHER as usize), TOGETHER)
            },
        ),
        flood(
            "many-streams",
            "streams opened and left open, no certificate",
            true,
            |round| {
                (
                    (0..TOGETHER)
                        .flat_map(|place| opened(odd(round, place)))
                        .collect(),
                    TOGETHER,
                )
            },
        ),
        flood(
            "many-streams-member",
            "an agency's streams opened and left open",
            false,
            |round| {
                (
                    (0..TOGETHER)
                        .flat_map(|place| opened(odd(round, place)))
                        .collect(),
                    TOGETHER,
                )
            },
        ),
        flood(
            "empty-data",
            "an agency's stream of data frames without data",
            false,
            |round| {
                let head = if round == 0 { opened(1) } else { Vec::new() };
                let empty = frame(DATA, 0, 1, &[]).repeat(TOGETHER as usize);
                ([head, empty].concat(), TOGETHER)
            },
        ),
        flood(
            "header-bomb",
            "headers that refer to one long field 16,000 times",
            true,
            |round| (bomb(round), 1),
        ),
        flood(
            "continuation-flood",
            "headers that go on and on",
            true,
            |round| {
                let block = header_block("Exchange/Submit", &[]);
                let head = if round == 0 {
                    frame(HEADERS, 0, 1, &block)
                } else {
                    Vec::new()
                };
                let more = frame(CONTINUATION, 0, 1, &header_block("", &[("x", "y")])).repeat(50);
                ([head, more].concat(), 50)
            },
        ),
        Case::new(
            "slow-headers",
            "C",
            "2,000 connections without certificate whose headers come a byte every 250 ms",
            slow_headers,
        ),
    ]
}

/// A client's stream: odd, rising.
fn odd(round: u32, place: u32) -> u32 {
    (round.wrapping_mul(TOGETHER).wrapping_add(place) * 2 + 1) & 0x7fff_ffff
}

fn opened(stream: u32) -> Vec<u8> {
    frame(
        HEADERS,
        END_HEADERS,
        stream,
        &header_block("Exchange/Submit", &[]),
    )
}

fn reset(round: u32) -> (Vec<u8>, u32) {
    let cancel = 8u32.to_be_bytes();
    let one = |place| {
        let stream = odd(round, place);
        [opened(stream), frame(RST_STREAM, 0, stream, &cancel)].concat()
    };
    ((0..TOGETHER).flat_map(one).collect(), TOGETHER)
}

/// A block whose first field goes into the table of the other side, and is then named by one byte each.
fn bomb(round: u32) -> Vec<u8> {
    let mut block = header_block("Exchange/Submit", &[]);
    // Literal with incremental indexing, new name (RFC 7541, 6.2.1): "x", 3,900 letters.
    block.extend_from_slice(&[0x40, 1, b'x', 0x7f, 0xbd, 0x1d]);
    block.extend(std::iter::repeat_n(b'y', 3_900));
    // The newest entry of the table is number 62.
    block.extend(std::iter::repeat_n(0x80 | 62, FRAME_MAX - block.len()));
    let stream = odd(round, 0);
    let mut out = frame(HEADERS, 0, stream, &block);
    let more = vec![0x80 | 62; 4_000];
    out.extend(frame(CONTINUATION, END_HEADERS, stream, &more));
    out
}

async fn frames(
    ground: Ground,
    stranger: bool,
    connections: usize,
    round: Round,
) -> Result<(), String> {
    ground.ready().await;
    let mut tasks = JoinSet::new();
    for number in 0..connections {
        let dial = ground.hub.clone();
        let who = match stranger {
            true => ground.stranger(),
            false => ground.attacker(number),
        };
        tasks.spawn(async move {
            loop {
                if let Some(raw) = Raw::greet(&dial, &who).await {
                    for number in 0u32.. {
                        let (bytes, frames) = round(number);
                        if !raw.send(&bytes).await {
                            break;
                        }
                        dial.tally.called(u64::from(frames));
                        // What the hub says is read on this thread, too.
                        tokio::task::yield_now().await;
                    }
                }
                pause().await;
            }
        });
    }
    tasks.join_all().await;
    Ok(())
}

async fn slow_headers(ground: Ground) -> Result<(), String> {
    let (dial, who) = (ground.hub.clone(), ground.stranger());
    hold(&ground, 2_000, move |_| {
        let (dial, who) = (dial.clone(), Arc::clone(&who));
        Box::pin(async move {
            let raw = Raw::greet(&dial, &who).await?;
            let held = async move {
                let block = header_block("Exchange/Submit", &[]);
                let mut begun = raw.send(&frame(HEADERS, 0, 1, &block[..1])).await;
                for byte in block[1..].iter().cycle() {
                    if !begun || raw.is_closed() {
                        break;
                    }
                    tokio::select! {
                        () = tokio::time::sleep(TRICKLE_EVERY) => {}
                        () = raw.closed() => break,
                    }
                    dial.tally.called(1);
                    begun = raw.send(&frame(CONTINUATION, 0, 1, &[*byte])).await;
                }
            };
            Some(Box::pin(held) as Held)
        })
    })
    .await;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn streams_are_odd_and_rise_over_rounds() {
        assert_eq!([odd(0, 0), odd(0, 1), odd(1, 0)], [1, 3, 1001]);
        assert_eq!(odd(0, TOGETHER - 1) + 2, odd(1, 0));
    }

    #[test]
    fn a_bomb_fits_its_frames() {
        let bomb = bomb(0);
        let length = u32::from_be_bytes([0, bomb[0], bomb[1], bomb[2]]) as usize;
        assert_eq!(length, FRAME_MAX);
        assert_eq!(bomb.len(), 9 + FRAME_MAX + 9 + 4_000);
    }
}

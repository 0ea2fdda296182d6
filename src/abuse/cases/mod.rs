//! The cases, a file for each kind. Each is a shape of attack with its parameters; the names say what is
//! misused, not by which finding it was found.

mod acknowledgements;
mod connections;
mod console;
mod deliveries;
mod frames;
mod honest;
mod joining;
mod looks;
mod signatures;
mod statuses;
mod unfinished;
mod uploads;

use std::sync::Arc;

use bytes::Bytes;
use prost::Message as _;

pub(super) use self::console::make_reports;
use super::calls::Link;
use super::case::Case;
use super::floods::Messages;
use crate::wire::v1;

/// Every case, those that cost the hub least first within a kind.
pub fn all() -> Vec<Case> {
    [
        acknowledgements::cases(),
        statuses::cases(),
        unfinished::cases(),
        connections::cases(),
        frames::cases(),
        signatures::cases(),
        honest::cases(),
        deliveries::cases(),
        uploads::cases(),
        looks::cases(),
        joining::cases(),
        console::cases(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// The same message each time.
fn always(message: &impl prost::Message) -> Messages {
    let message: Bytes = message.encode_to_vec().into();
    Arc::new(move |_| message.clone())
}

/// A message made from its number.
fn numbered(make: impl Fn(u64) -> Bytes + Send + Sync + 'static) -> Messages {
    Arc::new(make)
}

/// What an answer of `SubmitStream` refuses.
fn refused_document(answer: &[u8]) -> Option<String> {
    let answer = v1::SubmitStreamResponse::decode(answer).ok()?;
    match answer.outcome? {
        v1::submit_stream_response::Outcome::Receipt(_) => None,
        v1::submit_stream_response::Outcome::Refused(refused) => Some(refused.reason),
    }
}

/// A call that is done before the attack; what it needs is not there where it is refused.
async fn prepared(link: &Link, call: &str, message: &[u8]) -> Result<Bytes, String> {
    match link.unary(call, message).await {
        super::calls::Answer::Served(answer) => Ok(answer),
        _ => Err(format!("{call}, which it needs first, was refused")),
    }
}

//! What a stream's message is, or why it is not one: the decoder's refusals, explained like every other.

use tonic::Code;
use tonic::Status;

use crate::hub::config::MESSAGE_MAX;
use crate::hub::gate::MESSAGE_TIME;
use crate::model::Refusal;
use crate::wire;

/// A message of a stream, or why it is not one.
///
/// # Errors
/// What the decoder found; `HEADER_INVALID` for what is not a message. A caller that went away has ended
/// its stream: nobody reads an answer.
pub(in crate::hub) fn said_by_caller<T>(
    said: Result<Option<T>, Status>,
) -> Result<Option<T>, Refusal> {
    let status = match said {
        Ok(message) => return Ok(message),
        Err(status) => status,
    };
    if let Some(refusal) = wire::refusal_of(&status) {
        return Err(refusal.clone());
    }
    match status.code() {
        Code::OutOfRange => Err(too_large()),
        Code::DeadlineExceeded => Err(Refusal::StreamIdle {
            limit_s: MESSAGE_TIME.as_secs(),
        }),
        Code::Internal => Err(Refusal::field(
            "message",
            format!("cannot be decoded: {}", status.message()),
        )),
        _ => Ok(None),
    }
}

/// The refusal of a message the decoder would not take; its exact size is not known.
pub(super) fn too_large() -> Refusal {
    Refusal::TooLarge {
        what: "message".to_owned(),
        found: MESSAGE_MAX as u64 + 1,
        limit: MESSAGE_MAX as u64,
    }
}

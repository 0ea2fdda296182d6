//! The refusal of a message over the limit, as the decoder's own is explained.

use crate::hub::config::MESSAGE_MAX;
use crate::model::Refusal;

/// The refusal of a message the decoder would not take; its exact size is not known.
pub(in crate::hub) fn too_large() -> Refusal {
    Refusal::TooLarge {
        what: "message".to_owned(),
        found: MESSAGE_MAX as u64 + 1,
        limit: MESSAGE_MAX as u64,
    }
}

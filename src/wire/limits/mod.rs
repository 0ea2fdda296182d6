//! How much a message may hold, enforced before anything of it is allocated.
//!
//! Two bytes on the wire can become a hundred in memory, and one list can be work for everybody: so a
//! message is walked as bytes first ([`scan`](mod@scan)), against the limits of its fields
//! ([`values`](mod@values)), and only then decoded.

#[cfg(test)]
mod agreement;
mod scan;
mod table;
#[cfg(test)]
mod tests;
mod values;

use prost::Name;

use crate::model::Refusal;

pub use values::ACKNOWLEDGED_MAX;
pub use values::ATTACHMENT_MESSAGES_MAX;
pub use values::HEADER_MAX;
pub use values::REPORTS_MAX;

use scan::Broken;
use table::Message;
use table::Table;

/// The limits of one type of message.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limits(&'static Table, &'static Message);

/// The limits of `T` where callers send it; `None` for what only a hub sends.
pub(super) fn of_request<T: Name>() -> Option<Limits> {
    let table = table::of_wire();
    let message = table.find(&T::full_name())?;
    message.is_request.then_some(Limits(table, message))
}

/// Most bytes of a request of this method with every field full, as in `/docaxis.v1.Exchange/Submit`; the
/// server's own limit of a message may be lower. `None` for a method that is not in the contract.
pub fn request_max(path: &str) -> Option<usize> {
    table::of_wire().request_of(path)
}

/// Whether the header's lists and texts are within their limits, and its form is protobuf.
///
/// # Errors
/// `HEADER_INVALID` with the field.
pub(super) fn check_header(bytes: &[u8]) -> Result<(), Refusal> {
    let table = table::of_wire();
    scan::scan(table, table.message(table.header), bytes).map_err(|found| match found.broken {
        Broken::Malformed(_) | Broken::Group => Refusal::field(
            "header",
            format!("is not a serialised DocumentHeader: {}", found.problem()),
        ),
        _ => Refusal::field(found.path.clone(), found.problem()),
    })
}

impl Limits {
    /// Whether these bytes stay within the limits.
    ///
    /// # Errors
    /// `HEADER_INVALID` for a list with too many elements or a message that is not protobuf,
    /// `TOO_LARGE` for a text or bytes over their limit; both with the path of the field.
    pub(super) fn check(self, bytes: &[u8]) -> Result<(), Refusal> {
        let Self(table, message) = self;
        scan::scan(table, message, bytes).map_err(|found| found.refusal())
    }
}

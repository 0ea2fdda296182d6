//! The only meeting of protobuf and `model`: generated code, conversions both ways, and the one place
//! where a [`Refusal`](crate::model::Refusal) becomes a gRPC status.

mod codec;
mod conformance;
mod document;
mod joining;
mod limits;
mod status;

pub use codec::LimitedCodec;
pub use codec::LimitedDecoder;
pub use conformance::task;
pub use conformance::verdict;
pub use document::decode_header;
pub use document::encode_header;
pub use document::legal_value_from_wire;
pub use document::legal_value_to_wire;
pub use document::timestamp;
pub use document::timestamp_from_wire;
pub use joining::certificate_use;
pub use joining::certificate_use_to_wire;
pub use joining::hold_name;
pub use joining::joining_state;
pub use joining::joining_state_to_wire;
pub use limits::ACKNOWLEDGED_MAX;
pub use limits::ATTACHMENT_MESSAGES_MAX;
pub use limits::HEADER_MAX;
pub use limits::REPORTS_MAX;
pub use limits::request_max;
pub use status::Explained;
pub use status::reason_of;
pub use status::refusal_of;
pub use status::refused;
pub use status::status;

/// Generated messages, clients and servers of `docaxis.v1`.
#[expect(missing_docs, reason = "generated; the documentation is in proto/")]
#[expect(
    clippy::allow_attributes,
    clippy::allow_attributes_without_reason,
    clippy::missing_errors_doc,
    unused_qualifications,
    reason = "generated"
)]
pub mod v1 {
    tonic::include_proto!("docaxis.v1");
}

/// The compiled `.proto` files, for server reflection.
pub const DESCRIPTORS: &[u8] = tonic::include_file_descriptor_set!("docaxis_descriptor");

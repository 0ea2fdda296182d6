//! Signed PDFs: reading what is signed of any, and writing small ones as offices attach them.
//!
//! A signature stands in a PDF as a hexadecimal string, and covers every byte of the file up to then but
//! that string (ISO 32000-2, 12.8.1). Whatever is appended later is not covered, so reading says how far
//! each signature reaches, and what was changed since. What a signature is worth is not this room's
//! question.
//!
//! May use: model, trust. Objects are read here, by what each revision's tables say; `pdf-writer` writes.

mod changes;
mod field;
mod filter;
mod font;
mod parse;
mod permission;
mod read;
mod revision;
mod security_store;
mod value;
mod write;
mod xref;

pub use changes::Change;
pub use changes::ChangeKind;
pub use changes::Changes;
pub use permission::Level;
pub use permission::Permission;
pub use read::BrokenSignature;
pub use read::PdfError;
pub use read::PdfSignature;
pub use read::SignatureProblem;
pub use read::SignedPdf;
pub use read::is_pdf;
pub use write::Letter;
pub use write::signed_letter;

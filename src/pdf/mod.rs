//! Signed PDFs: reading what is signed of any, and writing small ones as offices attach them.
//!
//! A signature stands in a PDF as a hexadecimal string, and covers every byte of the file up to then but
//! that string (ISO 32000-2, 12.8.1). Whatever is appended later is not covered, so reading says how far
//! each signature reaches. What a signature is worth is not this room's question.
//!
//! May use: model, trust. Structure is read by `lopdf` and written by `pdf-writer`.

mod font;
mod read;
mod write;

pub use read::PdfError;
pub use read::PdfSignature;
pub use read::is_pdf;
pub use read::signatures;
pub use write::Letter;
pub use write::signed_letter;

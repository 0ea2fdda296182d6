//! What was found in a file, in a form that is kept in reports.

use jiff::Timestamp;
use serde::Deserialize;
use serde::Serialize;

use super::later::Later;
use crate::text::ValidationPhrase;
use crate::trust::SignatureFacts;
use crate::trust::StampKind;

/// A file that was examined.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Examination {
    /// Its name, for people.
    pub file: String,
    /// What it is.
    pub kind: Kind,
    /// Its size in bytes.
    pub bytes: u64,
    /// SHA-256 of the file, hexadecimal.
    pub sha256: String,
    /// The instant certificates and lists are judged at.
    pub at: Timestamp,
    /// Why its form is broken.
    pub problem: Option<String>,
    /// What of it is not looked at here: a limit of ours, no fault of the file.
    #[serde(default)]
    pub unexamined: Option<String>,
    /// Of a document: its number on the axis.
    pub document_id: Option<String>,
    /// Of a document: the organisation that it says it is of.
    pub sender: Option<String>,
    /// Of a document: what its header names as attached.
    pub attachments: Vec<Attachment>,
    /// Its signatures, in their order.
    pub signatures: Vec<Placed>,
}

/// What a file is.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// A CMS `SignedData`, with its content or apart from it.
    Cms,
    /// A `SignedDocument` of the axis.
    Document,
    /// A PDF.
    Pdf,
}

impl Kind {
    /// The name for people.
    pub(super) fn phrase(self) -> ValidationPhrase {
        match self {
            Self::Cms => ValidationPhrase::KindCms,
            Self::Document => ValidationPhrase::KindDocument,
            Self::Pdf => ValidationPhrase::KindPdf,
        }
    }
}

/// A signature where it stands.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Placed {
    /// Of a PDF: how much of the file is signed.
    pub coverage: Option<Coverage>,
    /// Of a PDF: what was done to it since.
    #[serde(default)]
    pub later: Option<Later>,
    /// What was found of it.
    pub facts: SignatureFacts,
}

impl Placed {
    /// Whether it is a time stamp that nobody asked about but as proof of something else.
    pub(super) fn is_proof(&self) -> bool {
        let stamp = self.facts.stamp.as_ref();
        stamp.is_some_and(|stamp| stamp.kind != StampKind::Alone)
    }

    /// Whether it is a time stamp, and no signature.
    pub(super) fn is_time_stamp(&self) -> bool {
        self.facts.stamp.is_some()
    }

    /// What it is called in reports, before its number.
    pub(super) fn label(&self) -> ValidationPhrase {
        match self.facts.stamp.as_ref().map(|stamp| stamp.kind) {
            None => ValidationPhrase::Signature,
            Some(StampKind::Alone) => ValidationPhrase::AloneStamp,
            Some(_) => ValidationPhrase::DocumentStamp,
        }
    }
}

/// How much of a PDF a signature covers.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Coverage {
    /// End of what is signed, in bytes from the start of the file. Nothing before it is left out but the
    /// signature itself.
    pub signed_to: u64,
    /// Bytes of the file.
    pub of: u64,
}

/// An attachment that a header names.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Attachment {
    /// Its file name.
    pub name: String,
    /// Whether it is the one.
    pub state: AttachmentState,
}

/// Whether an attachment is the one the header names.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum AttachmentState {
    /// It is in the file, and of the digest the header names.
    Intact,
    /// The file has another in its place.
    Altered,
    /// It travels apart.
    Apart,
}

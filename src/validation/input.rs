//! What is this file? Sorts inputs, has their signatures examined together, and keeps what was found.

use std::borrow::Cow;

use jiff::Timestamp;
use prost::Message as _;

use super::examination::Attachment;
use super::examination::AttachmentState;
use super::examination::Examination;
use super::examination::Kind;
use super::examination::Placed;
use super::forms;
use super::pdf_file;
use crate::model::Digest;
use crate::model::DocumentHeader;
use crate::model::INLINE_MAX;
use crate::pdf;
use crate::text::Language;
use crate::text::describe;
use crate::trust::Examined;
use crate::trust::Examiner;
use crate::trust::NotExamined;
use crate::trust::SignatureFacts;
use crate::trust::sha256;
use crate::trust::signature_form;
use crate::wire;
use crate::wire::v1;

/// Bytes of a file that is looked at: documents are far smaller, and it is held in memory.
pub const FILE_MAX: usize = 64 << 20;

/// A file to examine.
#[derive(Clone, Copy, Debug)]
pub struct Input<'a> {
    /// Its name, for people.
    pub file: &'a str,
    /// Its bytes.
    pub bytes: &'a [u8],
    /// What is signed, for a CMS signature that travels apart from it.
    pub content: Option<&'a [u8]>,
    /// Certificates (DER) that came apart from the signatures, the signer's perhaps among them. They are
    /// not trusted.
    pub certificates: &'a [Vec<u8>],
}

/// Why a file cannot be examined.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum InputError {
    /// Nothing that is known here.
    #[error(
        "it is neither a document of the axis (a serialised SignedDocument), nor a CMS signature \
         (DER, BER, PEM, base64 or S/MIME), nor a PDF"
    )]
    Unknown,
    /// It is larger than is looked at.
    #[error("it has {found} bytes, at most {FILE_MAX} are looked at")]
    TooLarge {
        /// Its size in bytes.
        found: u64,
    },
    /// Content was given for what carries its own.
    #[error("content is given for a CMS signature only; {0} carries what it signs")]
    OwnContent(&'static str),
}

/// A file whose kind is known.
enum Opened<'a> {
    Cms {
        signature: Cow<'a, [u8]>,
        /// What is signed, where the file has it beside the signature.
        content: Option<Vec<u8>>,
    },
    Document {
        document: v1::SignedDocument,
        about: About,
    },
    Pdf(&'a [u8]),
}

/// What a document's header says.
#[derive(Default)]
struct About {
    problem: Option<String>,
    document_id: Option<String>,
    sender: Option<String>,
    attachments: Vec<Attachment>,
}

/// Examines files at an instant. Signatures of CMS files and documents are verified as one batch.
pub fn examine(
    examiner: &Examiner,
    inputs: &[Input<'_>],
    at: Timestamp,
) -> Vec<Result<Examination, InputError>> {
    let opened: Vec<Result<Opened<'_>, InputError>> = inputs.iter().map(open).collect();
    let examined: Vec<Option<Examined<'_>>> = inputs
        .iter()
        .zip(&opened)
        .map(|(input, opened)| examined(input, opened.as_ref().ok()?))
        .collect();
    let together: Vec<Examined<'_>> = examined.iter().flatten().copied().collect();
    let mut found = examiner.examine(&together).into_iter();
    inputs
        .iter()
        .zip(opened.iter().zip(&examined))
        .map(|(input, (opened, examined))| {
            let opened = opened.as_ref().map_err(|error| *error)?;
            let mut examination = blank(input, opened, at);
            if let Opened::Pdf(file) = opened {
                pdf_file::examine(examiner, file, input.certificates, &mut examination);
            }
            // What was examined has its answer, in the order of the inputs.
            match examined.and_then(|_| found.next()) {
                Some(Ok(facts)) => {
                    examination.signatures = facts.into_iter().map(placed).collect();
                }
                Some(Err(NotExamined::NotCms)) if examination.kind == Kind::Cms => {
                    return Err(InputError::Unknown);
                }
                Some(Err(problem)) => not_examined(&mut examination, problem),
                None => {}
            }
            Ok(examination)
        })
        .collect()
}

fn open<'a>(input: &Input<'a>) -> Result<Opened<'a>, InputError> {
    let carries = |what| match input.content {
        None => Ok(()),
        Some(_) => Err(InputError::OwnContent(what)),
    };
    if input.bytes.len() > FILE_MAX {
        let found = input.bytes.len() as u64;
        return Err(InputError::TooLarge { found });
    }
    // The tag of a SEQUENCE; no field of a SignedDocument begins so.
    if input.bytes.first() == Some(&0x30) {
        return Ok(Opened::Cms {
            signature: input.bytes.into(),
            content: None,
        });
    }
    let is_pdf = pdf::is_pdf(input.bytes);
    // A PDF may stand within the first bytes of a small document.
    if let Some(document) = document(input.bytes).filter(|(_, about)| !is_pdf || about.is_right()) {
        carries("a document")?;
        let (document, about) = document;
        return Ok(Opened::Document { document, about });
    }
    if is_pdf {
        carries("a PDF")?;
        return Ok(Opened::Pdf(input.bytes));
    }
    let carried = forms::carried(input.bytes).ok_or(InputError::Unknown)?;
    if carried.content.is_some() {
        carries("a signed mail")?;
    }
    Ok(Opened::Cms {
        signature: carried.cms.into(),
        content: carried.content,
    })
}

/// A document of the axis, with what its header says.
fn document(bytes: &[u8]) -> Option<(v1::SignedDocument, About)> {
    let document = v1::SignedDocument::decode(bytes).ok()?;
    let about = (!document.header.is_empty()).then(|| about(&document))?;
    Some((document, about))
}

impl About {
    /// Whether there is a header that can be read.
    fn is_right(&self) -> bool {
        self.document_id.is_some()
    }
}

fn about(document: &v1::SignedDocument) -> About {
    match wire::decode_header(&document.header) {
        Err(refusal) => About {
            problem: Some(describe(&refusal, Language::En)),
            ..About::default()
        },
        Ok(header) => About {
            problem: form(&document.signature),
            document_id: Some(header.document_id.to_string()),
            sender: Some(header.from.to_string()),
            attachments: attachments(&header, document),
        },
    }
}

/// What is wrong with the form of a document's signature. The hub takes one form only; a signature that is in
/// order in another is none on an axis.
fn form(signature: &[u8]) -> Option<String> {
    if signature.is_empty() {
        return None;
    }
    signature_form(signature).err().map(str::to_owned)
}

fn attachments(header: &DocumentHeader, document: &v1::SignedDocument) -> Vec<Attachment> {
    let inside: Vec<Digest> = document
        .attachments
        .iter()
        .map(|attachment| sha256(&attachment.content))
        .collect();
    let is_named = |digest| header.attachments.iter().any(|one| one.sha256 == digest);
    let has_stranger = inside.iter().any(|digest| !is_named(*digest));
    let named = header.attachments.iter().map(|named| Attachment {
        name: named.name.clone(),
        state: if inside.contains(&named.sha256) {
            AttachmentState::Intact
        } else if has_stranger && named.size <= INLINE_MAX {
            AttachmentState::Altered
        } else {
            AttachmentState::Apart
        },
    });
    let mut all: Vec<Attachment> = named.collect();
    let is_altered = |one: &Attachment| one.state == AttachmentState::Altered;
    if has_stranger && !all.iter().any(is_altered) {
        all.push(Attachment {
            name: "?".to_owned(),
            state: AttachmentState::Altered,
        });
    }
    all
}

/// The signature that goes into the batch: none of an unsigned document, and none of a PDF.
fn examined<'a>(input: &Input<'a>, opened: &'a Opened<'_>) -> Option<Examined<'a>> {
    let (signature, content): (&[u8], _) = match opened {
        Opened::Cms { signature, content } => (signature, content.as_deref().or(input.content)),
        Opened::Document { document, .. } if !document.signature.is_empty() => {
            (&document.signature, Some(&*document.header))
        }
        Opened::Document { .. } | Opened::Pdf(_) => return None,
    };
    Some(Examined {
        signature,
        content,
        certificates: input.certificates,
        lists: &[],
    })
}

fn blank(input: &Input<'_>, opened: &Opened<'_>, at: Timestamp) -> Examination {
    let nothing = About::default();
    let (kind, about) = match opened {
        Opened::Cms { .. } => (Kind::Cms, &nothing),
        Opened::Document { about, .. } => (Kind::Document, about),
        Opened::Pdf(_) => (Kind::Pdf, &nothing),
    };
    Examination {
        file: input.file.to_owned(),
        kind,
        bytes: input.bytes.len() as u64,
        sha256: sha256(input.bytes).to_string(),
        at,
        problem: about.problem.clone(),
        unexamined: None,
        document_id: about.document_id.clone(),
        sender: about.sender.clone(),
        attachments: about.attachments.clone(),
        signatures: Vec::new(),
    }
}

/// Keeps why a CMS was not looked at.
fn not_examined(examination: &mut Examination, problem: NotExamined) {
    match problem {
        NotExamined::Malformed(problem) => examination.problem = Some(problem.to_owned()),
        NotExamined::Limit(limit) | NotExamined::Unsigned(limit) => {
            examination.unexamined = Some(limit.to_owned());
        }
        NotExamined::NotCms => examination.problem = Some("the signature is not a CMS".to_owned()),
    }
}

fn placed(facts: SignatureFacts) -> Placed {
    Placed {
        coverage: None,
        later: None,
        facts,
    }
}

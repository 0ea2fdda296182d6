//! Writing and signing: from a draft to bytes on the wire.

use bytes::Bytes;
use jiff::Timestamp;
use prost::Message as _;

use super::identity::Identity;
use crate::model::AttachmentRef;
use crate::model::DocumentHeader;
use crate::model::INLINE_MAX;
use crate::model::INLINE_TOTAL_MAX;
use crate::model::Secrecy;
use crate::trust::SignError;
use crate::trust::sha256;
use crate::wire::encode_header;
use crate::wire::v1;

/// A document as its author leaves it: attachments are still contents, nobody has signed.
#[derive(Clone, Debug)]
pub struct Draft {
    /// Header; its list of attachments is made when the document is written.
    pub header: DocumentHeader,
    /// Name, media type and content of each attachment.
    pub attachments: Vec<(String, String, Vec<u8>)>,
    /// Whether it gets signed.
    pub signing: Signing,
    /// When it is signed.
    pub at: Timestamp,
    /// Something wrong with it, for demonstrations of refusals.
    pub mistake: Option<Mistake>,
}

/// Who signs a document.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Signing {
    /// The competent person and the organisation.
    Both,
    /// Nobody: for reference only.
    None,
    /// The organisation only: for reference only, too.
    Seal,
}

/// Something wrong with a document, made after it was right.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Mistake {
    /// An attachment named in the header is not sent.
    MissingAttachment,
    /// It is marked as a state secret. The node itself refuses this unless told to make the mistake.
    Secret,
    /// One bit of an attachment changed on the way.
    TamperedAttachment,
    /// The subject was changed after signing.
    TamperedHeader,
    /// Signed by another organisation.
    WrongSigner,
}

/// Why a document was not written.
#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    /// State secrets do not travel on this axis, and are stopped where they are written
    /// (QĐ 28/2018, Art. 1.2).
    #[error("a document marked {0} must not be sent on this axis")]
    Secret(&'static str),
    /// Signing failed.
    #[error("cannot sign: {0}")]
    Sign(#[from] SignError),
}

/// A document ready to send.
#[derive(Debug)]
pub struct Written {
    /// As the hub wants it.
    pub document: v1::SignedDocument,
    /// Contents that must be uploaded before it.
    pub uploads: Vec<Bytes>,
}

/// Writes and signs. Takes half a millisecond with two RSA-2048 signatures: not for the reactor.
///
/// `other` signs where the mistake asks for it.
///
/// # Errors
/// [`WriteError`].
pub fn write(
    draft: Draft,
    own: &Identity,
    other: Option<&Identity>,
) -> Result<Written, WriteError> {
    let Draft {
        mut header,
        attachments,
        signing,
        at,
        mistake,
    } = draft;
    if mistake == Some(Mistake::Secret) {
        header.secrecy = Secrecy::Confidential;
    } else if header.secrecy != Secrecy::None {
        return Err(WriteError::Secret(header.secrecy.as_str()));
    }
    let mut inline = Vec::new();
    let mut carried = 0;
    let mut uploads = Vec::new();
    header.attachments = Vec::with_capacity(attachments.len());
    for (name, content_type, content) in attachments {
        let (sha256, size) = (sha256(&content), content.len() as u64);
        header.attachments.push(AttachmentRef {
            name,
            content_type,
            size,
            sha256,
        });
        if size > INLINE_MAX || carried + size > INLINE_TOTAL_MAX {
            uploads.push(content.into());
        } else {
            carried += size;
            inline.push(attachment(content));
        }
    }
    let mut bytes = encode_header(&header);
    let signer = match (mistake, other) {
        (Some(Mistake::WrongSigner), Some(other)) => &other.signer,
        _ => &own.signer,
    };
    let signature = match signing {
        Signing::Both => signer.sign(&bytes, at)?,
        Signing::None => Vec::new(),
        Signing::Seal => signer.sign_by_seal(&bytes, at)?,
    };
    match mistake {
        Some(Mistake::TamperedHeader) => {
            header.subject.push('.');
            bytes = encode_header(&header);
        }
        Some(Mistake::TamperedAttachment) => {
            if let Some(first) = inline.first_mut() {
                let mut content = first.content.to_vec();
                content.iter_mut().take(1).for_each(|byte| *byte ^= 1);
                first.content = content.into();
            }
        }
        Some(Mistake::MissingAttachment) => inline.clear(),
        Some(Mistake::Secret | Mistake::WrongSigner) | None => {}
    }
    let document = v1::SignedDocument {
        header: bytes.into(),
        signature: signature.into(),
        attachments: inline,
    };
    debug_assert!(document.encoded_len() > 0);
    Ok(Written { document, uploads })
}

/// An attachment that travels in the message, with its digest.
pub fn attachment(content: Vec<u8>) -> v1::Attachment {
    v1::Attachment {
        sha256: sha256(&content).as_bytes().to_vec().into(),
        content: content.into(),
    }
}

//! Documents of attackers: as bytes of `SignedDocument`, right or wrong.

use bytes::Bytes;
use jiff::Timestamp;
use prost::Message as _;

use super::papers::Member;
use crate::model::OrganId;
use crate::model::calendar;
use crate::node::attachment;
use crate::trust::DocumentSigner;
use crate::wire::v1;

/// How a document is signed.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Signed {
    /// By person and seal.
    Both,
    /// By both, one bit of the last signature changed.
    Wrong,
    /// With so many bytes that are no CMS.
    Junk(usize),
    /// By nobody.
    No,
}

/// What is in a document.
#[derive(Clone, Debug)]
pub(super) struct Content {
    /// Makes the identity, with the notation.
    pub(super) number: u64,
    /// Keeps documents of different attacks apart.
    pub(super) notation: &'static str,
    pub(super) to: Vec<OrganId>,
    pub(super) priority: v1::Priority,
    /// Sizes of attachments in the message, in bytes.
    pub(super) inline: Vec<usize>,
    /// Attachments elsewhere: digest and size.
    pub(super) elsewhere: Vec<(Bytes, u64)>,
}

impl Content {
    /// A small one.
    pub(super) fn small(number: u64, notation: &'static str, to: Vec<OrganId>) -> Self {
        Self {
            number,
            notation,
            to,
            priority: v1::Priority::Normal,
            inline: Vec::new(),
            elsewhere: Vec::new(),
        }
    }
}

/// The identity of a document of today.
pub(super) fn identity(from: OrganId, number: u64, notation: &str, at: Timestamp) -> String {
    format!("{from},{},{number}/{notation}", day(at))
}

fn day(at: Timestamp) -> String {
    calendar::local(at).date().strftime("%Y/%m/%d").to_string()
}

/// Writes and signs; `at` is now.
pub(super) fn document(
    member: &Member,
    content: &Content,
    signed: Signed,
    at: Timestamp,
) -> v1::SignedDocument {
    document_by(member.organ, &member.identity.signer, content, signed, at)
}

/// The same by anybody who signs.
pub(super) fn document_by(
    from: OrganId,
    signer: &DocumentSigner,
    content: &Content,
    signed: Signed,
    at: Timestamp,
) -> v1::SignedDocument {
    // What is in them does not matter, that they differ does: attachments are kept by digest.
    let inline: Vec<v1::Attachment> = (0u64..)
        .zip(&content.inline)
        .map(|(place, bytes)| {
            let mut filling = vec![b'x'; (*bytes).max(16)];
            let mark = content.number.wrapping_mul(64).wrapping_add(place);
            filling[..8].copy_from_slice(&mark.to_be_bytes());
            attachment(filling)
        })
        .collect();
    let within = inline
        .iter()
        .map(|inline| (inline.sha256.clone(), inline.content.len() as u64));
    let elsewhere = content.elsewhere.iter().cloned();
    let named = (1u32..).zip(within.chain(elsewhere));
    let attachments = named.map(|(place, (sha256, size))| v1::AttachmentRef {
        name: format!("{place}.pdf"),
        content_type: "application/pdf".to_owned(),
        size,
        sha256,
    });
    let header = v1::DocumentHeader {
        document_id: identity(from, content.number, content.notation, at),
        from: from.to_string(),
        to: content.to.iter().map(ToString::to_string).collect(),
        code_number: content.number.to_string(),
        code_notation: content.notation.to_owned(),
        promulgation_date: day(at),
        document_type: "Công văn".to_owned(),
        subject: "V/v thử trục".to_owned(),
        priority: content.priority.into(),
        attachments: attachments.collect(),
        ..v1::DocumentHeader::default()
    }
    .encode_to_vec();
    // A key that was read can sign; an unsigned document would be the weaker attack.
    let sign = || signer.sign(&header, at).unwrap_or_default();
    let signature = match signed {
        Signed::Both => sign(),
        Signed::Wrong => {
            let mut signature = sign();
            if let Some(last) = signature.last_mut() {
                *last ^= 1;
            }
            signature
        }
        Signed::Junk(bytes) => vec![0x5a; bytes],
        Signed::No => Vec::new(),
    };
    v1::SignedDocument {
        header: header.into(),
        signature: signature.into(),
        attachments: inline,
    }
}

/// As a message of `Submit`.
pub(super) fn submit(document: &v1::SignedDocument) -> Bytes {
    document.encode_to_vec().into()
}

/// As a message of `SubmitStream`.
pub(super) fn streamed(tag: u64, document: v1::SignedDocument) -> Bytes {
    let document = Some(document);
    v1::SubmitStreamRequest { tag, document }
        .encode_to_vec()
        .into()
}

//! What the index knows of attachments that do not travel inside their document: who uploaded each, who
//! received it, who still needs the file. Rows of a digest say nothing to whom they do not belong.
//!
//! ```text
//! B agency digest     → deliveries by which the agency has it and lost to no recall
//! E at agency digest  → size, of an upload that no document of its owner names
//! F digest            → size, documents that name it, uploads of it: the file is there while one is left
//! H agency            → bytes of its uploads
//! U agency digest     → upload
//! ```

use jiff::Timestamp;

use crate::hub::bytes::Reader;
use crate::hub::bytes::Writer;
use crate::hub::record::Collected;
use crate::hub::record::DocumentRecord;
use crate::hub::record::Standing;
use crate::hub::record::Uploaded;
use crate::hub::registry::AgencyNo;
use crate::hub::rows::Key;
use crate::hub::transaction::Effect;
use crate::hub::transaction::ReadError;
use crate::hub::transaction::Transaction;
use crate::model::AttachmentRef;
use crate::model::Digest;
use crate::model::Refusal;

/// What one upload counts for at least, in bytes: so that millions of small files cost their owner what
/// they cost the file system.
const CHARGE_MIN: u64 = 64 * 1024;

/// What an upload of this size counts for, in bytes.
pub(in crate::hub) fn charge(size: u64) -> u64 {
    size.max(CHARGE_MIN)
}

/// One organisation's upload of one content.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(in crate::hub) struct UploadRow {
    pub(in crate::hub) size: u64,
    /// The last time it was uploaded.
    pub(in crate::hub) at: Timestamp,
    /// Documents of its owner that name it: while there is one, it stays.
    pub(in crate::hub) named: u32,
}

/// One stored content.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
struct FileRow {
    size: u64,
    documents: u64,
    uploads: u64,
}

/// What an agency may do with a content.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(in crate::hub) enum Right {
    /// It uploaded it, of this size.
    Owner(u64),
    /// It received it by a document and has not lost it to a recall.
    Recipient(u64),
    /// Whether there is such a content is none of its business.
    None,
}

impl Right {
    /// Whether a document may name the content so. The true size is told to its owner only.
    ///
    /// # Errors
    /// `ATTACHMENT_MISSING`, in the same words where the content does not exist; `DIGEST_MISMATCH`.
    pub(in crate::hub) fn may_name(self, named: &AttachmentRef) -> Result<(), Refusal> {
        match self {
            Self::Owner(size) | Self::Recipient(size) if size == named.size => Ok(()),
            Self::Owner(size) => Err(Refusal::DigestMismatch {
                what: format!("size of attachment {}", named.name),
                expected: named.size.to_string(),
                found: size.to_string(),
            }),
            Self::Recipient(_) | Self::None => Err(missing(named)),
        }
    }
}

/// The refusal of an attachment that is not there, or not the caller's.
pub(in crate::hub) fn missing(named: &AttachmentRef) -> Refusal {
    Refusal::AttachmentMissing {
        name: named.name.clone(),
        sha256: named.sha256.to_string(),
    }
}

/// What an agency may do with a content, by the rows that `get` finds.
///
/// # Errors
/// [`ReadError`].
pub(in crate::hub) fn right(
    get: impl Fn(&[u8]) -> Result<Option<Vec<u8>>, ReadError>,
    agency: AgencyNo,
    digest: Digest,
) -> Result<Right, ReadError> {
    if let Some(row) = get(&upload_key(agency, digest))? {
        return UploadRow::decode(&row)
            .map(|upload| Right::Owner(upload.size))
            .ok_or(ReadError::Malformed('U'));
    }
    if get(&received_key(agency, digest))?.is_none() {
        return Ok(Right::None);
    }
    let file = get(&file_key(digest))?.ok_or(ReadError::Malformed('F'))?;
    FileRow::decode(&file)
        .map(|file| Right::Recipient(file.size))
        .ok_or(ReadError::Malformed('F'))
}

/// The agency's upload of a content, as this batch leaves it.
pub(in crate::hub) fn upload(
    tx: &Transaction<'_>,
    agency: AgencyNo,
    digest: Digest,
) -> Result<Option<UploadRow>, ReadError> {
    let Some(row) = tx.get(&upload_key(agency, digest))? else {
        return Ok(None);
    };
    UploadRow::decode(&row)
        .map(Some)
        .ok_or(ReadError::Malformed('U'))
}

/// An upload is complete and on disk.
pub(in crate::hub) fn uploaded(
    record: &Uploaded,
    tx: &mut Transaction<'_>,
) -> Result<(), ReadError> {
    let Uploaded {
        at,
        by,
        digest,
        size,
    } = *record;
    let before = upload(tx, by, digest)?;
    if before.is_some_and(|before| before.named > 0) {
        return Ok(());
    }
    match before {
        // It was wanted anew: its day begins again.
        Some(before) => tx.delete(expiry_key(before.at, by, digest)),
        None => {
            let mut file = file(tx, digest)?.unwrap_or(FileRow {
                size,
                documents: 0,
                uploads: 0,
            });
            file.uploads += 1;
            tx.put(file_key(digest), file.encode());
            let charge = charge(size);
            add(tx, held_key(by), charge)?;
            tx.effect(Effect::Uploaded { agency: by, charge });
        }
    }
    let row = UploadRow { size, at, named: 0 };
    tx.put(upload_key(by, digest), row.encode());
    tx.put(expiry_key(at, by, digest), size.to_le_bytes().to_vec());
    Ok(())
}

/// A document names contents that do not travel inside it: its sender's uploads stay, and whoever
/// receives it has them.
pub(in crate::hub) fn named(
    document: &DocumentRecord,
    tx: &mut Transaction<'_>,
) -> Result<(), ReadError> {
    let sender = document.sender;
    for digest in &document.attachments {
        if let Some(mut file) = file(tx, *digest)? {
            file.documents += 1;
            tx.put(file_key(*digest), file.encode());
        }
        if let Some(mut row) = upload(tx, sender, *digest)? {
            row.named = row.named.saturating_add(1);
            tx.put(upload_key(sender, *digest), row.encode());
            if row.named == 1 {
                tx.delete(expiry_key(row.at, sender, *digest));
                tx.effect(Effect::Named {
                    agency: sender,
                    charge: charge(row.size),
                });
            }
        }
        for addressee in &document.recipients {
            // What one sends to oneself gives no right that one had not before.
            if addressee.standing == Standing::Open && addressee.agency != sender {
                add(tx, received_key(addressee.agency, *digest), 1)?;
            }
        }
    }
    Ok(())
}

/// A recipient agreed to the recall of a document: it has lost what came with it.
pub(in crate::hub) fn lost(
    document: &DocumentRecord,
    recipient: AgencyNo,
    tx: &mut Transaction<'_>,
) -> Result<(), ReadError> {
    if recipient == document.sender {
        return Ok(());
    }
    document
        .attachments
        .iter()
        .try_for_each(|digest| subtract(tx, received_key(recipient, *digest), 1))
}

/// A document is done with: the contents that nothing else names are not kept any longer, neither for its
/// sender. Its recipients [lost](lost) them.
pub(in crate::hub) fn unnamed(
    document: &DocumentRecord,
    tx: &mut Transaction<'_>,
) -> Result<(), ReadError> {
    let sender = document.sender;
    for digest in &document.attachments {
        let mut ended = 0;
        if let Some(mut row) = upload(tx, sender, *digest)?
            && row.named > 0
        {
            row.named -= 1;
            if row.named == 0 {
                ended = 1;
                let charge = charge(row.size);
                tx.delete(upload_key(sender, *digest));
                subtract(tx, held_key(sender), charge)?;
                tx.effect(Effect::UploadEnded {
                    agency: sender,
                    charge,
                });
            } else {
                tx.put(upload_key(sender, *digest), row.encode());
            }
        }
        let Some(mut file) = file(tx, *digest)? else {
            continue;
        };
        file.documents = file.documents.saturating_sub(1);
        file.uploads = file.uploads.saturating_sub(ended);
        keep_or_forget(file, *digest, tx);
    }
    Ok(())
}

/// What nothing names and nobody uploaded is forgotten. Whoever brought that about removes the file once this is
/// on disk.
fn keep_or_forget(file: FileRow, digest: Digest, tx: &mut Transaction<'_>) {
    if file.uploads == 0 && file.documents == 0 {
        tx.delete(file_key(digest));
    } else {
        tx.put(file_key(digest), file.encode());
    }
}

/// Uploads that nobody named in time are not kept any longer.
pub(in crate::hub) fn collected(
    record: &Collected,
    tx: &mut Transaction<'_>,
) -> Result<(), ReadError> {
    for (agency, digest) in &record.uploads {
        let Some(row) = upload(tx, *agency, *digest)? else {
            continue;
        };
        tx.delete(upload_key(*agency, *digest));
        tx.delete(expiry_key(row.at, *agency, *digest));
        let charge = charge(row.size);
        subtract(tx, held_key(*agency), charge)?;
        tx.effect(Effect::Collected {
            agency: *agency,
            charge,
        });
        let Some(mut file) = file(tx, *digest)? else {
            continue;
        };
        file.uploads = file.uploads.saturating_sub(1);
        keep_or_forget(file, *digest, tx);
    }
    Ok(())
}

fn file(tx: &Transaction<'_>, digest: Digest) -> Result<Option<FileRow>, ReadError> {
    let Some(row) = tx.get(&file_key(digest))? else {
        return Ok(None);
    };
    FileRow::decode(&row)
        .map(Some)
        .ok_or(ReadError::Malformed('F'))
}

fn number(tx: &Transaction<'_>, key: &[u8]) -> Result<u64, ReadError> {
    let Some(row) = tx.get(key)? else {
        return Ok(0);
    };
    let malformed = ReadError::Malformed(char::from(key[0]));
    Reader(&row).u64().ok_or(malformed)
}

fn add(tx: &mut Transaction<'_>, key: Key, count: u64) -> Result<(), ReadError> {
    let sum = number(tx, &key)?.saturating_add(count);
    tx.put(key, sum.to_le_bytes().to_vec());
    Ok(())
}

fn subtract(tx: &mut Transaction<'_>, key: Key, count: u64) -> Result<(), ReadError> {
    match number(tx, &key)?.saturating_sub(count) {
        0 => tx.delete(key),
        left => tx.put(key, left.to_le_bytes().to_vec()),
    }
    Ok(())
}

pub(in crate::hub) fn upload_key(agency: AgencyNo, digest: Digest) -> Key {
    of(b'U', agency, digest)
}

fn received_key(agency: AgencyNo, digest: Digest) -> Key {
    of(b'B', agency, digest)
}

pub(super) fn file_key(digest: Digest) -> Key {
    let mut key = vec![b'F'];
    key.extend_from_slice(digest.as_bytes());
    key
}

fn held_key(agency: AgencyNo) -> Key {
    let mut key = vec![b'H'];
    key.extend_from_slice(&agency.0.to_be_bytes());
    key
}

/// Agency of a row of kind `H`.
pub(super) fn parse_held_key(key: &[u8]) -> Option<AgencyNo> {
    let number = key.strip_prefix(b"H")?.try_into().ok()?;
    Some(AgencyNo(u32::from_be_bytes(number)))
}

/// First key of uploads at or after an instant, among those that no document names.
pub(super) fn expiry_from(at: Timestamp) -> Key {
    let micros = u64::try_from(at.as_microsecond()).unwrap_or(0);
    let mut key = vec![b'E'];
    key.extend_from_slice(&micros.to_be_bytes());
    key
}

fn expiry_key(at: Timestamp, agency: AgencyNo, digest: Digest) -> Key {
    let mut key = expiry_from(at);
    key.extend_from_slice(&of(b'U', agency, digest)[1..]);
    key
}

/// Agency and digest of a row of kind `E`.
pub(super) fn parse_expiry_key(key: &[u8]) -> Option<(AgencyNo, Digest)> {
    let agency = key.get(9..13)?.try_into().ok()?;
    let digest = Digest::try_from(key.get(13..)?).ok()?;
    Some((AgencyNo(u32::from_be_bytes(agency)), digest))
}

fn of(letter: u8, agency: AgencyNo, digest: Digest) -> Key {
    let mut key = Vec::with_capacity(1 + 4 + 32);
    key.push(letter);
    key.extend_from_slice(&agency.0.to_be_bytes());
    key.extend_from_slice(digest.as_bytes());
    key
}

impl UploadRow {
    fn encode(self) -> Vec<u8> {
        let mut w = Writer::default();
        w.u64(self.size).instant(self.at).u32(self.named);
        w.0
    }

    pub(in crate::hub) fn decode(row: &[u8]) -> Option<Self> {
        let mut r = Reader(row);
        Some(Self {
            size: r.u64()?,
            at: r.instant()?,
            named: r.u32()?,
        })
    }
}

impl FileRow {
    fn encode(self) -> Vec<u8> {
        let mut w = Writer::default();
        w.u64(self.size).u64(self.documents).u64(self.uploads);
        w.0
    }

    fn decode(row: &[u8]) -> Option<Self> {
        let mut r = Reader(row);
        Some(Self {
            size: r.u64()?,
            documents: r.u64()?,
            uploads: r.u64()?,
        })
    }
}

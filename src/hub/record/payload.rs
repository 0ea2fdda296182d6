//! The bytes of a document behind its record's fields.

use bytes::Bytes;
use bytes::BytesMut;

use super::DocumentRecord;
use crate::hub::bytes::Reader;
use crate::hub::bytes::Writer;
use crate::model::Digest;

/// The parts of a document that travel to its recipients, as they came.
#[derive(Clone, Debug)]
pub(in crate::hub) struct Payload {
    pub(in crate::hub) header: Bytes,
    pub(in crate::hub) signature: Bytes,
    /// Digest and content of each inline attachment.
    pub(in crate::hub) attachments: Vec<(Digest, Bytes)>,
}

impl Payload {
    /// Bytes held.
    pub(in crate::hub) fn size(&self) -> usize {
        let attachments: usize = self
            .attachments
            .iter()
            .map(|(_, content)| content.len())
            .sum();
        self.header.len() + self.signature.len() + attachments
    }

    /// The same in memory of its own.
    pub(in crate::hub) fn copied(&self) -> Self {
        let mut all = BytesMut::with_capacity(self.size());
        let mut copy = |part: &Bytes| {
            all.extend_from_slice(part);
            all.split().freeze()
        };
        Self {
            header: copy(&self.header),
            signature: copy(&self.signature),
            attachments: self
                .attachments
                .iter()
                .map(|(digest, content)| (*digest, copy(content)))
                .collect(),
        }
    }

    /// What follows a [`DocumentRecord`]'s own fields.
    pub(in crate::hub) fn parts(&self) -> (Vec<u8>, Vec<&[u8]>) {
        let mut lengths = Writer::default();
        lengths.count(self.header.len()).count(self.signature.len());
        lengths.count(self.attachments.len());
        for (digest, content) in &self.attachments {
            lengths.digest(digest).count(content.len());
        }
        let mut parts: Vec<&[u8]> = vec![&self.header, &self.signature];
        parts.extend(self.attachments.iter().map(|(_, content)| content.as_ref()));
        (lengths.0, parts)
    }

    /// The payload of a document record's body.
    pub(in crate::hub) fn read(body: Bytes) -> Option<Self> {
        let mut reader = Reader(&body);
        DocumentRecord::read(&mut reader)?;
        let (header, signature) = (reader.count()?, reader.count()?);
        let count = reader.count()?;
        let mut named = Vec::new();
        for _ in 0..count {
            named.push((reader.digest()?, reader.count()?));
        }
        let mut at = body.len() - reader.0.len();
        let mut slice = |length: usize| {
            let end = at.checked_add(length).filter(|end| *end <= body.len())?;
            let part = body.slice(at..end);
            at = end;
            Some(part)
        };
        let (header, signature) = (slice(header)?, slice(signature)?);
        let attachments = named
            .into_iter()
            .map(|(digest, length)| Some((digest, slice(length)?)));
        Some(Self {
            header,
            signature,
            attachments: attachments.collect::<Option<_>>()?,
        })
    }
}

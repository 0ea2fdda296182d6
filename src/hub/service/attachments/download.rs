//! Attachments on their way out. A download that waits for its peer holds no file.

use std::pin::Pin;
use std::sync::Arc;

use bytes::Bytes;
use futures_util::Stream;
use futures_util::stream;
use tonic::Status;

use super::digest;
use super::right;
use crate::hub::admit;
use crate::hub::config::CHUNK_BYTES;
use crate::hub::core::Core;
use crate::hub::core::unavailable;
use crate::hub::peer::Peer;
use crate::hub::record::DocumentRecord;
use crate::hub::registry::AgencyState;
use crate::hub::track;
use crate::hub::track::Role;
use crate::hub::uploads::Right;
use crate::model::AttachmentRef;
use crate::model::Digest;
use crate::model::DocumentId;
use crate::model::Refusal;
use crate::wire;
use crate::wire::v1;

type Chunks = Pin<Box<dyn Stream<Item = Result<v1::Chunk, Status>> + Send>>;

/// The content of one attachment of a document the caller may see.
pub(in crate::hub::service) async fn get(
    core: &Arc<Core>,
    peer: Arc<Peer>,
    id: &DocumentId,
    sha256: &[u8],
) -> Result<Chunks, Refusal> {
    let organ = peer.organ()?;
    let digest = digest(sha256)?;
    let (row, role) = track::visible(core, organ, id)?;
    let sequence = row.record.sequence;
    track::not_archived(&row)?;
    track::not_recalled(core, id, sequence, role)?;
    let loading = Arc::clone(core);
    let stored = tokio::task::spawn_blocking(move || loading.load(sequence)).await;
    let stored = stored.map_err(unavailable)?.map_err(unavailable)?;
    let inline = stored
        .payload
        .attachments
        .iter()
        .find(|(sha256, _)| *sha256 == digest);
    if let Some((_, content)) = inline {
        let chunk = v1::Chunk {
            data: content.clone(),
            ..v1::Chunk::default()
        };
        return Ok(Box::pin(stream::iter([Ok(chunk)])));
    }
    let missing = || Refusal::AttachmentMissing {
        name: id.to_string(),
        sha256: digest.to_string(),
    };
    let header = wire::decode_header(&stored.payload.header)?;
    let named = |named: &AttachmentRef| named.sha256 == digest;
    if !header.attachments.iter().any(named) {
        return Err(missing());
    }
    let size = core.attachments.size(digest).ok_or_else(missing)?;
    let download = Download {
        core: Arc::clone(core),
        peer,
        id: id.clone(),
        record: Arc::clone(&row.record),
        role,
        began: core
            .agencies
            .load()
            .find(organ)
            .map(|(_, agency)| agency.state),
        digest,
        offset: 0,
    };
    download.may_go_on()?;
    let first = v1::Chunk {
        size,
        sha256: sha256.to_vec().into(),
        ..v1::Chunk::default()
    };
    let rest = stream::unfold(Some(download), |download| async move {
        match download?.next().await {
            Ok((data, _)) if data.is_empty() => None,
            Ok((data, download)) => {
                let chunk = v1::Chunk {
                    data,
                    ..v1::Chunk::default()
                };
                Some((Ok(chunk), Some(download)))
            }
            Err(refusal) => Some((Err(wire::status(&refusal)), None)),
        }
    });
    Ok(Box::pin(stream::StreamExt::chain(
        stream::iter([Ok(first)]),
        rest,
    )))
}

/// An attachment on its way out.
struct Download {
    core: Arc<Core>,
    peer: Arc<Peer>,
    id: DocumentId,
    record: Arc<DocumentRecord>,
    role: Role,
    /// The caller's state when it began.
    began: Option<AgencyState>,
    digest: Digest,
    offset: u64,
}

impl Download {
    /// The next bytes; none at the end.
    async fn next(mut self) -> Result<(Bytes, Self), Refusal> {
        self.may_go_on()?;
        let (attachments, digest) = (self.core.attachments.clone(), self.digest);
        let offset = self.offset;
        let reading =
            tokio::task::spawn_blocking(move || attachments.read(digest, offset, CHUNK_BYTES));
        let read = reading.await.map_err(unavailable)?.map_err(unavailable)?;
        let data = read.ok_or_else(|| self.missing())?;
        self.offset += data.len() as u64;
        Ok((data.into(), self))
    }

    /// Whether the caller still may: it can be revoked, suspended or agree to a recall meanwhile.
    fn may_go_on(&self) -> Result<(), Refusal> {
        let organ = self.peer.organ()?;
        let agencies = self.core.agencies.load();
        let (agency, found) = agencies
            .find(organ)
            .ok_or(Refusal::AgencyUnknown { organ })?;
        if Some(found.state) != self.began {
            admit::sender(&agencies, organ)?;
        }
        track::not_recalled(&self.core, &self.id, self.record.sequence, self.role)?;
        // Records of before uploads had owners name none: their senders had uploaded them.
        if self.role == Role::Sender
            && self.record.attachments.contains(&self.digest)
            && right(&self.core, agency, self.digest)? == Right::None
        {
            return Err(self.missing());
        }
        Ok(())
    }

    fn missing(&self) -> Refusal {
        Refusal::AttachmentMissing {
            name: self.id.to_string(),
            sha256: self.digest.to_string(),
        }
    }
}

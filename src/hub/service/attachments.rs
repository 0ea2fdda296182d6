//! Attachments in and out, in chunks: a transfer holds one chunk, however large the file.

use std::io::Read as _;
use std::pin::Pin;
use std::sync::Arc;

use bytes::Bytes;
use futures_util::Stream;
use futures_util::stream;
use tonic::Status;
use tonic::Streaming;

use super::exchange::next;
use crate::hub::admit;
use crate::hub::config::CHUNK_BYTES;
use crate::hub::core::Core;
use crate::hub::core::unavailable;
use crate::hub::track;
use crate::model::ATTACHMENT_MAX;
use crate::model::Digest;
use crate::model::DocumentId;
use crate::model::OrganId;
use crate::model::Refusal;
use crate::store::AttachmentError;
use crate::wire;
use crate::wire::v1;

type Chunks = Pin<Box<dyn Stream<Item = Result<v1::Chunk, Status>> + Send>>;

/// Takes an upload to the disk. Whatever ends it early leaves nothing behind.
pub(super) async fn put(
    core: &Arc<Core>,
    organ: OrganId,
    mut chunks: Streaming<v1::Chunk>,
) -> Result<v1::StoredAttachment, Refusal> {
    admit::sender(&core.agencies.load(), organ)?;
    let mut upload = core.attachments.begin().map_err(refusal)?;
    let (mut size, mut announced_size, mut announced) = (0u64, 0u64, None);
    while let Some(chunk) = next(core, &mut chunks).await? {
        if !chunk.sha256.is_empty() {
            let digest = Digest::try_from(chunk.sha256.as_ref())
                .map_err(|error| Refusal::field("sha256", error.to_string()))?;
            announced = Some(digest);
        }
        announced_size = announced_size.max(chunk.size);
        size += chunk.data.len() as u64;
        if size.max(announced_size) > ATTACHMENT_MAX {
            return Err(Refusal::TooLarge {
                what: "attachment".to_owned(),
                found: size.max(announced_size),
                limit: ATTACHMENT_MAX,
            });
        }
        // The disk must not hold up the reactor.
        let written =
            tokio::task::spawn_blocking(move || upload.write(&chunk.data).map(|()| upload));
        upload = written.await.map_err(unavailable)?.map_err(refusal)?;
    }
    if announced_size != 0 && announced_size != size {
        return Err(Refusal::DigestMismatch {
            what: "size of the upload".to_owned(),
            expected: announced_size.to_string(),
            found: size.to_string(),
        });
    }
    let found = upload.digest();
    if let Some(expected) = announced.filter(|expected| *expected != found) {
        return Err(Refusal::DigestMismatch {
            what: "upload".to_owned(),
            expected: expected.to_string(),
            found: found.to_string(),
        });
    }
    let finished = tokio::task::spawn_blocking(move || upload.finish()).await;
    let sha256 = finished.map_err(unavailable)?.map_err(refusal)?;
    Ok(v1::StoredAttachment {
        sha256: sha256.as_bytes().to_vec().into(),
        size,
    })
}

/// The content of one attachment of a document the caller may see.
pub(super) async fn get(
    core: &Arc<Core>,
    organ: OrganId,
    id: &DocumentId,
    sha256: &[u8],
) -> Result<Chunks, Refusal> {
    let digest =
        Digest::try_from(sha256).map_err(|error| Refusal::field("sha256", error.to_string()))?;
    let (row, role) = track::visible(core, organ, id)?;
    let sequence = row.record.sequence;
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
    if !header
        .attachments
        .iter()
        .any(|named| named.sha256 == digest)
    {
        return Err(missing());
    }
    let (file, size) = core.attachments.open_content(digest).ok_or_else(missing)?;
    let first = v1::Chunk {
        size,
        sha256: sha256.to_vec().into(),
        data: Bytes::new(),
    };
    let rest = stream::unfold(Some(file), |file| async move {
        let mut file = file?;
        let read = tokio::task::spawn_blocking(move || {
            let mut buffer = vec![0; CHUNK_BYTES];
            let count = file.read(&mut buffer)?;
            buffer.truncate(count);
            Ok::<_, std::io::Error>((buffer, file))
        });
        match read.await {
            Ok(Ok((buffer, _))) if buffer.is_empty() => None,
            Ok(Ok((buffer, file))) => {
                let chunk = v1::Chunk {
                    data: buffer.into(),
                    ..v1::Chunk::default()
                };
                Some((Ok(chunk), Some(file)))
            }
            Ok(Err(error)) => Some((Err(wire::status(&unavailable(error))), None)),
            Err(error) => Some((Err(wire::status(&unavailable(error))), None)),
        }
    });
    Ok(Box::pin(stream::StreamExt::chain(
        stream::iter([Ok(first)]),
        rest,
    )))
}

fn refusal(error: AttachmentError) -> Refusal {
    match error {
        AttachmentError::Full { .. } => Refusal::StorageFull {
            problem: error.to_string(),
        },
        _ => unavailable(error),
    }
}

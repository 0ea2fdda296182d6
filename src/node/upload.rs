//! Contents that do not travel with their document: uploaded, and gone on with where an upload broke off.

use bytes::Bytes;
use tonic::Code;
use tonic::Status;

use super::connection::Backoff;
use super::connection::Connection;
use crate::model::Reason;
use crate::trust::sha256;
use crate::wire;
use crate::wire::v1;

/// Bytes of one upload chunk.
const CHUNK_BYTES: usize = 256 * 1024;

/// Uploads contents that do not travel with their document; again and again where the connection breaks or
/// the hub stops, each time from where it broke off.
///
/// # Errors
/// The hub's refusal.
pub(super) async fn upload(connection: &Connection, contents: Vec<Bytes>) -> Result<(), Status> {
    for content in contents {
        let mut backoff = Backoff::new();
        while let Err(status) = put(connection, &content).await {
            if !may_pass(&status) {
                return Err(status);
            }
            tracing::debug!(%status, "an upload broke off");
            backoff.wait().await;
        }
    }
    Ok(())
}

/// Whether the same may succeed in a moment: there was no answer, or the hub is busy, stops, or still holds
/// the upload that broke off.
fn may_pass(status: &Status) -> bool {
    wire::reason_of(status).is_none_or(|explained| {
        matches!(
            explained.reason,
            Reason::Overloaded | Reason::ShuttingDown | Reason::StreamIdle
        )
    })
}

/// Uploads one content, or the rest of it where the hub has its beginning.
///
/// # Errors
/// The hub's refusal, or a lost connection.
pub async fn put(connection: &Connection, content: &Bytes) -> Result<(), Status> {
    let digest = Bytes::copy_from_slice(sha256(content).as_bytes());
    let mut exchange = connection.exchange();
    let request = v1::GetUploadRequest {
        sha256: digest.clone(),
    };
    let state = match exchange.get_upload(request).await {
        Ok(state) => state.into_inner(),
        // A hub of before uploads could be resumed.
        Err(status) if status.code() == Code::Unimplemented => v1::UploadState::default(),
        Err(status) => return Err(status),
    };
    if state.stored {
        return Ok(());
    }
    let from = usize::try_from(state.offset).unwrap_or(0);
    let rest = content.get(from..).unwrap_or_default();
    let offset = content.len() - rest.len();
    exchange
        .put_attachment(tokio_stream::iter(chunks(content, &digest, offset)))
        .await
        .map(|_| ())
}

/// The chunks of a content from an offset; at least one, which says what is to come out.
fn chunks(content: &Bytes, digest: &Bytes, offset: usize) -> Vec<v1::Chunk> {
    let first = v1::Chunk {
        data: content.slice(offset..content.len().min(offset + CHUNK_BYTES)),
        sha256: digest.clone(),
        size: content.len() as u64,
        offset: offset as u64,
    };
    let rest = (offset + first.data.len()..content.len())
        .step_by(CHUNK_BYTES)
        .map(|from| v1::Chunk {
            data: content.slice(from..content.len().min(from + CHUNK_BYTES)),
            ..v1::Chunk::default()
        });
    std::iter::once(first.clone()).chain(rest).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chunks_are_the_rest_of_the_content_and_the_first_says_of_what() {
        let content = Bytes::from(vec![7; 2 * CHUNK_BYTES + 3]);
        let digest = Bytes::from_static(&[1; 32]);
        for offset in [0, 5, CHUNK_BYTES, content.len() - 1, content.len()] {
            let chunks = chunks(&content, &digest, offset);
            let bytes: usize = chunks.iter().map(|chunk| chunk.data.len()).sum();
            assert_eq!(offset + bytes, content.len());
            assert_eq!(chunks[0].offset, offset as u64);
            assert_eq!(chunks[0].size, content.len() as u64);
            let announced = chunks.iter().filter(|chunk| !chunk.sha256.is_empty());
            assert_eq!(announced.count(), 1);
        }
    }
}

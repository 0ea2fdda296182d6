//! Attachments in and out, in chunks: a transfer holds one chunk, however large the file. Who is at the
//! other end, and what it may, is asked again for every chunk.

mod download;

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use tonic::Code;
use tonic::Streaming;

use super::limits::too_large;
use crate::hub::admit;
use crate::hub::config::CHUNK_MAX;
use crate::hub::core::Core;
use crate::hub::core::unavailable;
use crate::hub::peer::Peer;
use crate::hub::registry::AgencyNo;
use crate::hub::transaction::ReadError;
use crate::hub::uploads;
use crate::hub::uploads::Announced;
use crate::hub::uploads::Incoming;
use crate::hub::uploads::Right;
use crate::hub::uploads::UploadRight;
use crate::model::ATTACHMENT_MAX;
use crate::model::Digest;
use crate::model::OrganId;
use crate::model::Refusal;
use crate::store::UploadName;
use crate::wire;
use crate::wire::v1;

pub(super) use download::get;

/// How often a transfer that waits for its peer asks whether it may go on: within the two seconds in
/// which a revocation or a suspension ends everything.
const JUDGED_EVERY: Duration = Duration::from_millis(500);

/// Chunks that may be as small as they like; beyond them a chunk has to bring [`CHUNK_MEAN_MIN`] bytes in
/// the mean, so that nobody sends nothing for ever.
const CHUNKS_SMALL_MAX: u64 = 1024;
const CHUNK_MEAN_MIN: u64 = 1024;

/// What the chunks of one upload said, and how they came.
#[derive(Clone, Copy, Debug, Default)]
struct Heard {
    digest: Option<Digest>,
    /// The largest size announced; 0 for none.
    size: u64,
    chunks: u64,
}

impl Heard {
    /// Takes in a chunk that comes after `bytes` of the content.
    fn hear(&mut self, chunk: &v1::Chunk, bytes: u64) -> Result<(), Refusal> {
        if chunk.data.len() > CHUNK_MAX {
            return Err(Refusal::TooLarge {
                what: "chunk".to_owned(),
                found: chunk.data.len() as u64,
                limit: CHUNK_MAX as u64,
            });
        }
        if !chunk.sha256.is_empty() {
            self.digest = Some(digest(&chunk.sha256)?);
        }
        self.size = self.size.max(chunk.size);
        let bytes = bytes + chunk.data.len() as u64;
        if bytes.max(self.size) > ATTACHMENT_MAX {
            return Err(Refusal::TooLarge {
                what: "attachment".to_owned(),
                found: bytes.max(self.size),
                limit: ATTACHMENT_MAX,
            });
        }
        self.chunks += 1;
        if self.chunks > CHUNKS_SMALL_MAX + bytes / CHUNK_MEAN_MIN {
            let problem = format!("{} chunks brought {bytes} bytes", self.chunks);
            return Err(Refusal::field("data", problem));
        }
        Ok(())
    }

    /// Whether so many bytes of this digest are what was announced.
    fn is_kept_to(&self, bytes: u64, found: Digest) -> Result<(), Refusal> {
        if self.size != 0 && self.size != bytes {
            return Err(Refusal::DigestMismatch {
                what: "size of the upload".to_owned(),
                expected: self.size.to_string(),
                found: bytes.to_string(),
            });
        }
        match self.digest {
            Some(expected) if expected != found => Err(Refusal::DigestMismatch {
                what: "upload".to_owned(),
                expected: expected.to_string(),
                found: found.to_string(),
            }),
            _ => Ok(()),
        }
    }
}

/// Takes an upload to the disk and puts it on record as its sender's. What breaks off is kept where the
/// sender said what is to come out, to be gone on with.
pub(super) async fn put(
    core: &Arc<Core>,
    peer: &Arc<Peer>,
    mut chunks: Streaming<v1::Chunk>,
) -> Result<v1::StoredAttachment, Refusal> {
    let caller = may_upload(core, peer)?;
    let never = tokio_util::sync::CancellationToken::new();
    let first = next(core, peer, &mut chunks, &never).await?;
    let first = first.unwrap_or_default();
    let mut heard = Heard::default();
    heard.hear(&first, first.offset)?;
    let announced = Announced {
        digest: heard.digest,
        size: heard.size,
        offset: first.offset,
    };
    if first.offset > 0 && (heard.digest.is_none() || heard.size < first.offset) {
        let problem = "an upload goes on where its first chunk says sha256 and size";
        return Err(Refusal::field("offset", problem));
    }
    let (asked, asking) = (Arc::clone(core), Arc::clone(peer));
    let right = UploadRight(Box::new(move || may_upload(&asked, &asking).is_ok()));
    let begun = Incoming::begin(&core.uploads, &core.clock, caller, announced, right);
    let mut incoming = begun.await?;
    let mut chunk = Some(first);
    while let Some(taken) = chunk {
        incoming = take(incoming, taken.data).await?;
        let taken_over = incoming.taken_over.clone();
        chunk = next(core, peer, &mut chunks, &taken_over).await?;
        if let Some(chunk) = &chunk {
            heard.hear(chunk, incoming.bytes())?;
            if heard.size != 0 && incoming.bytes() + chunk.data.len() as u64 > heard.size {
                incoming.is_worth_nothing();
                heard.is_kept_to(
                    incoming.bytes() + chunk.data.len() as u64,
                    Digest::from([0; 32]),
                )?;
            }
        }
    }
    // Not with the call, which may be given up any time: a file is on record or will be collected.
    let completing = tokio::spawn(complete(Arc::clone(core), caller.1, incoming, heard));
    completing.await.map_err(unavailable)?
}

async fn take(mut incoming: Incoming, data: Bytes) -> Result<Incoming, Refusal> {
    if incoming.only_gathers(data.len()) {
        incoming.take(&data)?;
        return Ok(incoming);
    }
    // The disk must not hold up the reactor.
    let taken = tokio::task::spawn_blocking(move || incoming.take(&data).map(|()| incoming));
    taken.await.map_err(unavailable)?
}

/// Everything came: onto the disk, then on record.
async fn complete(
    core: Arc<Core>,
    by: AgencyNo,
    mut incoming: Incoming,
    heard: Heard,
) -> Result<v1::StoredAttachment, Refusal> {
    let at = core.clock.now();
    let finishing = tokio::task::spawn_blocking(move || {
        let (bytes, found) = (incoming.bytes(), incoming.digest()?);
        if let Err(refusal) = heard.is_kept_to(bytes, found) {
            // Less than announced may be gone on with; anything else is not what it should be.
            if bytes >= heard.size {
                incoming.is_worth_nothing();
            }
            return Err(refusal);
        }
        incoming.finish(at)
    });
    let finished = finishing.await.map_err(unavailable)??;
    let stored = v1::StoredAttachment {
        sha256: finished.digest.as_bytes().to_vec().into(),
        size: finished.size,
    };
    uploads::put_on_record(&core, by, finished).await?;
    Ok(stored)
}

/// The next chunk of an upload. Ends it when the peer is silent for too long, may not go on, or takes over
/// itself, and when the hub stops.
async fn next(
    core: &Core,
    peer: &Peer,
    chunks: &mut Streaming<v1::Chunk>,
    taken_over: &tokio_util::sync::CancellationToken,
) -> Result<Option<v1::Chunk>, Refusal> {
    let limit = core.config.upload_idle_max;
    let message = chunks.message();
    let silent = tokio::time::sleep(limit);
    let mut judged = tokio::time::interval(JUDGED_EVERY);
    tokio::pin!(message, silent);
    loop {
        let message = tokio::select! {
            message = &mut message => message,
            _ = judged.tick() => {
                may_upload(core, peer)?;
                continue;
            }
            () = &mut silent => return Err(Refusal::StreamIdle { limit_s: limit.as_secs() }),
            () = taken_over.cancelled() => {
                let what = "the same organisation uploads the same attachment anew".to_owned();
                return Err(Refusal::Overloaded { what });
            }
            () = core.draining.cancelled() => return Err(Refusal::ShuttingDown),
        };
        may_upload(core, peer)?;
        return match message {
            Ok(chunk) => Ok(chunk),
            Err(status) if wire::refusal_of(&status).is_some() => {
                Err(wire::refusal_of(&status).cloned().unwrap_or_else(too_large))
            }
            Err(status) if status.code() == Code::OutOfRange => Err(too_large()),
            // Also where the client went away, when nobody reads it. It is not the end of the content.
            Err(status) => Err(Refusal::field(
                "message",
                format!("cannot be read: {}", status.message()),
            )),
        };
    }
}

/// Who uploads, as long as it may.
fn may_upload(core: &Core, peer: &Peer) -> Result<(OrganId, AgencyNo), Refusal> {
    let organ = peer.organ()?;
    admit::sender(&core.agencies.load(), organ).map(|agency| (organ, agency))
}

/// How much the hub has of an upload of the caller's.
pub(super) fn state(
    core: &Core,
    organ: OrganId,
    request: &v1::GetUploadRequest,
) -> Result<v1::UploadState, Refusal> {
    let digest = digest(&request.sha256)?;
    let agency = super::agency(core, organ)?;
    if let Right::Owner(size) = right(core, agency, digest)? {
        return Ok(v1::UploadState {
            offset: size,
            stored: true,
        });
    }
    Ok(v1::UploadState {
        offset: core.uploads.bytes_of(UploadName { organ, digest }),
        stored: false,
    })
}

fn right(core: &Core, agency: AgencyNo, digest: Digest) -> Result<Right, Refusal> {
    let get = |key: &[u8]| core.index.get(key).map_err(ReadError::from);
    uploads::right(get, agency, digest).map_err(unavailable)
}

fn digest(sha256: &[u8]) -> Result<Digest, Refusal> {
    Digest::try_from(sha256).map_err(|error| Refusal::field("sha256", error.to_string()))
}

//! The upward direction of a subscription: credits and acknowledgements.
//!
//! Nothing goes down for an acknowledgement that is on disk, but for one that is not the stream ends with
//! the reason. What it was about is in flight until then, and waits again afterwards: an acknowledgement is
//! never lost without a word.

use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;
use tokio::sync::oneshot;
use tonic::Streaming;

use super::exchange::each_once;
use super::limits::said_by_caller;
use crate::hub::commit::Acknowledge;
use crate::hub::config::ACKNOWLEDGEMENTS_OUT_MAX;
use crate::hub::core::Core;
use crate::hub::deliver::Flow;
use crate::hub::fair_queue::Waiting;
use crate::hub::registry::AgencyNo;
use crate::model::Refusal;
use crate::wire::v1;

/// What the commit thread says to one acknowledgement.
type Answer = oneshot::Receiver<Result<u32, Refusal>>;

/// Follows what a subscriber says until it has said everything, and all of that is on disk.
///
/// # Errors
/// What is wrong with the stream; why an acknowledgement is not on disk.
pub(super) async fn follow(
    core: &Core,
    by: AgencyNo,
    flow: &Flow,
    mut stream: Streaming<v1::SubscribeRequest>,
) -> Result<(), Refusal> {
    let mut out = FuturesUnordered::new();
    loop {
        // Each message is acted on whole before the next is read, so that no half of one is lost here.
        let request = tokio::select! {
            Some(answered) = out.next() => {
                settled(core, answered)?;
                continue;
            }
            // A subscriber may be silent for as long as it likes: HTTP/2 keep-alive finds the dead.
            said = stream.message(), if out.len() < ACKNOWLEDGEMENTS_OUT_MAX => {
                match said_by_caller(said)? {
                    Some(request) => request,
                    None => break,
                }
            }
        };
        if let Some(said) = request.acknowledge {
            out.push(acknowledge(core, by, said).await?);
        }
        if request.credit > 0 {
            flow.add_credit(request.credit);
        }
    }
    while let Some(answered) = out.next().await {
        settled(core, answered)?;
    }
    Ok(())
}

/// Hands one acknowledgement over. Nobody is kept waiting for it, so it goes to the disk with the next
/// document or within 5 ms.
async fn acknowledge(
    core: &Core,
    by: AgencyNo,
    said: v1::Acknowledgement,
) -> Result<Answer, Refusal> {
    let (reply, answer) = oneshot::channel();
    let work = Acknowledge {
        by,
        sequences: each_once(said.hub_sequences),
        status_cursor: said.status_cursor,
        reply: Some(reply),
    };
    core.commit_acknowledge(work, Waiting::Nobody).await?;
    Ok(answer)
}

/// One acknowledgement is on disk, or it is not and that is the end.
fn settled(
    core: &Core,
    answer: Result<Result<u32, Refusal>, oneshot::error::RecvError>,
) -> Result<(), Refusal> {
    answer.map_err(|_dropped| core.health.undecided())??;
    Ok(())
}

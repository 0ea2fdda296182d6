//! The tasks of a run: a subscriber and a sender for each agency.

use std::sync::Arc;
use std::sync::Mutex;
use std::sync::atomic::Ordering;

use jiff::civil::Date;
use tokio::sync::mpsc;
use tokio::sync::oneshot;
use tonic::Status;

use super::agency::Due;
use super::agency::Found;
use super::agency::NAMED;
use super::agency::Shared;
use super::agency::lock;
use super::run::DriveError;
use super::run::Driven;
use super::sender::Sender;
use super::sender::Transfer;
use super::subscriber::Subscriber;
use crate::model::OrganId;
use crate::node::Connection;

/// Agencies that connect at once: with thousands, handshakes would wait for each other until they are
/// given up.
const CONNECTING_AT_ONCE: usize = 64;

/// Waits until all of these are connected.
async fn all_of(
    connecting: impl Iterator<Item = (OrganId, oneshot::Receiver<Result<(), Status>>)>,
) -> Result<(), DriveError> {
    for (organ, ready) in connecting {
        let outcome = ready.await.unwrap_or_else(|_gone| {
            Err(Status::unavailable("the connection's task ended at once"))
        });
        outcome.map_err(|status| DriveError::Hub {
            organ,
            status: Box::new(status),
        })?;
    }
    Ok(())
}

/// The tasks of a run.
pub(super) struct Crew {
    pub(super) tasks: tokio::task::JoinSet<()>,
    pub(super) queues: Vec<mpsc::UnboundedSender<Due>>,
    pub(super) found: Vec<Arc<Mutex<Found>>>,
}

impl Crew {
    /// Connects everybody: first the subscribers, so that nothing is sent to nobody.
    pub(super) async fn hire(
        agencies: &[(OrganId, Connection)],
        shared: &Arc<Shared>,
        transfer: Transfer,
    ) -> Result<Self, DriveError> {
        let mut crew = Self {
            tasks: tokio::task::JoinSet::new(),
            queues: Vec::with_capacity(agencies.len()),
            found: Vec::with_capacity(agencies.len()),
        };
        let mut ready = Vec::with_capacity(2 * agencies.len());
        for (number, (organ, connection)) in agencies.iter().enumerate() {
            let found: Arc<Mutex<Found>> = Arc::default();
            let subscriber = Subscriber {
                number,
                connection: connection.clone(),
                shared: Arc::clone(shared),
                found: Arc::clone(&found),
            };
            let sender = Sender {
                number,
                connection: connection.clone(),
                shared: Arc::clone(shared),
                found: Arc::clone(&found),
            };
            let (subscribed, receive) = oneshot::channel();
            crew.tasks.spawn(subscriber.run(subscribed));
            ready.push((*organ, receive));
            let (opened, receive) = oneshot::channel();
            #[expect(
                clippy::disallowed_methods,
                reason = "bounded by what may be under way, which each document holds a part of"
            )]
            let (queue, due) = mpsc::unbounded_channel();
            crew.tasks.spawn(sender.run(transfer, due, opened));
            ready.push((*organ, receive));
            crew.queues.push(queue);
            crew.found.push(found);
            if (number + 1) % CONNECTING_AT_ONCE == 0 {
                all_of(ready.drain(..)).await?;
            }
        }
        all_of(ready.drain(..)).await?;
        Ok(crew)
    }

    /// What everybody found.
    pub(super) fn findings(
        &self,
        agencies: &[(OrganId, Connection)],
        shared: &Shared,
        date: Date,
    ) -> Driven {
        let mut driven = Driven::default();
        let founds: Vec<Found> = self.found.iter().map(|found| lock(found).clone()).collect();
        let identity = |place| shared.identity(place, agencies, date);
        let organ = |number: usize| agencies.get(number).map(|(organ, _)| *organ);
        for (number, found) in founds.iter().enumerate() {
            let Some(own) = organ(number) else { continue };
            for (recipient, count) in &found.addressed {
                let pair = driven.pairs.entry((own, *recipient)).or_default();
                pair.addressed += count;
            }
            for (sender, count) in &found.received {
                if let Some(sender) = organ(*sender as usize) {
                    driven.pairs.entry((sender, own)).or_default().received += count;
                }
            }
            driven.signed_to_office.insert(own, found.to_office);
            driven.redelivered += found.redelivered;
            driven.foreign += found.foreign;
            let named = |place: &usize| identity(*place);
            driven.twice.extend(found.twice.iter().map(named));
            driven.altered.extend(found.altered.iter().map(named));
            let outcomes = found.unexpected.iter();
            driven
                .unexpected
                .extend(outcomes.map(|(place, wrong)| format!("{}: {wrong}", identity(*place))));
        }
        driven.unexpected.truncate(NAMED);
        let owed = shared.tally.owed();
        driven.unanswered = owed
            .unanswered
            .iter()
            .take(NAMED)
            .map(|place| identity(*place))
            .collect();
        driven.broken = shared.broken.load(Ordering::Relaxed);
        driven
    }
}

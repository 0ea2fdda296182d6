//! What a hub says of itself: what it counted, what it still has, and what its work cost.

use std::collections::BTreeMap;
use std::time::Duration;

use tonic::Status;

use super::connection::Connection;
use crate::model::OrganId;
use crate::model::Reason;
use crate::model::Totals;
use crate::wire::reason_of;
use crate::wire::v1;

/// Pairs asked for at once: a directory of thousands has more than fit into one message. A hub answers
/// at least so many.
const PAIRS_AT_ONCE: u32 = 10_000;

/// Documents and deliveries a hub counted.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct HubTotals {
    /// Submissions that arrived.
    pub submitted: u64,
    /// Documents accepted.
    pub sent: u64,
    /// Repetitions of accepted documents.
    pub repeated: u64,
    /// Documents refused.
    pub refused: u64,
    /// Submissions turned away.
    pub turned_away: u64,
    /// Submissions whose outcome is open.
    pub under_way: u64,
    /// Deliveries owed.
    pub addressed: u64,
    /// Deliveries acknowledged.
    pub received: u64,
    /// Whether its equations hold, as it says and by the figures it tells.
    pub balanced: bool,
}

/// One pair of sender and recipient.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct PairTotals {
    /// Documents addressed.
    pub addressed: u64,
    /// Deliveries acknowledged.
    pub received: u64,
}

/// What a hub's work cost since it started.
#[derive(Clone, Debug, Default)]
pub struct HubCost {
    /// CPU of the whole process.
    pub cpu: Duration,
    /// Resident memory, in bytes.
    pub memory: u64,
    /// Documents accepted.
    pub documents: u64,
    /// Deliveries sent out.
    pub deliveries: u64,
    /// Bytes of header, signature and inline attachments of accepted documents.
    pub payload_bytes: u64,
    /// Of these, digested.
    pub digested_bytes: u64,
    /// Signatures verified.
    pub signatures: u64,
    /// Commits, each with one wait for the disk.
    pub commits: u64,
    /// What a receipt promises there.
    pub durability: String,
    /// Its revision.
    pub git: String,
    /// By stage of the path, in its order.
    pub stages: Vec<StageCost>,
}

/// What one stage cost.
#[derive(Clone, Debug, Default)]
pub struct StageCost {
    /// Its name.
    pub name: String,
    /// CPU.
    pub cpu: Duration,
    /// Elapsed time within it, waiting included.
    pub elapsed: Duration,
}

impl Connection {
    /// What the hub counted.
    ///
    /// # Errors
    /// The connection, or the hub's refusal of the caller.
    pub async fn totals(&self) -> Result<HubTotals, Status> {
        let totals = self.monitor().get_totals(v1::GetTotalsRequest {}).await?;
        let told = totals.into_inner();
        let totals = Totals {
            submitted: told.submitted,
            sent: told.sent,
            repeated: told.repeated,
            refused: told.refused,
            turned_away: told.turned_away,
            under_way: told.under_way,
            addressed: told.addressed,
            received: told.received,
            in_flight: told.in_flight,
            pending: told.pending,
            locked: told.locked,
        };
        Ok(HubTotals {
            submitted: totals.submitted,
            sent: totals.sent,
            repeated: totals.repeated,
            refused: totals.refused,
            turned_away: totals.turned_away,
            under_way: totals.under_way,
            addressed: totals.addressed,
            received: totals.received,
            balanced: told.balanced && totals.is_balanced(),
        })
    }

    /// What the hub counted for each pair the caller may see: of an agency those it is in, of the
    /// operator all.
    ///
    /// # Errors
    /// As [`totals`](Self::totals).
    pub async fn pairs(&self) -> Result<BTreeMap<(OrganId, OrganId), PairTotals>, Status> {
        let mut request = v1::ListCountersRequest {
            page_size: PAIRS_AT_ONCE,
            ..v1::ListCountersRequest::default()
        };
        request.set_by(v1::list_counters_request::By::Pair);
        let mut pairs = BTreeMap::new();
        loop {
            let answer = self.monitor().list_counters(request.clone()).await?;
            let counters = answer.into_inner().counters;
            let Some(last) = counters.last() else {
                return Ok(pairs);
            };
            request.after_sender.clone_from(&last.organ_id);
            request.after_recipient.clone_from(&last.recipient);
            let is_last = counters.len() < PAIRS_AT_ONCE as usize;
            pairs.extend(counters.iter().filter_map(pair_of));
            if is_last {
                return Ok(pairs);
            }
        }
    }

    /// Whether the hub has a document of the caller's.
    ///
    /// # Errors
    /// The connection, or another refusal than that the document is unknown.
    pub async fn knows(&self, document_id: &str) -> Result<bool, Status> {
        let request = v1::TrackRequest {
            document_id: document_id.to_owned(),
        };
        match self.exchange().track(request).await {
            Ok(_journey) => Ok(true),
            Err(status) => match reason_of(&status).map(|explained| explained.reason) {
                Some(Reason::DocumentUnknown) => Ok(false),
                _ => Err(status),
            },
        }
    }

    /// What the hub's work cost so far.
    ///
    /// # Errors
    /// As [`totals`](Self::totals).
    pub async fn cost(&self) -> Result<HubCost, Status> {
        let cost = self.monitor().get_cost(v1::GetCostRequest {}).await?;
        let v1::Cost {
            cpu_ns,
            memory_bytes,
            documents,
            deliveries,
            payload_bytes,
            digested_bytes,
            signatures,
            commits,
            durability,
            git,
            stages,
        } = cost.into_inner();
        Ok(HubCost {
            cpu: Duration::from_nanos(cpu_ns),
            memory: memory_bytes,
            documents,
            deliveries,
            payload_bytes,
            digested_bytes,
            signatures,
            commits,
            durability,
            git,
            stages: stages
                .into_iter()
                .map(|stage| StageCost {
                    name: stage.name,
                    cpu: Duration::from_nanos(stage.cpu_ns),
                    elapsed: Duration::from_nanos(stage.elapsed_ns),
                })
                .collect(),
        })
    }
}

fn pair_of(counter: &v1::Counter) -> Option<((OrganId, OrganId), PairTotals)> {
    let pair = (
        counter.organ_id.parse().ok()?,
        counter.recipient.parse().ok()?,
    );
    let totals = PairTotals {
        // Under this name also by hubs that know no other.
        addressed: counter.sent,
        received: counter.received,
    };
    Some((pair, totals))
}

impl HubCost {
    /// What was spent since `before`.
    #[must_use]
    pub fn since(&self, before: &Self) -> Self {
        let stages = self.stages.iter().map(|stage| {
            let earlier = before.stages.iter().find(|known| known.name == stage.name);
            let (cpu, elapsed) = earlier.map_or_else(Default::default, |e| (e.cpu, e.elapsed));
            StageCost {
                name: stage.name.clone(),
                cpu: stage.cpu.saturating_sub(cpu),
                elapsed: stage.elapsed.saturating_sub(elapsed),
            }
        });
        Self {
            cpu: self.cpu.saturating_sub(before.cpu),
            memory: self.memory,
            documents: self.documents.saturating_sub(before.documents),
            deliveries: self.deliveries.saturating_sub(before.deliveries),
            payload_bytes: self.payload_bytes.saturating_sub(before.payload_bytes),
            digested_bytes: self.digested_bytes.saturating_sub(before.digested_bytes),
            signatures: self.signatures.saturating_sub(before.signatures),
            commits: self.commits.saturating_sub(before.commits),
            durability: self.durability.clone(),
            git: self.git.clone(),
            stages: stages.collect(),
        }
    }
}

//! `docaxis.v1.Monitor`.

use std::collections::BTreeMap;
use std::ops::Bound;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use futures_util::Stream;
use futures_util::stream;
use tonic::Request;
use tonic::Response;
use tonic::Status;

use super::caller;
use crate::hub::core::Core;
use crate::hub::counters::Day;
use crate::hub::counters::date_of;
use crate::hub::metrics::resident_bytes;
use crate::hub::stages::Stage;
use crate::model::OrganId;
use crate::model::format_date;
use crate::wire::timestamp;
use crate::wire::v1;

/// Minutes east of UTC in Viet Nam.
const UTC_OFFSET_MINUTES: i32 = 420;

/// How often `WatchTotals` looks.
const WATCH_EVERY: Duration = Duration::from_secs(1);

/// What the hub counted.
#[derive(Clone, Debug)]
pub(in crate::hub) struct Monitor(pub(in crate::hub) Arc<Core>);

#[tonic::async_trait]
impl v1::monitor_server::Monitor for Monitor {
    async fn get_totals(
        &self,
        request: Request<v1::GetTotalsRequest>,
    ) -> Result<Response<v1::Totals>, Status> {
        caller(&self.0, &request)?;
        Ok(Response::new(totals(&self.0)))
    }

    async fn list_counters(
        &self,
        request: Request<v1::ListCountersRequest>,
    ) -> Result<Response<v1::ListCountersResponse>, Status> {
        caller(&self.0, &request)?;
        let counters = match request.get_ref().by() {
            v1::list_counters_request::By::Agency => by_agency(&self.0),
            v1::list_counters_request::By::Pair => by_pair(&self.0, request.get_ref()),
            v1::list_counters_request::By::Day => by_day(&self.0),
        };
        Ok(Response::new(v1::ListCountersResponse { counters }))
    }

    type WatchTotalsStream = Pin<Box<dyn Stream<Item = Result<v1::Totals, Status>> + Send>>;

    async fn watch_totals(
        &self,
        request: Request<v1::GetTotalsRequest>,
    ) -> Result<Response<Self::WatchTotalsStream>, Status> {
        caller(&self.0, &request)?;
        let core = Arc::clone(&self.0);
        let ticks = tokio::time::interval(WATCH_EVERY);
        let watch = stream::unfold((core, ticks, None), |(core, mut ticks, last)| async move {
            loop {
                tokio::select! {
                    _ = ticks.tick() => {}
                    () = core.draining.cancelled() => return None,
                }
                let now = totals(&core);
                if last.as_ref() != Some(&now) {
                    return Some((Ok(now.clone()), (core, ticks, Some(now))));
                }
            }
        });
        Ok(Response::new(Box::pin(watch)))
    }

    async fn get_cost(
        &self,
        request: Request<v1::GetCostRequest>,
    ) -> Result<Response<v1::Cost>, Status> {
        caller(&self.0, &request)?;
        Ok(Response::new(cost(&self.0)))
    }

    async fn get_time(
        &self,
        _request: Request<v1::GetTimeRequest>,
    ) -> Result<Response<v1::GetTimeResponse>, Status> {
        // Anyone may ask: a wrong clock is often why a certificate is refused.
        let now = Some(timestamp(self.0.clock.now()));
        Ok(Response::new(v1::GetTimeResponse {
            now,
            utc_offset_minutes: UTC_OFFSET_MINUTES,
        }))
    }
}

fn cost(core: &Core) -> v1::Cost {
    let stages = &core.stages;
    let nanos = |time: Duration| u64::try_from(time.as_nanos()).unwrap_or(u64::MAX);
    let [documents, deliveries, signatures, commits] = stages.counts();
    let (payload_bytes, digested_bytes) = stages.payload_bytes();
    v1::Cost {
        cpu_ns: nanos(stages.cpu()),
        memory_bytes: resident_bytes().unwrap_or_default(),
        documents,
        deliveries,
        payload_bytes,
        digested_bytes,
        signatures,
        commits,
        durability: core.config.durability.to_string(),
        git: env!("DOCAXIS_GIT").to_owned(),
        stages: Stage::ALL
            .iter()
            .map(|stage| {
                let spent = stages.spent(*stage);
                v1::StageCost {
                    name: stage.as_str().to_owned(),
                    cpu_ns: nanos(spent.cpu),
                    elapsed_ns: nanos(spent.elapsed),
                }
            })
            .collect(),
    }
}

fn totals(core: &Core) -> v1::Totals {
    let ledger = core.counters().ledger(&core.agencies.load());
    let totals = ledger.totals();
    v1::Totals {
        submitted: totals.submitted,
        sent: totals.sent,
        refused: totals.refused,
        addressed: totals.addressed,
        received: totals.received,
        in_flight: totals.in_flight,
        pending: totals.pending,
        locked: totals.locked,
        balanced: ledger.imbalances().is_empty(),
        refusals: ledger
            .refused_by_reason()
            .into_iter()
            .map(|(reason, count)| v1::ReasonCount {
                reason: reason.as_str().to_owned(),
                count,
            })
            .collect(),
    }
}

fn by_agency(core: &Core) -> Vec<v1::Counter> {
    let agencies = core.agencies.load();
    let counters = core.counters();
    let mut rows: BTreeMap<OrganId, v1::Counter> = BTreeMap::new();
    let row = |rows: &mut BTreeMap<OrganId, v1::Counter>, organ: OrganId| -> v1::Counter {
        rows.remove(&organ).unwrap_or_else(|| v1::Counter {
            organ_id: organ.to_string(),
            ..v1::Counter::default()
        })
    };
    for (sender, counts) in counters.senders() {
        let organ = agencies.get(*sender).organ;
        let mut counter = row(&mut rows, organ);
        counter.sent = counts.accepted;
        counter.signed = counts.signed;
        counter.refused = counts.refused.values().sum();
        rows.insert(organ, counter);
    }
    for ((_, recipient), pair) in counters.pairs() {
        let organ = agencies.get(*recipient).organ;
        let mut counter = row(&mut rows, organ);
        counter.received += pair.counts.acknowledged;
        counter.pending += pair.counts.pending;
        counter.in_flight += pair.counts.in_flight;
        counter.locked += pair.counts.locked;
        rows.insert(organ, counter);
    }
    rows.into_values().collect()
}

fn by_pair(core: &Core, wanted: &v1::ListCountersRequest) -> Vec<v1::Counter> {
    let agencies = core.agencies.load();
    let counters = core.counters();
    let number = |code: &str| Some(agencies.find(code.parse().ok()?)?.0);
    let after = number(&wanted.after_sender).zip(number(&wanted.after_recipient));
    let begin = after.map_or(Bound::Unbounded, Bound::Excluded);
    let most = match wanted.page_size {
        0 => usize::MAX,
        size => size as usize,
    };
    let rows = counters
        .pairs()
        .range((begin, Bound::Unbounded))
        .take(most)
        .map(|((sender, recipient), pair)| v1::Counter {
            organ_id: agencies.get(*sender).organ.to_string(),
            recipient: agencies.get(*recipient).organ.to_string(),
            sent: pair.counts.addressed,
            signed: pair.signed,
            received: pair.counts.acknowledged,
            pending: pair.counts.pending,
            in_flight: pair.counts.in_flight,
            locked: pair.counts.locked,
            ..v1::Counter::default()
        });
    rows.collect()
}

fn by_day(core: &Core) -> Vec<v1::Counter> {
    let counters = core.counters();
    let mut days: BTreeMap<i32, Day> = BTreeMap::new();
    for ((day, _), counts) in counters.days() {
        let sum = days.entry(*day).or_default();
        sum.sent += counts.sent;
        sum.signed += counts.signed;
        sum.received += counts.received;
    }
    let rows = days.into_iter().map(|(day, counts)| v1::Counter {
        day: format_date(date_of(day)),
        sent: counts.sent,
        signed: counts.signed,
        received: counts.received,
        ..v1::Counter::default()
    });
    rows.collect()
}

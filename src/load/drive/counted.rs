//! What the hub counted, to hold it against the generator's own counts. Who writes to whom a hub tells
//! its operator, and every other agency of itself only: where the operator does not take part, all that
//! do are asked. Every pair of a run has its sender among them, so nothing is left out.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::Mutex;
use std::time::Duration;

use futures_util::StreamExt as _;
use futures_util::stream;

use super::agency::Found;
use super::agency::lock;
use super::run::DriveError;
use crate::model::OrganId;
use crate::node::Connection;
use crate::node::HubTotals;
use crate::node::PairTotals;
use crate::wire::v1;

/// Agencies that are asked at once.
const ASKED_AT_ONCE: usize = 64;

type Pairs = BTreeMap<(OrganId, OrganId), PairTotals>;

/// Every pair that one of these is in.
///
/// # Errors
/// [`DriveError::Hub`] with the agency that got no answer.
pub(super) async fn pairs(agencies: &[(OrganId, Connection)]) -> Result<Pairs, DriveError> {
    let operator = match agencies.first() {
        Some((_, connection)) => operator(connection).await,
        None => None,
    };
    let of_operator = agencies.iter().find(|(organ, _)| Some(*organ) == operator);
    let asked = of_operator.map_or(agencies, std::slice::from_ref);
    let answers = asked.iter().map(|(organ, connection)| async move {
        let told = connection.pairs().await;
        told.map_err(|status| DriveError::Hub {
            organ: *organ,
            status: Box::new(status),
        })
    });
    let mut answers = stream::iter(answers).buffer_unordered(ASKED_AT_ONCE);
    let mut pairs = Pairs::new();
    while let Some(told) = answers.next().await {
        for (between, counts) in told? {
            // Told by both its ends, the later one is the larger.
            let known = pairs.entry(between).or_default();
            known.addressed = known.addressed.max(counts.addressed);
            known.received = known.received.max(counts.received);
        }
    }
    Ok(pairs)
}

/// Who operates the hub; nothing where it does not say.
async fn operator(connection: &Connection) -> Option<OrganId> {
    let axis = connection.registry().get_axis(v1::GetAxisRequest {}).await;
    axis.ok()?.into_inner().operator.parse().ok()
}

/// What the hub counted since `before`, once it has counted what subscribers acknowledged.
pub(super) async fn settled(
    watch: &Connection,
    before: &HubTotals,
    found: &[Arc<Mutex<Found>>],
) -> Option<HubTotals> {
    let acknowledged: u64 = found
        .iter()
        .map(|found| lock(found).received.values().sum::<u64>())
        .sum();
    let mut counted = None;
    for _ in 0..100 {
        let now = watch.totals().await.ok()?;
        let since = HubTotals {
            submitted: now.submitted.saturating_sub(before.submitted),
            sent: now.sent.saturating_sub(before.sent),
            repeated: now.repeated.saturating_sub(before.repeated),
            refused: now.refused.saturating_sub(before.refused),
            turned_away: now.turned_away.saturating_sub(before.turned_away),
            under_way: now.under_way,
            addressed: now.addressed.saturating_sub(before.addressed),
            received: now.received.saturating_sub(before.received),
            balanced: now.balanced,
        };
        let is_settled = since.received >= acknowledged;
        counted = Some(since);
        if is_settled {
            break;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    counted
}

/// What was counted between two askings.
pub(super) fn difference(
    after: &BTreeMap<(OrganId, OrganId), PairTotals>,
    before: &BTreeMap<(OrganId, OrganId), PairTotals>,
) -> BTreeMap<(OrganId, OrganId), PairTotals> {
    let since = after.iter().map(|(pair, now)| {
        let earlier = before.get(pair).copied().unwrap_or_default();
        let since = PairTotals {
            addressed: now.addressed.saturating_sub(earlier.addressed),
            received: now.received.saturating_sub(earlier.received),
        };
        (*pair, since)
    });
    since
        .filter(|(_, pair)| *pair != PairTotals::default())
        .collect()
}

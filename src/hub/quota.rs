//! What one agency may send: the daily limit of its stage of activation.

use super::core::Core;
use super::counters::day_of;
use super::registry::AgencyNo;
use crate::model::Refusal;

/// Whether the sender has a daily limit. Asked on the commit thread, where documents have their order, so
/// that the limit is exact; `here` are those of the batch under way.
///
/// # Errors
/// `QUOTA_EXCEEDED` once it has sent what its stage of activation allows on a day.
pub(super) fn within_the_day(
    core: &Core,
    sender: AgencyNo,
    here: Option<u64>,
) -> Result<bool, Refusal> {
    let agencies = core.agencies.load();
    let agency = agencies.get(sender);
    let Some(limit) = agency.daily_limit else {
        return Ok(false);
    };
    let today = day_of(core.clock.now());
    let sent = core.counters().sent_on(today, sender) + here.unwrap_or(0);
    let tests = if limit.day == today { limit.before } else { 0 };
    if sent.saturating_sub(tests) < u64::from(limit.documents) {
        return Ok(true);
    }
    Err(Refusal::QuotaExceeded {
        organ: agency.organ,
        what: format!(
            "{} documents a day, in this stage of its activation",
            limit.documents
        ),
    })
}

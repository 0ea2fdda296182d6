//! Counters as rows of an answer. Copied a few at a time, named and encoded while nothing is held.

use std::collections::BTreeMap;

use super::Reader;
use crate::hub::core::Core;
use crate::hub::counters::PairNo;
use crate::hub::counters::Snapshot;
use crate::hub::counters::date_of;
use crate::model::OrganId;
use crate::model::Refusal;
use crate::model::format_date;
use crate::wire::v1;

/// Rows of one answer. A row of a code of 35 characters and twelve counts is at most 173 bytes, one of two
/// codes and six counts less, so this many are below the 4 MiB that a client takes where nobody told it
/// otherwise.
const ROWS_MAX: usize = 20_000;

/// The sums, of one moment.
pub(super) fn totals(core: &Core) -> v1::Totals {
    told(core.counters.snapshot())
}

/// A snapshot as it is told.
fn told(snapshot: Snapshot) -> v1::Totals {
    let Snapshot {
        totals,
        signed: _,
        refused,
        turned_away,
        pairs: _,
        test,
        is_balanced,
    } = snapshot;
    let counted = |reason: &str, count| v1::ReasonCount {
        reason: reason.to_owned(),
        count,
    };
    let refused = refused.into_iter();
    let turned_away = turned_away.into_iter();
    v1::Totals {
        submitted: totals.submitted,
        sent: totals.sent,
        refused: totals.refused,
        addressed: totals.addressed,
        received: totals.received,
        in_flight: totals.in_flight,
        pending: totals.pending,
        locked: totals.locked,
        balanced: is_balanced,
        refusals: refused
            .map(|(reason, count)| counted(reason.as_str(), count))
            .collect(),
        repeated: totals.repeated,
        turned_away: totals.turned_away,
        under_way: totals.under_way,
        turned_away_reasons: turned_away
            .map(|(cause, count)| counted(cause.as_str(), count))
            .collect(),
        test_sent: test.sent,
        test_received: test.received,
    }
}

/// The rows a reader asked for, of those it may read.
///
/// # Errors
/// `HEADER_INVALID` for a page that begins after an agency there is not.
pub(super) fn list(
    core: &Core,
    reader: Reader,
    wanted: &v1::ListCountersRequest,
) -> Result<v1::ListCountersResponse, Refusal> {
    // One more than is shown: whether there are more.
    let most = page(wanted) + 1;
    let mut counters = match wanted.by() {
        v1::list_counters_request::By::Agency => by_agency(core, wanted, most)?,
        v1::list_counters_request::By::Pair => by_pair(core, reader, wanted, most)?,
        v1::list_counters_request::By::Day => by_day(core),
    };
    let by_day = wanted.by() == v1::list_counters_request::By::Day;
    let more = !by_day && counters.len() == most;
    if more {
        counters.pop();
    }
    Ok(v1::ListCountersResponse { counters, more })
}

fn page(wanted: &v1::ListCountersRequest) -> usize {
    match wanted.page_size as usize {
        0 => ROWS_MAX,
        asked => asked.min(ROWS_MAX),
    }
}

fn code(field: &str, text: &str) -> Result<OrganId, Refusal> {
    let invalid = |error: crate::model::InvalidOrganId| Refusal::field(field, error.to_string());
    text.parse().map_err(invalid)
}

fn by_agency(
    core: &Core,
    wanted: &v1::ListCountersRequest,
    most: usize,
) -> Result<Vec<v1::Counter>, Refusal> {
    let after = match wanted.after_sender.as_str() {
        "" => None,
        text => Some(code("after_sender", text)?),
    };
    let agencies = core.agencies.load_full();
    let copied = core.counters.of_each(agencies.count(), |counters, number| {
        let sender = counters.sender_of(number);
        let sender = sender.map(|own| (own.counts, own.signed));
        let is_known = counters.is_known(number);
        is_known.then(|| (sender.unwrap_or_default(), counters.addressed_to(number)))
    });
    let mut rows = BTreeMap::new();
    for (agency, copied) in agencies.iter().zip(copied) {
        let Some(((documents, signed), inbound)) = copied else {
            continue;
        };
        let counter = v1::Counter {
            organ_id: agency.organ.to_string(),
            sent: documents.accepted,
            signed,
            refused: documents.refused,
            submitted: documents.submitted,
            repeated: documents.repeated,
            turned_away: documents.turned_away,
            under_way: documents.under_way,
            addressed: inbound.addressed,
            received: inbound.acknowledged,
            pending: inbound.pending,
            in_flight: inbound.in_flight,
            locked: inbound.locked,
            ..v1::Counter::default()
        };
        rows.insert(agency.organ, counter);
    }
    let rows = rows.into_iter();
    let rows = rows.filter(|(organ, _)| after.is_none_or(|after| *organ > after));
    Ok(rows.map(|(_, counter)| counter).take(most).collect())
}

/// The pair a page begins after.
fn after(core: &Core, wanted: &v1::ListCountersRequest) -> Result<Option<PairNo>, Refusal> {
    let (sender, recipient) = (&wanted.after_sender, &wanted.after_recipient);
    if sender.is_empty() && recipient.is_empty() {
        return Ok(None);
    }
    let number = |field: &str, text: &str| {
        let organ = code(field, text)?;
        let agencies = core.agencies.load();
        let found = agencies.find(organ).map(|(number, _)| number);
        found.ok_or_else(|| Refusal::field(field, format!("{organ} is not in the registry")))
    };
    let sender = number("after_sender", sender)?;
    Ok(Some((sender, number("after_recipient", recipient)?)))
}

/// Pairs say who writes to whom: an agency gets those it is in, the operator all.
fn by_pair(
    core: &Core,
    reader: Reader,
    wanted: &v1::ListCountersRequest,
    most: usize,
) -> Result<Vec<v1::Counter>, Refusal> {
    let of = match reader {
        Reader::Operator => None,
        Reader::Agency(number) => Some(number),
    };
    let pairs = core.counters.pairs(of, after(core, wanted)?, most);
    // Looked at after the counters: whoever they name is in it.
    let agencies = core.agencies.load_full();
    let rows = pairs
        .into_iter()
        .map(|((sender, recipient), pair)| v1::Counter {
            organ_id: agencies.get(sender).organ.to_string(),
            recipient: agencies.get(recipient).organ.to_string(),
            sent: pair.counts.addressed,
            addressed: pair.counts.addressed,
            signed: pair.signed,
            received: pair.counts.acknowledged,
            pending: pair.counts.pending,
            in_flight: pair.counts.in_flight,
            locked: pair.counts.locked,
            ..v1::Counter::default()
        });
    Ok(rows.collect())
}

/// A row a day: decades fit into one answer.
fn by_day(core: &Core) -> Vec<v1::Counter> {
    let days = core.counters.by_day().into_iter();
    let rows = days.map(|(day, counts)| v1::Counter {
        day: format_date(date_of(day)),
        sent: counts.sent,
        signed: counts.signed,
        received: counts.received,
        ..v1::Counter::default()
    });
    rows.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hub::counters::Count;
    use crate::hub::counters::Counters;
    use crate::hub::counters::SharedCounters;
    use crate::hub::registry::AgencyNo;
    use crate::hub::registry::Axis;
    use crate::model::Cause;
    use crate::model::Reason;

    #[test]
    fn an_outcome_too_many_is_told_as_not_balanced() {
        let counters = SharedCounters::new(Counters::default());
        let (sender, axis) = (AgencyNo(3), Axis::National);
        let arrived = Count::Arrived {
            sender: Some(sender),
            axis,
        };
        let turned_away = Count::TurnedAway {
            sender: Some(sender),
            axis,
            cause: Cause::Told(Reason::StorageFull),
        };
        counters.lock().count(arrived);
        let under_way = told(counters.snapshot());
        assert_eq!((under_way.submitted, under_way.under_way), (1, 1));
        assert!(under_way.balanced);
        counters.lock().count(turned_away);
        let answered = told(counters.snapshot());
        assert_eq!((answered.turned_away, answered.under_way), (1, 0));
        assert_eq!(answered.turned_away_reasons[0].reason, "STORAGE_FULL");
        assert!(answered.balanced);
        counters.lock().count(turned_away);
        assert!(!told(counters.snapshot()).balanced);
    }
}

//! What a monitoring system reads of a hub, as `OpenMetrics` text. Collected when somebody asks: but for
//! the time of a receipt, no document costs a cycle more because of it.
//!
//! | metric | type | labels | what |
//! |---|---|---|---|
//! | `docaxis_documents_total` | counter | `outcome` | documents accepted, of full value or for reference |
//! | `docaxis_refusals_total` | counter | `reason` | documents refused; every reason has a sample |
//! | `docaxis_documents_repeated_total` | counter | | repetitions of accepted documents |
//! | `docaxis_turned_away_total` | counter | `reason` | submissions of which nothing is on record |
//! | `docaxis_submissions_under_way` | gauge | | submissions whose outcome is open |
//! | `docaxis_test_documents_total` | counter | | documents accepted on the test axis |
//! | `docaxis_deliveries_total` | counter | `state` | deliveries owed (`addressed`) and `acknowledged` |
//! | `docaxis_deliveries_pending`, `_in_flight`, `_locked` | gauge | | where the others are |
//! | `docaxis_deliveries_set_aside` | gauge | | of those that wait, what cannot be read for now |
//! | `docaxis_subscriptions_waiting` | gauge | | subscriptions that wait because the store cannot be read |
//! | `docaxis_ledger_balanced` | gauge | | 1 while submissions and deliveries are accounted for |
//! | `docaxis_agency_documents_total` | counter | `organ` | documents accepted of a sender |
//! | `docaxis_agency_deliveries_total` | counter | `organ` | deliveries acknowledged by a recipient |
//! | `docaxis_agencies` | gauge | `state` | agencies in the registry |
//! | `docaxis_receipt_seconds` | histogram | | from admission to receipt |
//! | `docaxis_stage_cpu_seconds_total` | counter | `stage` | CPU of each stage of the path |
//! | `docaxis_stage_elapsed_seconds_total` | counter | `stage` | elapsed time of each stage |
//! | `docaxis_signatures_verified_total` | counter | | signatures found good |
//! | `docaxis_commits_total` | counter | | batches on disk |
//! | `docaxis_queue_length`, `docaxis_queue_capacity` | gauge | `queue` | what waits between stages, of how much |
//! | `docaxis_under_way_bytes` | gauge | | payload between admission and receipt |
//! | `docaxis_connections` | gauge | | open connections whose handshake is done |
//! | `docaxis_sign_in_failures_total` | counter | | wrong tokens given to the console |
//! | `docaxis_condition` | gauge | `condition` | 1 while the hub has it; every condition has a sample |
//! | `docaxis_journal_writable`, `docaxis_index_writable` | gauge | | 1 while they are written |
//! | `docaxis_index_rows_waiting` | gauge | | changed rows that are not in the file yet |
//! | `docaxis_index_damaged_rows_total`, `docaxis_index_made_anew_total` | counter | | damaged rows met; times it was made anew |
//! | `docaxis_journal_first_segment` | gauge | | number of the oldest segment that is kept |
//! | `docaxis_in_doubt_documents` | gauge | | documents that the process before answered as not durable, and that are there |
//! | `docaxis_revocation_list_next_update_seconds` | gauge | | when the first list is due, Unix time |
//! | `docaxis_revocation_list_believed_until_seconds` | gauge | | when it is believed no more, Unix time |
//! | `docaxis_build_info` | info | `version`, `git` | which program this is |
//! | `process_cpu_seconds_total` | counter | | CPU of the process |
//! | `process_resident_memory_bytes` | gauge | | memory of the process |
//!
//! Documents, refusals and deliveries count from the first day of the data directory, everything else
//! from the start of the process. `organ` has a value for the hundred agencies that were registered
//! first, and `other` for the rest together.

mod look;

use std::fmt;
use std::time::Duration;

use prometheus_client::collector::Collector;
use prometheus_client::encoding::DescriptorEncoder;
use prometheus_client::encoding::EncodeCounterValue;
use prometheus_client::encoding::EncodeGaugeValue;
use prometheus_client::encoding::NoLabelSet;
use prometheus_client::encoding::text;
use prometheus_client::metrics::MetricType;
use prometheus_client::registry::Registry;
use prometheus_client::registry::Unit;

use super::core::Core;
use super::counters::Snapshot;
use super::receipt_times::ReceiptTimes;
use crate::model::Cause;
use crate::model::Condition;
use crate::model::OrganId;
use crate::model::Reason;
use crate::model::Totals;

pub(super) use look::Shown;
pub(super) use look::resident_bytes;

use look::Look;

/// Upper bounds of the buckets of `docaxis_receipt_seconds`, in microseconds: 1, 2, 5 of every decade
/// in which a receipt may come. Every one is a bound of [`ReceiptTimes`] too.
const RECEIPT_BOUNDS_US: [u64; 18] = [
    100, 200, 500, 1_000, 2_000, 5_000, 10_000, 20_000, 50_000, 100_000, 200_000, 500_000,
    1_000_000, 2_000_000, 5_000_000, 10_000_000, 20_000_000, 50_000_000,
];

/// The text of one look.
pub(super) fn open_metrics(core: &Core) -> String {
    written(Look::at(core))
}

fn written(look: Look) -> String {
    let mut registry = Registry::default();
    registry.register_collector(Box::new(look));
    let mut page = String::with_capacity(16 * 1024);
    text::encode(&mut page, &registry).expect("a string takes whatever is written to it");
    page
}

/// Name, what a reader is told, and the unit, which the name gets at its end.
type Family<'a> = (&'a str, &'a str, Option<Unit>);

impl Collector for Look {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let page = &mut encoder;
        self.encode_ledger(page)?;
        self.encode_agencies(page)?;
        self.encode_path(page)?;
        self.encode_health(page)?;
        self.encode_process(page)
    }
}

impl Look {
    fn encode_ledger(&self, page: &mut DescriptorEncoder<'_>) -> fmt::Result {
        let Snapshot {
            totals,
            signed,
            refused,
            turned_away,
            test,
            is_balanced,
            ..
        } = &self.sums.snapshot;
        let outcomes = [
            ("accepted_full", *signed),
            ("accepted_reference", totals.sent.saturating_sub(*signed)),
        ];
        let documents = ("docaxis_documents", "Documents accepted.", None);
        counters(page, documents, "outcome", outcomes)?;
        let help = "Repetitions of accepted documents, from the start of the process.";
        let family = ("docaxis_documents_repeated", help, None);
        counter(page, family, &totals.repeated)?;
        let refusals = Reason::ALL.iter().map(|reason| {
            let count = refused.get(reason).copied();
            (reason.as_str(), count.unwrap_or_default())
        });
        let help = "Documents refused, each on record.";
        counters(page, ("docaxis_refusals", help, None), "reason", refusals)?;
        let turned_away = Cause::all().map(|cause| {
            let count = turned_away.get(&cause).copied();
            (cause.as_str(), count.unwrap_or_default())
        });
        let help = "Submissions of which nothing is on record, from the start of the process.";
        let family = ("docaxis_turned_away", help, None);
        counters(page, family, "reason", turned_away)?;
        let help = "Submissions whose outcome is not known yet.";
        let family = ("docaxis_submissions_under_way", help, None);
        gauge(page, family, &totals.under_way)?;
        let help = "Documents accepted on the test axis, which are in no other figure.";
        let family = ("docaxis_test_documents", help, None);
        counter(page, family, &test.sent)?;
        encode_deliveries(page, totals)?;
        let help = "Deliveries whose document cannot be read for now.";
        let set_aside = ("docaxis_deliveries_set_aside", help, None);
        gauge(page, set_aside, &(self.set_aside as u64))?;
        let help = "Subscriptions that wait because the store cannot be read.";
        let waiting = ("docaxis_subscriptions_waiting", help, None);
        gauge(page, waiting, &(self.waiting as u64))?;
        let balanced = "1 while every submission and every delivery is accounted for.";
        let family = ("docaxis_ledger_balanced", balanced, None);
        gauge(page, family, &u64::from(*is_balanced))
    }

    fn encode_agencies(&self, page: &mut DescriptorEncoder<'_>) -> fmt::Result {
        let rows = self.agencies.iter().map(|(organ, own)| {
            let organ = organ.as_ref().map_or("other", OrganId::as_str);
            (organ, own)
        });
        let documents = rows.clone().map(|(organ, own)| (organ, own.documents));
        let help = "Documents accepted of a sender.";
        let sent = ("docaxis_agency_documents", help, None);
        counters(page, sent, "organ", documents)?;
        let deliveries = rows.map(|(organ, own)| (organ, own.deliveries));
        let help = "Deliveries acknowledged by a recipient.";
        let received = ("docaxis_agency_deliveries", help, None);
        counters(page, received, "organ", deliveries)?;
        let states = self
            .states
            .iter()
            .map(|(state, count)| (state.as_str(), *count));
        gauges(
            page,
            ("docaxis_agencies", "Agencies in the registry.", None),
            "state",
            states,
        )
    }

    fn encode_path(&self, page: &mut DescriptorEncoder<'_>) -> fmt::Result {
        encode_receipts(page, &self.receipts)?;
        let stages = self.stages.iter();
        let cpu = stages
            .clone()
            .map(|(stage, spent)| (stage.as_str(), spent.cpu.as_secs_f64()));
        let family = (
            "docaxis_stage_cpu",
            "CPU of each stage.",
            Some(Unit::Seconds),
        );
        counters(page, family, "stage", cpu)?;
        let elapsed = stages.map(|(stage, spent)| (stage.as_str(), spent.elapsed.as_secs_f64()));
        let help = "Elapsed time of each stage, over all threads.";
        let family = ("docaxis_stage_elapsed", help, Some(Unit::Seconds));
        counters(page, family, "stage", elapsed)?;
        let verified = (
            "docaxis_signatures_verified",
            "Signatures found good.",
            None,
        );
        counter(page, verified, &self.signatures)?;
        counter(
            page,
            ("docaxis_commits", "Batches on disk.", None),
            &self.commits,
        )?;
        let lengths = self.queues.map(|(queue, length, _)| (queue, length as u64));
        let family = (
            "docaxis_queue_length",
            "What waits between two stages.",
            None,
        );
        gauges(page, family, "queue", lengths)?;
        let capacities = self
            .queues
            .map(|(queue, _, capacity)| (queue, capacity as u64));
        let family = (
            "docaxis_queue_capacity",
            "What may wait between two stages.",
            None,
        );
        gauges(page, family, "queue", capacities)?;
        let help = "Payload between admission and receipt.";
        let family = ("docaxis_under_way", help, Some(Unit::Bytes));
        gauge(page, family, &self.under_way_bytes)
    }

    fn encode_health(&self, page: &mut DescriptorEncoder<'_>) -> fmt::Result {
        let there = |condition: Condition| self.conditions.contains(&(condition, true));
        let conditions = self.conditions.iter();
        let conditions =
            conditions.map(|(condition, is_set)| (condition.as_str(), u64::from(*is_set)));
        let help = "1 while the hub has this condition.";
        gauges(
            page,
            ("docaxis_condition", help, None),
            "condition",
            conditions,
        )?;
        let journal = [
            Condition::DiskFull,
            Condition::JournalPoisoned,
            Condition::JournalUnavailable,
        ];
        let is_writable = u64::from(!journal.into_iter().any(there));
        let help = "1 while the journal takes records.";
        gauge(page, ("docaxis_journal_writable", help, None), &is_writable)?;
        let is_writable = u64::from(!there(Condition::IndexAway));
        let help = "1 while the index can be written.";
        gauge(page, ("docaxis_index_writable", help, None), &is_writable)?;
        let help = "Rows that changed and are not in the index' file yet.";
        gauge(
            page,
            ("docaxis_index_rows_waiting", help, None),
            &self.index.waiting,
        )?;
        let help = "Damaged rows of the index that were met, from the start of the process.";
        counter(
            page,
            ("docaxis_index_damaged_rows", help, None),
            &self.index.damaged,
        )?;
        let help = "Times the index was made anew while the hub served.";
        counter(
            page,
            ("docaxis_index_made_anew", help, None),
            &self.index.remade,
        )?;
        let help = "Number of the journal's oldest segment that is kept.";
        gauge(
            page,
            ("docaxis_journal_first_segment", help, None),
            &self.first_segment,
        )?;
        let due = "When the first revocation list is to be replaced, in Unix time.";
        let end = "When the first revocation list is believed no more, in Unix time.";
        let lists = [
            ("docaxis_revocation_list_next_update", due, self.lists_due),
            (
                "docaxis_revocation_list_believed_until",
                end,
                self.lists_believed_until,
            ),
        ];
        for (name, help, at) in lists {
            if let Some(at) = at {
                gauge(page, (name, help, Some(Unit::Seconds)), &at)?;
            }
        }
        Ok(())
    }

    fn encode_process(&self, page: &mut DescriptorEncoder<'_>) -> fmt::Result {
        let connections = ("docaxis_connections", "Open connections.", None);
        gauge(page, connections, &(self.connections as u64))?;
        let help = "Wrong tokens given to the console.";
        let failures = ("docaxis_sign_in_failures", help, None);
        counter(page, failures, &self.sign_in_failures)?;
        let help = "Documents the process before answered as not durable, and that are there.";
        let in_doubt = ("docaxis_in_doubt_documents", help, None);
        gauge(page, in_doubt, &self.in_doubt)?;
        let help = "Which program this is.";
        let mut build = page.encode_descriptor("docaxis_build", help, None, MetricType::Info)?;
        let (version, git) = (env!("CARGO_PKG_VERSION"), env!("DOCAXIS_GIT"));
        build.encode_info(&[("version", version), ("git", git)])?;
        let family = ("process_cpu", "CPU of the process.", Some(Unit::Seconds));
        counter(page, family, &self.process_cpu.as_secs_f64())?;
        if let Some(resident) = &self.resident_bytes {
            let help = "Memory of the process.";
            gauge(
                page,
                ("process_resident_memory", help, Some(Unit::Bytes)),
                resident,
            )?;
        }
        Ok(())
    }
}

fn encode_deliveries(page: &mut DescriptorEncoder<'_>, totals: &Totals) -> fmt::Result {
    let states = [
        ("addressed", totals.addressed),
        ("acknowledged", totals.received),
    ];
    let help = "Deliveries owed, and acknowledged by the recipient's machine.";
    counters(page, ("docaxis_deliveries", help, None), "state", states)?;
    let others = [
        (
            "docaxis_deliveries_pending",
            "Deliveries that wait in a mailbox.",
            totals.pending,
        ),
        (
            "docaxis_deliveries_in_flight",
            "Deliveries handed over and not acknowledged yet.",
            totals.in_flight,
        ),
        (
            "docaxis_deliveries_locked",
            "Deliveries not made because the recipient was locked.",
            totals.locked,
        ),
    ];
    others
        .into_iter()
        .try_for_each(|(name, help, count)| gauge(page, (name, help, None), &count))
}

fn encode_receipts(page: &mut DescriptorEncoder<'_>, times: &ReceiptTimes) -> fmt::Result {
    let mut fine = times.buckets().peekable();
    let mut buckets = Vec::with_capacity(RECEIPT_BOUNDS_US.len() + 1);
    for bound_us in RECEIPT_BOUNDS_US {
        let bound = Duration::from_micros(bound_us);
        let mut count = 0;
        while let Some((_, more)) = fine.next_if(|(longest, _)| *longest <= bound) {
            count += more;
        }
        buckets.push((bound.as_secs_f64(), count));
    }
    buckets.push((f64::INFINITY, fine.map(|(_, count)| count).sum()));
    let help = "Time from a document's admission to its receipt.";
    let unit = Some(&Unit::Seconds);
    let mut histogram =
        page.encode_descriptor("docaxis_receipt", help, unit, MetricType::Histogram)?;
    let (sum, count) = (times.sum().as_secs_f64(), times.count());
    histogram.encode_histogram::<NoLabelSet>(sum, count, &buckets, None)
}

fn counter(
    page: &mut DescriptorEncoder<'_>,
    (name, help, unit): Family<'_>,
    value: &impl EncodeCounterValue,
) -> fmt::Result {
    page.encode_descriptor(name, help, unit.as_ref(), MetricType::Counter)?
        .encode_counter::<NoLabelSet, _, u64>(value, None)
}

fn counters<'v>(
    page: &mut DescriptorEncoder<'_>,
    (name, help, unit): Family<'_>,
    label: &str,
    values: impl IntoIterator<Item = (&'v str, impl EncodeCounterValue)>,
) -> fmt::Result {
    let mut family = page.encode_descriptor(name, help, unit.as_ref(), MetricType::Counter)?;
    values.into_iter().try_for_each(|(named, value)| {
        family
            .encode_family(&[(label, named)])?
            .encode_counter::<NoLabelSet, _, u64>(&value, None)
    })
}

fn gauge(
    page: &mut DescriptorEncoder<'_>,
    (name, help, unit): Family<'_>,
    value: &impl EncodeGaugeValue,
) -> fmt::Result {
    page.encode_descriptor(name, help, unit.as_ref(), MetricType::Gauge)?
        .encode_gauge(value)
}

fn gauges<'v>(
    page: &mut DescriptorEncoder<'_>,
    (name, help, unit): Family<'_>,
    label: &str,
    values: impl IntoIterator<Item = (&'v str, u64)>,
) -> fmt::Result {
    let mut family = page.encode_descriptor(name, help, unit.as_ref(), MetricType::Gauge)?;
    values.into_iter().try_for_each(|(named, value)| {
        family
            .encode_family(&[(label, named)])?
            .encode_gauge(&value)
    })
}

#[cfg(test)]
mod tests;

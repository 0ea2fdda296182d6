//! Whether the hub is well: journal, disk, queues, revocation lists, connections, version.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::response::Response;

use super::bytes;
use super::moment;
use super::shown;
use super::stopping;
use crate::hub;
use crate::hub::Health;
use crate::hub::Layers;
use crate::hub::Queue;
use crate::store::Durability;
use crate::text::ConsolePhrase as P;
use crate::text::condition_name;
use crate::text::condition_remedy;
use crate::web::Shared;
use crate::web::visit::Place;
use crate::web::visit::Visit;

/// Share of a queue or of the disk from which on a reader should look.
const NARROW: f64 = 0.9;

#[derive(Template)]
#[template(path = "health.html")]
struct HealthPage {
    v: Visit,
    place: Option<Place>,
    checks: Vec<Check>,
    is_well: bool,
}

/// One line: what, how it is, whether that is well.
struct Check {
    label: &'static str,
    figure: String,
    remark: String,
    is_well: bool,
}

pub(in crate::web) async fn page(State(shared): State<Arc<Shared>>, v: Visit) -> Response {
    let Some(health) = shared.ask(hub::Monitor::health).await else {
        return stopping();
    };
    let checks = checks(&health, &shared, &v);
    let page = HealthPage {
        place: Some(Place::Health),
        is_well: checks.iter().all(|check| check.is_well),
        checks,
        v,
    };
    shown(&page)
}

fn checks(health: &Health, shared: &Shared, v: &Visit) -> Vec<Check> {
    let figures = &shared.live.now().figures;
    let now = shared.monitor.clock().now();
    let check = |label: P, figure: String, is_well: bool, remark: P| Check {
        label: v.t(label),
        figure,
        remark: if is_well {
            String::new()
        } else {
            v.t(remark).to_owned()
        },
        is_well,
    };
    let mut checks = symptoms(health, v);
    checks.extend([
        check(
            P::Ledger,
            v.t(if figures.is_balanced {
                P::Balanced
            } else {
                P::NotBalanced
            })
            .to_owned(),
            figures.is_balanced,
            P::NotBalancedHow,
        ),
        check(
            P::Durability,
            health.durability.to_string(),
            health.durability == Durability::Fsync,
            P::UnsafeHow,
        ),
        check(
            P::Layers,
            health.layers.as_str().to_owned(),
            health.layers == Layers::All,
            P::LayersHow,
        ),
        check(
            P::Journal,
            match health.journal_max_bytes {
                None => bytes(v, health.journal_bytes),
                Some(most) => format!("{} / {}", bytes(v, health.journal_bytes), bytes(v, most)),
            },
            health
                .journal_max_bytes
                .is_none_or(|most| (health.journal_bytes as f64) < NARROW * most as f64),
            P::JournalFullHow,
        ),
    ]);
    if let Some((free, all)) = health.disk {
        let is_well = free as f64 > (1.0 - NARROW) * all as f64;
        let figure = format!("{} / {}", bytes(v, free), bytes(v, all));
        checks.push(check(P::DiskFree, figure, is_well, P::DiskFullHow));
    }
    let queue = |label: P, queue: Queue| {
        let figure = format!("{} / {}", v.n(queue.used as u64), v.n(queue.room as u64));
        let is_well = (queue.used as f64) < NARROW * queue.room.max(1) as f64;
        check(label, figure, is_well, P::QueueFullHow)
    };
    checks.push(queue(P::VerifyQueue, health.verify_queue));
    checks.push(queue(P::CommitQueue, health.commit_queue));
    checks.push(queue(P::UnderWay, health.under_way_kib));
    checks.push(queue(P::Connections, health.connections));
    let dirty = v.n(health.index_dirty as u64);
    checks.push(check(P::IndexRows, dirty, true, P::QueueFullHow));
    let (aside, waiting) = (health.set_aside, health.subscriptions_waiting);
    let figure = format!("{} / {}", v.n(aside as u64), v.n(waiting as u64));
    let is_well = aside == 0 && waiting == 0;
    checks.push(check(P::SetAside, figure, is_well, P::SetAsideHow));
    match health.lists_due {
        None => checks.push(check(
            P::Lists,
            v.t(P::NoLists).to_owned(),
            false,
            P::NoListsHow,
        )),
        Some(due) => {
            checks.push(check(P::Lists, moment(due), due > now, P::ListsStaleHow));
        }
    }
    if let Some(memory) = health.memory_bytes {
        checks.push(check(P::Memory, bytes(v, memory), true, P::QueueFullHow));
    }
    checks.push(check(
        P::Version,
        format!("docaxis {} ({})", env!("CARGO_PKG_VERSION"), v.revision),
        true,
        P::QueueFullHow,
    ));
    checks
}

/// What is wrong, in words; where nothing is, that the hub serves.
fn symptoms(health: &Health, v: &Visit) -> Vec<Check> {
    if health.symptoms.is_empty() {
        return vec![Check {
            label: v.t(P::Hub),
            figure: v.t(P::Serving).to_owned(),
            remark: String::new(),
            is_well: true,
        }];
    }
    let told = health.symptoms.iter().map(|symptom| {
        let what = condition_name(symptom.condition, v.language);
        let remedy = condition_remedy(symptom.condition, v.language);
        let remark = match symptom.detail.as_str() {
            "" => format!("{what}. {remedy}"),
            detail => format!("{what} ({detail}). {remedy}"),
        };
        Check {
            label: v.t(P::Hub),
            figure: format!("{} · {}", symptom.condition.as_str(), moment(symptom.since)),
            remark,
            is_well: false,
        }
    });
    told.collect()
}

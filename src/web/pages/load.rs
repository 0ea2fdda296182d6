//! What the hub's work costs now, where its ceiling is, and what past runs reported.

use std::sync::Arc;
use std::time::Duration;

use askama::Template;
use axum::extract::Path;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header;
use axum::response::IntoResponse as _;
use axum::response::Response;
use serde_json::Value;

use super::complaint;
use super::shown;
use crate::hub::Stage;
use crate::page::svg;
use crate::text::ConsolePhrase as P;
use crate::web::Shared;
use crate::web::guard::REPORT_POLICY;
use crate::web::live::Work;
use crate::web::reports::Page;
use crate::web::reports::Report;
use crate::web::reports::Seen;
use crate::web::visit::Place;
use crate::web::visit::Visit;
use crate::web::visit::encoded;

#[derive(Template)]
#[template(path = "load.html")]
struct Load {
    v: Visit,
    place: Option<Place>,
    work: WorkShown,
    has_directory: bool,
    /// What is not shown, and why.
    notes: Vec<String>,
    runs: Vec<Run>,
    rates: Vec<Rates>,
}

/// The part of the page that is fetched again while it is open.
#[derive(Template)]
#[template(path = "work.html")]
struct WorkPage {
    v: Visit,
    work: WorkShown,
}

struct WorkShown {
    sent_per_s: String,
    received_per_s: String,
    cpu: String,
    cpu_share: String,
    cores: u64,
    quantiles: Vec<(&'static str, String)>,
    stages: String,
    ceiling: String,
}

/// A run of `demo` or `load`.
struct Run {
    name: String,
    scenario: String,
    documents_per_s: String,
    p99: String,
    verdict: &'static str,
    is_good: bool,
    href: Option<String>,
}

/// A run of `bench verify`.
struct Rates {
    name: String,
    waterfall: String,
    poisoned: String,
    href: Option<String>,
}

/// A past run of either kind.
enum Past {
    Run(Run),
    Rates(Rates),
}

pub(in crate::web) async fn page(State(shared): State<Arc<Shared>>, v: Visit) -> Response {
    let seen = match &shared.reports {
        None => None,
        Some(reports) => Some(reports.listing().await),
    };
    let (mut runs, mut rates) = (Vec::new(), Vec::new());
    let reports = seen.iter().flat_map(|seen| &seen.listing.reports);
    for past in reports.filter_map(|report| past(report, &v)) {
        match past {
            Past::Run(run) => runs.push(run),
            Past::Rates(rate) => rates.push(rate),
        }
    }
    let page = Load {
        place: Some(Place::Load),
        work: work_shown(&shared, &v),
        has_directory: seen.is_some(),
        notes: seen.map_or_else(Vec::new, |seen| notes(&seen, &v)),
        runs,
        rates,
        v,
    };
    shown(&page)
}

pub(in crate::web) async fn work(State(shared): State<Arc<Shared>>, v: Visit) -> Response {
    let work = work_shown(&shared, &v);
    shown(&WorkPage { v, work })
}

/// A report's own page: it stands alone, and may do nothing.
pub(in crate::web) async fn report(
    State(shared): State<Arc<Shared>>,
    Path(name): Path<String>,
    v: Visit,
) -> Response {
    let read = match &shared.reports {
        None => Page::Absent,
        Some(reports) => reports.page(name).await,
    };
    let page = match read {
        Page::Found(page) => page,
        Page::Absent => {
            return complaint(v, StatusCode::NOT_FOUND, P::NoSuchPage, P::NoSuchPageRemedy);
        }
        Page::Late => {
            let (status, what) = (StatusCode::SERVICE_UNAVAILABLE, P::ReportsLate);
            return complaint(v, status, what, P::ReportsLateRemedy);
        }
    };
    let headers = [
        (header::CONTENT_TYPE, "text/html; charset=utf-8"),
        (header::CONTENT_SECURITY_POLICY, REPORT_POLICY),
    ];
    (headers, page).into_response()
}

fn notes(seen: &Seen, v: &Visit) -> Vec<String> {
    let listing = &seen.listing;
    let is_large = !listing.too_large.is_empty();
    let notes = [
        seen.is_late.then(|| v.t(P::ReportsLate).to_owned()),
        (listing.is_unreadable).then(|| v.t(P::ReportsUnreadable).to_owned()),
        is_large.then(|| v.f(P::ReportsTooLarge, listing.too_large.join(", "))),
        (listing.older > 0).then(|| v.f(P::ReportsOlder, listing.older)),
    ];
    notes.into_iter().flatten().collect()
}

fn work_shown(shared: &Shared, v: &Visit) -> WorkShown {
    let look = shared.live.now();
    let work = &look.work;
    let cores = std::thread::available_parallelism().map_or(1, usize::from) as u64;
    let of_time = |cpu: Duration| cpu.as_secs_f64() / work.over.as_secs_f64().max(1e-9);
    let each = work.documents.max(1) as f64;
    let quantile = |share: f64| {
        let time = work.receipts.quantile(share).as_secs_f64() * 1000.0;
        v.decimal(time, " ms")
    };
    WorkShown {
        sent_per_s: v.decimal(look.sent_per_s, ""),
        received_per_s: v.decimal(look.received_per_s, ""),
        cpu: if work.documents == 0 {
            "–".to_owned()
        } else {
            v.decimal(work.cpu.as_secs_f64() * 1e6 / each, " µs")
        },
        cpu_share: v.decimal(of_time(work.cpu) * 100.0, " %"),
        cores,
        quantiles: vec![
            ("p50", quantile(0.5)),
            ("p90", quantile(0.9)),
            ("p99", quantile(0.99)),
            ("p99.9", quantile(0.999)),
        ],
        stages: stages(work, v),
        ceiling: ceiling(work, cores, v),
    }
}

fn stages(work: &Work, v: &Visit) -> String {
    if work.documents == 0 {
        return String::new();
    }
    let each = work.documents as f64;
    let bars: Vec<svg::Bar> = work
        .stages
        .iter()
        .map(|(stage, spent)| {
            let micros = spent.cpu.as_secs_f64() * 1e6 / each;
            (
                stage.as_str().to_owned(),
                micros,
                v.decimal(micros, " µs"),
                "bar",
            )
        })
        .collect();
    svg::bars(v.t(P::Stages), v.t(P::StagesHow), &bars)
}

/// What ends first if the rate grows: the cores together, or one of the two things only one thread does.
fn ceiling(work: &Work, cores: u64, v: &Visit) -> String {
    if work.documents == 0 {
        return v.t(P::CeilingIdle).to_owned();
    }
    let over = work.over.as_secs_f64().max(1e-9);
    let spent = |wanted: Stage, elapsed: bool| {
        let found = work.stages.iter().find(|(stage, _)| *stage == wanted);
        found.map_or(0.0, |(_, spent)| {
            let time = if elapsed { spent.elapsed } else { spent.cpu };
            time.as_secs_f64() / over
        })
    };
    let commit = spent(Stage::Commit, false) + spent(Stage::Route, false);
    let uses = [
        (
            P::CeilingCores,
            work.cpu.as_secs_f64() / over / cores as f64,
        ),
        (P::CeilingCommit, commit + spent(Stage::Sync, false)),
        (P::CeilingDisk, spent(Stage::Sync, true)),
    ];
    let (what, share) = uses
        .into_iter()
        .max_by(|one, other| one.1.total_cmp(&other.1))
        .unwrap_or((P::CeilingCores, 0.0));
    v.f(what, v.decimal(share * 100.0, " %"))
}

fn past(report: &Report, v: &Visit) -> Option<Past> {
    if report.figures.get("waterfall").is_some() {
        return Some(Past::Rates(rates_of(report, v)));
    }
    run(report, v).map(Past::Run)
}

fn run(report: &Report, v: &Visit) -> Option<Run> {
    let figures = &report.figures;
    let rate = figures.get("docs_per_s")?.as_f64()?;
    let p99 = figures.pointer("/latency_ms/p99").and_then(Value::as_f64);
    let lost = figures.get("lost").and_then(Value::as_u64).unwrap_or(0);
    let balanced = figures.pointer("/ledger/balanced").and_then(Value::as_bool);
    let is_good = lost == 0 && balanced.unwrap_or(true);
    Some(Run {
        name: report.name.clone(),
        scenario: figures
            .get("scenario")
            .and_then(Value::as_str)
            .unwrap_or("–")
            .to_owned(),
        documents_per_s: whole(rate, v),
        p99: p99.map_or_else(|| "–".to_owned(), |p99| v.decimal(p99, " ms")),
        verdict: v.t(if is_good { P::Balanced } else { P::NotBalanced }),
        is_good,
        href: href(report),
    })
}

/// A rate without what is less than one.
fn whole(rate: f64, v: &Visit) -> String {
    format!("{rate:.0}")
        .parse::<u64>()
        .map_or_else(|_| "–".to_owned(), |rate| v.n(rate))
}

fn href(report: &Report) -> Option<String> {
    let name = encoded(&report.name);
    report.has_page.then(|| format!("/load/report/{name}"))
}

fn rates_of(report: &Report, v: &Visit) -> Rates {
    let rows = |name: &str| report.figures.get(name).and_then(Value::as_array);
    let text = |row: &Value, name: &str| {
        row.get(name)
            .and_then(Value::as_str)
            .unwrap_or_default()
            .to_owned()
    };
    let number = |row: &Value, name: &str| row.get(name).and_then(Value::as_f64).unwrap_or(0.0);
    let waterfall: Vec<svg::Bar> = rows("waterfall")
        .into_iter()
        .flatten()
        .map(|row| {
            let rate = number(row, "docs_per_s");
            let label = format!("{} · {}", text(row, "backend"), text(row, "step"));
            (label, rate, whole(rate, v), "bar")
        })
        .collect();
    let poisoned: Vec<svg::Bar> = rows("poisoned")
        .into_iter()
        .flatten()
        .map(|row| {
            let share = number(row, "bad_share") * 100.0;
            // Nothing where the two cannot be told apart.
            let ratio = row.get("ratio_valid").and_then(Value::as_f64);
            let label = format!(
                "{} · {} · {}",
                text(row, "algorithm"),
                text(row, "backend"),
                v.decimal(share, " %")
            );
            (
                label,
                ratio.unwrap_or(1.0),
                ratio.map_or_else(|| "≈ 1".to_owned(), |ratio| v.ratio(ratio)),
                if ratio.is_some_and(|ratio| ratio < 0.9) {
                    "missed"
                } else {
                    "bar"
                },
            )
        })
        .collect();
    Rates {
        name: report.name.clone(),
        waterfall: svg::bars(v.t(P::Waterfall), v.t(P::WaterfallHow), &waterfall),
        poisoned: svg::bars(v.t(P::Poisoned), v.t(P::PoisonedHow), &poisoned),
        href: href(report),
    }
}

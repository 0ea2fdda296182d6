//! The first page: what is going on, in ten seconds.

use std::cmp::Reverse;
use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::response::Response;

use super::Row;
use super::shown;
use crate::hub::AgencyFigures;
use crate::model::calendar;
use crate::page::svg;
use crate::store::Durability;
use crate::text::ConsolePhrase as P;
use crate::text::explain;
use crate::text::filled;
use crate::web::Shared;
use crate::web::axis_picture;
use crate::web::history::POINTS_MAX;
use crate::web::live::Look;
use crate::web::visit::Place;
use crate::web::visit::Visit;

/// Rows of each list.
const LISTED: usize = 6;

#[derive(Template)]
#[template(path = "overview.html")]
struct Overview {
    v: Visit,
    place: Option<Place>,
    now: String,
    replay: Option<ReplayShown>,
    sent: u64,
    received: u64,
    pending: u64,
    refused: u64,
    addressed: u64,
    turned_away: u64,
    under_way: u64,
    full: u64,
    reference: u64,
    sent_per_s: String,
    received_per_s: String,
    is_balanced: bool,
    pairs: u64,
    durability: String,
    is_durable: bool,
    picture: String,
    beside: Beside,
}

/// The part of the page that is fetched again while it is open.
#[derive(Template)]
#[template(path = "beside.html")]
struct BesidePage {
    v: Visit,
    beside: Beside,
}

/// What stands beside the picture.
struct Beside {
    rates: String,
    refusals: Vec<RefusalRow>,
    busiest: Vec<Row>,
    least_signed: Vec<Row>,
}

struct ReplayShown {
    name: String,
    period: String,
    answered: u64,
    planned: u64,
    percent: String,
    reported: Option<String>,
}

struct RefusalRow {
    reason: &'static str,
    count: u64,
    what: &'static str,
    remedy: &'static str,
}

pub(in crate::web) async fn page(State(shared): State<Arc<Shared>>, v: Visit) -> Response {
    let look = shared.live.now();
    let figures = &look.figures;
    let totals = figures.totals;
    let durability = shared.monitor.durability();
    let page = Overview {
        place: Some(Place::Overview),
        now: calendar::local(figures.at)
            .strftime("%d/%m/%Y %H:%M")
            .to_string(),
        replay: replay(&shared, &v),
        sent: totals.sent,
        received: totals.received,
        pending: totals.pending + totals.in_flight,
        refused: totals.refused,
        addressed: totals.addressed,
        turned_away: totals.turned_away,
        under_way: totals.under_way,
        full: figures.full,
        reference: totals.sent.saturating_sub(figures.full),
        sent_per_s: v.decimal(look.sent_per_s, ""),
        received_per_s: v.decimal(look.received_per_s, ""),
        is_balanced: figures.is_balanced,
        pairs: figures.pairs as u64,
        durability: durability.to_string(),
        is_durable: durability == Durability::Fsync,
        picture: axis_picture::drawn(&look, v.t(P::Picture), v.t(P::PictureHow), v.t(P::Hub)),
        beside: beside(&look, &v),
        v,
    };
    shown(&page)
}

/// What stands beside the picture, alone.
pub(in crate::web) async fn beside_alone(State(shared): State<Arc<Shared>>, v: Visit) -> Response {
    let beside = beside(&shared.live.now(), &v);
    shown(&BesidePage { v, beside })
}

fn beside(look: &Look, v: &Visit) -> Beside {
    let refusals = look.figures.refused.iter().map(|(reason, count)| {
        let explanation = explain(*reason, v.language);
        RefusalRow {
            reason: reason.as_str(),
            count: *count,
            what: explanation.what_happened,
            remedy: explanation.what_to_do,
        }
    });
    let mut refusals: Vec<RefusalRow> = refusals.collect();
    refusals.sort_by_key(|row| Reverse(row.count));
    Beside {
        rates: rates(look, v),
        refusals,
        busiest: busiest(look, v),
        least_signed: least_signed(look, v),
    }
}

fn replay(shared: &Shared, v: &Visit) -> Option<ReplayShown> {
    let standing = shared.replay.standing()?;
    Some(ReplayShown {
        name: standing.name.clone(),
        period: format!(
            "{}–{}",
            standing.first.strftime("%d/%m/%Y"),
            standing.last.strftime("%d/%m/%Y")
        ),
        answered: standing.answered,
        planned: standing.planned,
        percent: v.share(standing.answered, standing.planned),
        reported: standing.reported.map(|reported| {
            let facts = [v.n(reported.sent), v.n(reported.received)];
            filled(v.t(P::ReportedThen), &facts)
        }),
    })
}

/// The last minutes, as lines.
fn rates(look: &Look, v: &Visit) -> String {
    let points = look.history.points();
    let missing = POINTS_MAX - points.len();
    let line = |value: fn(crate::web::history::Point) -> f64| {
        let points = look.history.points().enumerate();
        points
            .map(|(index, point)| ((missing + index) as f64, value(point)))
            .collect()
    };
    let minutes = (0..=10).step_by(2).map(|minute| {
        let at = POINTS_MAX as f64 - f64::from(minute) * 60.0;
        (
            at,
            if minute == 0 {
                "0".to_owned()
            } else {
                format!("−{minute}")
            },
        )
    });
    let frame = svg::Frame {
        title: v.t(P::Rates),
        how: v.t(P::RatesHow),
        x: v.t(P::Minutes),
        y: v.t(P::PerSecond),
        scale: svg::Scale::Linear,
        ticks: minutes.collect(),
    };
    let series = [
        svg::Series {
            name: v.t(P::DocumentsPerSecond).to_owned(),
            points: line(|point| point.sent),
        },
        svg::Series {
            name: v.t(P::DeliveriesPerSecond).to_owned(),
            points: line(|point| point.received),
        },
    ];
    svg::lines(&frame, &series)
}

fn busiest(look: &Look, v: &Visit) -> Vec<Row> {
    let mut agencies: Vec<_> = look.figures.agencies.iter().collect();
    agencies.sort_by_key(|agency| Reverse(agency.sent));
    let agencies = agencies.into_iter().filter(|agency| agency.sent > 0);
    let rows = agencies.take(LISTED).map(|agency| Row {
        label: agency.short_name.clone(),
        figure: v.n(agency.sent),
    });
    rows.collect()
}

fn least_signed(look: &Look, v: &Visit) -> Vec<Row> {
    let agencies = look.figures.agencies.iter();
    let mut agencies: Vec<_> = agencies.filter(|agency| agency.to_operator > 0).collect();
    agencies.sort_by(|one, other| AgencyFigures::by_signed_share(one, other));
    let rows = agencies.into_iter().take(LISTED).map(|agency| Row {
        label: agency.short_name.clone(),
        figure: v.share(agency.to_operator_signed, agency.to_operator),
    });
    rows.collect()
}

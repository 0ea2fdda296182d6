//! Who sends to whom: the matrix as a heat map, and the busiest pairs as a table.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::response::Response;

use super::agencies::largest;
use super::short_name;
use super::shown;
use super::stopping;
use crate::hub;
use crate::hub::PairFigures;
use crate::model::OrganId;
use crate::page::svg;
use crate::text::ConsolePhrase as P;
use crate::web::Shared;
use crate::web::visit::Place;
use crate::web::visit::Visit;

/// Agencies of the matrix: those of the directory of 2019. Of a larger one, the busiest.
const MATRIX_MAX: usize = 100;

/// Pairs of the table.
const LISTED: usize = 30;

#[derive(Template)]
#[template(path = "pairs.html")]
struct Pairs {
    v: Visit,
    place: Option<Place>,
    count: u64,
    matrix: String,
    left_out: u64,
    rows: Vec<PairRow>,
}

struct PairRow {
    sender: String,
    recipient: String,
    addressed: u64,
    received: u64,
    waiting: u64,
    signed: String,
}

pub(in crate::web) async fn page(State(shared): State<Arc<Shared>>, v: Visit) -> Response {
    let figures = &shared.live.now().figures;
    let Some(pairs) = shared.ask(hub::Monitor::pairs).await else {
        return stopping();
    };
    let names = |organ| short_name(figures, organ);
    let mut agencies: Vec<(OrganId, u64)> = figures
        .agencies
        .iter()
        .map(|agency| (agency.organ, agency.sent + agency.inbound.addressed))
        .collect();
    let left_out = agencies.len().saturating_sub(MATRIX_MAX);
    if left_out > 0 {
        agencies.sort_by_key(|(_, traffic)| Reverse(*traffic));
        agencies.truncate(MATRIX_MAX);
    }
    let organs: Vec<OrganId> = agencies.into_iter().map(|(organ, _)| organ).collect();
    let rows = largest(pairs.clone(), LISTED, |pair| pair.counts.addressed);
    let rows = rows.into_iter().map(|pair| PairRow {
        sender: names(pair.sender),
        recipient: names(pair.recipient),
        addressed: pair.counts.addressed,
        received: pair.counts.acknowledged,
        waiting: pair.counts.pending + pair.counts.in_flight,
        signed: v.share(pair.signed, pair.counts.addressed),
    });
    let page = Pairs {
        place: Some(Place::Pairs),
        count: pairs.len() as u64,
        matrix: matrix(&organs, &pairs, &names, &v),
        left_out: left_out as u64,
        rows: rows.collect(),
        v,
    };
    shown(&page)
}

fn matrix(
    organs: &[OrganId],
    pairs: &[PairFigures],
    names: &impl Fn(OrganId) -> String,
    v: &Visit,
) -> String {
    let places: BTreeMap<OrganId, usize> = organs.iter().copied().zip(0..).collect();
    let mut values = vec![vec![0; organs.len()]; organs.len()];
    for pair in pairs {
        if let (Some(row), Some(column)) = (places.get(&pair.sender), places.get(&pair.recipient)) {
            values[*row][*column] = pair.counts.addressed;
        }
    }
    let labels: Vec<String> = organs.iter().map(|organ| names(*organ)).collect();
    svg::fields(v.t(P::Matrix), v.t(P::MatrixHow), &labels, &labels, &values)
}

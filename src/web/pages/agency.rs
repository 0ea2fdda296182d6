//! One agency: its days, its partners, what waits for it.

use std::collections::BTreeMap;
use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;

use super::agencies::largest;
use super::complaint;
use super::day;
use super::moment;
use super::question::Question;
use super::refused;
use super::short_name;
use super::shown;
use super::state_phrase;
use super::stopping;
use crate::hub::DayFigures;
use crate::hub::Figures;
use crate::hub::PairFigures;
use crate::model::OrganId;
use crate::model::Refusal;
use crate::page::svg;
use crate::text::ConsolePhrase as P;
use crate::web::Shared;
use crate::web::visit::Place;
use crate::web::visit::Visit;
use crate::web::visit::encoded;

/// Partners and waiting documents shown.
const LISTED: usize = 20;

#[derive(Debug, Deserialize)]
pub(in crate::web) struct Asked {
    #[serde(default)]
    organ: String,
}

#[derive(Template)]
#[template(path = "agency.html")]
struct Agency {
    v: Visit,
    place: Option<Place>,
    organ: String,
    name: String,
    state: &'static str,
    sent: u64,
    received: u64,
    pending: u64,
    refused: Vec<(&'static str, u64)>,
    signed: String,
    signed_to_operator: String,
    seen: String,
    certificate: String,
    chart: String,
    days: Vec<DayRow>,
    partners: Vec<Partner>,
    waiting: Vec<WaitingRow>,
    waiting_more: u64,
}

struct DayRow {
    day: String,
    sent: u64,
    signed: String,
    received: u64,
}

struct Partner {
    organ: String,
    name: String,
    to: u64,
    from: u64,
}

struct WaitingRow {
    document: String,
    href: String,
    from: String,
    priority: String,
    accepted: String,
}

pub(in crate::web) async fn page(
    State(shared): State<Arc<Shared>>,
    Question(asked): Question<Asked>,
    v: Visit,
) -> Response {
    let Ok(organ) = asked.organ.parse::<OrganId>() else {
        return complaint(v, StatusCode::BAD_REQUEST, P::NotACode, P::NotACodeRemedy);
    };
    let look = shared.live.now();
    let known = look
        .figures
        .agencies
        .iter()
        .find(|agency| agency.organ == organ);
    let Some(agency) = known else {
        return refused(v, Place::Agencies, &Refusal::AgencyUnknown { organ });
    };
    let waits = agency.waiting();
    let asked = shared.ask(move |hub| {
        let waiting = hub.waiting(organ, LISTED)?;
        Ok::<_, Refusal>((waiting, hub.days_of(organ), hub.pairs_of(organ)))
    });
    let (waiting, days, pairs) = match asked.await {
        Some(Ok(told)) => told,
        Some(Err(refusal)) => return refused(v, Place::Agencies, &refusal),
        None => return stopping(),
    };
    let rows = days.iter().rev().map(|figures| DayRow {
        day: figures.day.strftime("%d/%m/%Y").to_string(),
        sent: figures.sent,
        signed: v.share(figures.signed, figures.sent),
        received: figures.received,
    });
    let page = Agency {
        place: Some(Place::Agencies),
        organ: organ.to_string(),
        name: agency.name.clone(),
        state: v.t(state_phrase(agency.state)),
        sent: agency.sent,
        received: agency.inbound.acknowledged,
        pending: waits,
        refused: agency
            .refused
            .iter()
            .map(|(reason, count)| (reason.as_str(), *count))
            .collect(),
        signed: v.share(agency.signed, agency.sent),
        signed_to_operator: v.share(agency.to_operator_signed, agency.to_operator),
        seen: agency
            .presence
            .map_or_else(|| v.t(P::NotSeen).to_owned(), |seen| moment(seen.last_seen)),
        certificate: agency
            .presence
            .map_or_else(|| "–".to_owned(), |seen| day(seen.certificate_ends)),
        chart: chart(&days, &v),
        days: rows.collect(),
        partners: partners(&pairs, organ, &look.figures),
        waiting_more: waits.saturating_sub(waiting.len() as u64),
        waiting: waiting
            .into_iter()
            .map(|waiting| WaitingRow {
                href: format!("/document?id={}", encoded(&waiting.document_id.to_string())),
                document: waiting.document_id.to_string(),
                from: short_name(&look.figures, waiting.from),
                priority: waiting.priority.level().to_string(),
                accepted: moment(waiting.accepted_at),
            })
            .collect(),
        v,
    };
    shown(&page)
}

fn chart(days: &[DayFigures], v: &Visit) -> String {
    if days.is_empty() {
        return String::new();
    }
    let line = |value: fn(&DayFigures) -> u64| {
        let days = days.iter().enumerate();
        days.map(|(index, day)| (index as f64, value(day) as f64))
            .collect()
    };
    let every = days.len().div_ceil(8).max(1);
    let ticks = days.iter().enumerate().step_by(every);
    let frame = svg::Frame {
        title: v.t(P::ByDay),
        how: v.t(P::ByDayHow),
        x: v.t(P::Day),
        y: v.t(P::PerDay),
        scale: svg::Scale::Linear,
        ticks: ticks
            .map(|(index, day)| (index as f64, day.day.strftime("%d/%m").to_string()))
            .collect(),
    };
    let series = [
        svg::Series {
            name: v.t(P::Sent).to_owned(),
            points: line(|day| day.sent),
        },
        svg::Series {
            name: v.t(P::Received).to_owned(),
            points: line(|day| day.received),
        },
    ];
    svg::lines(&frame, &series)
}

fn partners(pairs: &[PairFigures], organ: OrganId, figures: &Figures) -> Vec<Partner> {
    let mut partners: BTreeMap<OrganId, (u64, u64)> = BTreeMap::new();
    for pair in pairs {
        if pair.sender == organ {
            partners.entry(pair.recipient).or_default().0 += pair.counts.addressed;
        } else {
            partners.entry(pair.sender).or_default().1 += pair.counts.addressed;
        }
    }
    let partners = partners.into_iter().map(|(partner, (to, from))| Partner {
        organ: partner.to_string(),
        name: short_name(figures, partner),
        to,
        from,
    });
    largest(partners.collect(), LISTED, |partner| {
        partner.to + partner.from
    })
}

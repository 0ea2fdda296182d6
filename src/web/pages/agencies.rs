//! Every agency in a table that can be searched and sorted.

use std::cmp::Ordering;
use std::cmp::Reverse;
use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use serde::Deserialize;

use super::day;
use super::moment;
use super::question::Question;
use super::shown;
use super::state_phrase;
use crate::hub::AgencyFigures;
use crate::text::ConsolePhrase as P;
use crate::web::Shared;
use crate::web::live::AGENCIES_MAX;
use crate::web::visit::Place;
use crate::web::visit::Visit;
use crate::web::visit::encoded;

/// What the table is sorted by.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq)]
#[serde(rename_all = "kebab-case")]
enum Column {
    #[default]
    Code,
    Name,
    State,
    Sent,
    Received,
    Pending,
    Signed,
    Seen,
    Certificate,
}

#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq)]
#[serde(rename_all = "kebab-case")]
enum Order {
    #[default]
    Up,
    Down,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(in crate::web) struct Asked {
    q: String,
    sort: Column,
    order: Order,
}

#[derive(Template)]
#[template(path = "agencies.html")]
struct Agencies {
    v: Visit,
    place: Option<Place>,
    q: String,
    heads: Vec<Head>,
    rows: Vec<AgencyRow>,
    all: u64,
}

/// The head of a column: a link that sorts.
#[derive(Clone)]
struct Head {
    label: &'static str,
    href: String,
    /// As ARIA names it.
    sorted: &'static str,
    class: &'static str,
}

struct AgencyRow {
    /// Place in the live message, where it has one.
    index: Option<usize>,
    organ: String,
    name: String,
    short_name: String,
    state: &'static str,
    is_active: bool,
    sent: u64,
    received: u64,
    pending: u64,
    signed: String,
    seen: String,
    certificate: String,
}

impl Column {
    const ALL: [Self; 9] = [
        Self::Code,
        Self::Name,
        Self::State,
        Self::Sent,
        Self::Received,
        Self::Pending,
        Self::Signed,
        Self::Seen,
        Self::Certificate,
    ];

    fn key(self) -> &'static str {
        match self {
            Self::Code => "code",
            Self::Name => "name",
            Self::State => "state",
            Self::Sent => "sent",
            Self::Received => "received",
            Self::Pending => "pending",
            Self::Signed => "signed",
            Self::Seen => "seen",
            Self::Certificate => "certificate",
        }
    }

    fn label(self) -> P {
        match self {
            Self::Code => P::Code,
            Self::Name => P::Agency,
            Self::State => P::State,
            Self::Sent => P::Sent,
            Self::Received => P::Received,
            Self::Pending => P::Pending,
            Self::Signed => P::SignedToOfficeShort,
            Self::Seen => P::LastSeen,
            Self::Certificate => P::CertificateUntil,
        }
    }

    fn class(self) -> &'static str {
        match self {
            Self::Sent | Self::Received | Self::Pending | Self::Signed => "n",
            Self::Code | Self::Name | Self::State | Self::Seen | Self::Certificate => "",
        }
    }

    /// What a first click wants: many at the top, but the lowest share, the oldest sight, the next
    /// expiry.
    fn first(self) -> Order {
        match self {
            Self::Sent | Self::Received | Self::Pending => Order::Down,
            Self::Code
            | Self::Name
            | Self::State
            | Self::Signed
            | Self::Seen
            | Self::Certificate => Order::Up,
        }
    }

    fn compare(self, one: &AgencyFigures, other: &AgencyFigures) -> Ordering {
        let by = |key: fn(&AgencyFigures) -> u64| key(one).cmp(&key(other));
        match self {
            Self::Code => one.organ.cmp(&other.organ),
            Self::Name => one.name.cmp(&other.name),
            Self::State => one.state.as_str().cmp(other.state.as_str()),
            Self::Sent => by(|agency| agency.sent),
            Self::Received => by(|agency| agency.inbound.acknowledged),
            Self::Pending => by(AgencyFigures::waiting),
            Self::Signed => AgencyFigures::by_signed_share(one, other),
            Self::Seen => {
                let seen = |agency: &AgencyFigures| agency.presence.map(|seen| seen.last_seen);
                seen(one).cmp(&seen(other))
            }
            Self::Certificate => {
                let ends = |agency: &AgencyFigures| {
                    agency
                        .presence
                        .map_or(jiff::Timestamp::MAX, |seen| seen.certificate_ends)
                };
                ends(one).cmp(&ends(other))
            }
        }
    }
}

pub(in crate::web) async fn page(
    State(shared): State<Arc<Shared>>,
    Question(asked): Question<Asked>,
    v: Visit,
) -> Response {
    let look = shared.live.now();
    let needle = asked.q.trim().to_lowercase();
    let mut found: Vec<(usize, &AgencyFigures)> = look
        .figures
        .agencies
        .iter()
        .enumerate()
        .filter(|(_, agency)| {
            [&agency.name, &agency.short_name]
                .iter()
                .any(|text| text.to_lowercase().contains(&needle))
                || agency.organ.as_str().to_lowercase().contains(&needle)
        })
        .collect();
    found.sort_by(|(_, one), (_, other)| asked.sort.compare(one, other));
    if asked.order == Order::Down {
        found.reverse();
    }
    let rows = found.iter().map(|(index, agency)| AgencyRow {
        index: (*index < AGENCIES_MAX).then_some(*index),
        organ: agency.organ.to_string(),
        name: agency.name.clone(),
        short_name: agency.short_name.clone(),
        state: v.t(state_phrase(agency.state)),
        is_active: agency.state == crate::hub::AgencyState::Active,
        sent: agency.sent,
        received: agency.inbound.acknowledged,
        pending: agency.waiting(),
        signed: v.share(agency.to_operator_signed, agency.to_operator),
        seen: agency
            .presence
            .map_or_else(|| "–".to_owned(), |seen| moment(seen.last_seen)),
        certificate: agency
            .presence
            .map_or_else(|| "–".to_owned(), |seen| day(seen.certificate_ends)),
    });
    let page = Agencies {
        place: Some(Place::Agencies),
        heads: Column::ALL.map(|column| head(column, &asked, &v)).to_vec(),
        rows: rows.collect(),
        all: look.figures.agencies.len() as u64,
        q: asked.q,
        v,
    };
    shown(&page)
}

fn head(column: Column, asked: &Asked, v: &Visit) -> Head {
    let is_sorted = asked.sort == column;
    let order = match (is_sorted, asked.order) {
        (true, Order::Up) => Order::Down,
        (true, Order::Down) => Order::Up,
        (false, _) => column.first(),
    };
    let order = if order == Order::Up { "up" } else { "down" };
    let query = [
        ("q", asked.q.as_str()),
        ("sort", column.key()),
        ("order", order),
    ];
    let pairs = query.map(|(name, value)| format!("{name}={}", encoded(value)));
    Head {
        label: v.t(column.label()),
        href: format!("/agencies?{}", pairs.join("&")),
        sorted: match (is_sorted, asked.order) {
            (false, _) => "none",
            (true, Order::Up) => "ascending",
            (true, Order::Down) => "descending",
        },
        class: column.class(),
    }
}

/// The largest first, by a figure.
pub(super) fn largest<T>(mut rows: Vec<T>, most: usize, figure: impl Fn(&T) -> u64) -> Vec<T> {
    rows.sort_by_key(|row| Reverse(figure(row)));
    rows.truncate(most);
    rows
}

//! One sheet for each locality, as whoever inspects it would read it before the visit, and all of them
//! in order.
//!
//! Each figure names the rule it is held against. What is a rule and what is our reading of it stays
//! apart: QĐ 28/2018, Art. 6.2 sets the time of sending; NĐ 30/2020, Art. 21.2c the day of the receipt
//! notice (it is later than the reference period: there it says how it would have been judged). That a
//! share is what is compared is ours.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header;
use axum::response::IntoResponse as _;
use axum::response::Response;
use serde::Deserialize;
use serde_json::Value;
use serde_json::json;

use super::complaint;
use super::question::Question;
use super::refused;
use super::shown;
use crate::hub::AgencyFigures;
use crate::hub::Conduct;
use crate::hub::Figures;
use crate::model::OrganId;
use crate::model::Refusal;
use crate::page::svg::push;
use crate::text::ConsolePhrase as P;
use crate::web::Shared;
use crate::web::visit::Place;
use crate::web::visit::Visit;

/// Localities side by side.
const COMPARED: usize = 8;

/// Of the localities inspected in the summer of 2019, those our sources name: Bắc Ninh, Hải Dương,
/// Hải Phòng, Hà Nội, Phú Thọ, Vĩnh Phúc. The two that make eight are the least signed of the others.
const NAMED: [&str; 6] = [
    "000.00.00.H05",
    "000.00.00.H23",
    "000.00.00.H24",
    "000.00.00.H26",
    "000.00.00.H44",
    "000.00.00.H62",
];

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(in crate::web) struct Asked {
    organ: String,
}

#[derive(Template)]
#[template(path = "inspection.html")]
struct Inspection {
    v: Visit,
    place: Option<Place>,
    sheets: Vec<Sheet>,
    /// All, in order of rank.
    ranking: Vec<Sheet>,
    /// Whether one locality was asked for.
    is_one: bool,
}

/// What is said of one locality.
struct Sheet {
    organ: String,
    name: String,
    short_name: String,
    rank: Option<u64>,
    of: u64,
    lines: Vec<Line>,
    refusals: Vec<(&'static str, u64)>,
}

/// One figure: what, so much of so much, by which rule.
struct Line {
    label: &'static str,
    rule: &'static str,
    part: u64,
    whole: u64,
    share: String,
}

/// One locality among all.
#[derive(Clone, Copy)]
struct Ranked<'a> {
    agency: &'a AgencyFigures,
    /// From 1, the least signed share; `None` where it sent nothing to the Government Office.
    rank: Option<u64>,
    of: u64,
}

pub(in crate::web) async fn page(
    State(shared): State<Arc<Shared>>,
    Question(asked): Question<Asked>,
    v: Visit,
) -> Response {
    let figures = &shared.live.now().figures;
    let ranked = ranked(figures, shared.monitor.operator());
    let sheets: Vec<Sheet> = if asked.organ.is_empty() {
        compared(&ranked)
            .into_iter()
            .map(|ranked| sheet(ranked, &v))
            .collect()
    } else {
        let Ok(organ) = asked.organ.parse::<OrganId>() else {
            return complaint(v, StatusCode::BAD_REQUEST, P::NotACode, P::NotACodeRemedy);
        };
        match ranked.iter().find(|ranked| ranked.agency.organ == organ) {
            Some(ranked) => vec![sheet(*ranked, &v)],
            None => return refused(v, Place::Inspection, &Refusal::AgencyUnknown { organ }),
        }
    };
    let page = Inspection {
        place: Some(Place::Inspection),
        ranking: ranked.iter().map(|ranked| sheet(*ranked, &v)).collect(),
        is_one: !asked.organ.is_empty(),
        sheets,
        v,
    };
    shown(&page)
}

/// Whoever is inspected: everybody but the operator, who does the inspecting. The least signed first;
/// who sent nothing to the Government Office at the end.
fn ranked(figures: &Figures, operator: OrganId) -> Vec<Ranked<'_>> {
    let mut agencies: Vec<&AgencyFigures> = figures
        .agencies
        .iter()
        .filter(|agency| agency.organ != operator)
        .collect();
    agencies.sort_by(|one, other| {
        AgencyFigures::by_signed_share(one, other).then(one.organ.cmp(&other.organ))
    });
    let of = agencies
        .iter()
        .filter(|agency| agency.to_operator > 0)
        .count() as u64;
    agencies
        .into_iter()
        .zip(1..)
        .map(|(agency, rank)| Ranked {
            agency,
            rank: (rank <= of).then_some(rank),
            of,
        })
        .collect()
}

/// Those our sources name, and the least signed others until there are eight.
fn compared<'a>(ranked: &[Ranked<'a>]) -> Vec<Ranked<'a>> {
    let is_named = |ranked: &&Ranked<'_>| NAMED.contains(&ranked.agency.organ.as_str());
    let named = ranked.iter().filter(is_named);
    let is_province = |ranked: &&Ranked<'_>| ranked.agency.organ.as_str().contains(".H");
    let others = ranked
        .iter()
        .filter(|ranked| !is_named(ranked))
        .filter(is_province);
    named.chain(others).take(COMPARED).copied().collect()
}

fn sheet(ranked: Ranked<'_>, v: &Visit) -> Sheet {
    let agency = ranked.agency;
    Sheet {
        organ: agency.organ.to_string(),
        name: agency.name.clone(),
        short_name: agency.short_name.clone(),
        rank: ranked.rank,
        of: ranked.of,
        lines: measures(agency)
            .map(|(label, rule, _, part, whole)| Line {
                label: v.t(label),
                rule: v.t(rule),
                part,
                whole,
                share: v.share(part, whole),
            })
            .to_vec(),
        refusals: agency
            .refused
            .iter()
            .map(|(reason, count)| (reason.as_str(), *count))
            .collect(),
    }
}

/// Label, rule, name for programs, part and whole of each measure.
fn measures(agency: &AgencyFigures) -> [(P, P, &'static str, u64, u64); 5] {
    let Conduct {
        sent_in_time,
        receipts_same_day,
        changes_asked,
        changes_answered,
        ..
    } = agency.conduct;
    let refused: u64 = agency.refused.values().sum();
    [
        (
            P::SignedToOffice,
            P::SignedToOfficeRule,
            "signed_to_government_office",
            agency.to_operator_signed,
            agency.to_operator,
        ),
        (
            P::InTime,
            P::InTimeRule,
            "sent_in_time",
            sent_in_time,
            agency.sent,
        ),
        (
            P::ReceiptSameDay,
            P::ReceiptSameDayRule,
            "receipt_same_day",
            receipts_same_day,
            agency.inbound.acknowledged,
        ),
        (
            P::ChangesAnswered,
            P::ChangesAnsweredRule,
            "recalls_and_updates_answered",
            changes_answered,
            changes_asked,
        ),
        (
            P::RefusedOfSubmitted,
            P::RefusedOfSubmittedRule,
            "refused",
            refused,
            agency.sent + refused,
        ),
    ]
}

impl Clone for Line {
    fn clone(&self) -> Self {
        Self {
            share: self.share.clone(),
            ..*self
        }
    }
}

/// One row for each agency, as a spreadsheet reads it: a byte order mark, commas, every text quoted.
pub(in crate::web) async fn csv(State(shared): State<Arc<Shared>>) -> Response {
    let figures = &shared.live.now().figures;
    let mut out = String::from("\u{feff}rank,organ,name");
    let ranked = ranked(figures, shared.monitor.operator());
    for (.., key, _, _) in ranked
        .first()
        .map_or(Vec::new(), |one| measures(one.agency).to_vec())
    {
        push(&mut out, format_args!(",{key},{key}_of"));
    }
    out.push_str("\r\n");
    for one in &ranked {
        let rank = one.rank.map(|rank| rank.to_string()).unwrap_or_default();
        let agency = one.agency;
        let (organ, name) = (quoted(agency.organ.as_str()), quoted(&agency.name));
        push(&mut out, format_args!("{rank},{organ},{name}"));
        for (.., part, whole) in measures(agency) {
            push(&mut out, format_args!(",{part},{whole}"));
        }
        out.push_str("\r\n");
    }
    let headers = [
        (header::CONTENT_TYPE, "text/csv; charset=utf-8"),
        (
            header::CONTENT_DISPOSITION,
            "attachment; filename=\"inspection.csv\"",
        ),
    ];
    (headers, out).into_response()
}

/// A text that a spreadsheet takes for a text: never for a formula.
fn quoted(text: &str) -> String {
    let lead = if text.starts_with(['=', '+', '-', '@', '\t', '\r']) {
        "'"
    } else {
        ""
    };
    format!("\"{lead}{}\"", text.replace('"', "\"\""))
}

/// The same for programs.
pub(in crate::web) async fn json(State(shared): State<Arc<Shared>>) -> Response {
    let figures = &shared.live.now().figures;
    let agencies = ranked(figures, shared.monitor.operator())
        .into_iter()
        .map(|one| {
            let agency = one.agency;
            let mut value = json!({
                "organ": agency.organ.to_string(),
                "name": agency.name,
                "rank": one.rank,
                "of": one.of,
                "refusals": agency
                    .refused
                    .iter()
                    .map(|(reason, count)| (reason.as_str().to_owned(), Value::from(*count)))
                    .collect::<serde_json::Map<_, _>>(),
            });
            for (_, _, key, part, whole) in measures(agency) {
                value[key] = json!({"count": part, "of": whole});
            }
            value
        });
    let value = json!({
        "at": figures.at.to_string(),
        "agencies": agencies.collect::<Vec<_>>(),
    });
    let media = [(header::CONTENT_TYPE, "application/json")];
    (media, value.to_string()).into_response()
}

#[cfg(test)]
mod tests {
    use super::quoted;

    #[test]
    fn a_name_never_becomes_a_formula() {
        assert_eq!(quoted("Tỉnh \"A\""), "\"Tỉnh \"\"A\"\"\"");
        assert_eq!(quoted("=1+1"), "\"'=1+1\"");
    }
}

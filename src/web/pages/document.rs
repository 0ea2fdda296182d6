//! One document: what its header says, its journey, what its signatures are worth, and how far it got
//! at each recipient.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header;
use axum::response::IntoResponse as _;
use axum::response::Response;
use serde::Deserialize;

use super::complaint;
use super::moment;
use super::question::Question;
use super::refused;
use super::short_name;
use super::shown;
use super::stopping;
use crate::hub::DocumentSeen;
use crate::hub::Figures;
use crate::model::DocumentHeader;
use crate::model::DocumentId;
use crate::model::OrganId;
use crate::model::Refusal;
use crate::model::StatusCode as Status;
use crate::procedure::document_journey;
use crate::text::ConsolePhrase as P;
use crate::text::business_type_name;
use crate::text::status_name;
use crate::text::wire_stage_name;
use crate::trust::Engine;
use crate::trust::Examiner;
use crate::validation;
use crate::validation::Detail;
use crate::validation::Input;
use crate::validation::Policy;
use crate::validation::Report;
use crate::web::Shared;
use crate::web::guard::REPORT_POLICY;
use crate::web::visit::Place;
use crate::web::visit::Visit;
use crate::web::visit::encoded;
use crate::wire::timestamp_from_wire;
use crate::wire::v1;

/// Documents offered where none is asked for.
const LATEST: usize = 12;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(in crate::web) struct Asked {
    id: String,
}

#[derive(Template)]
#[template(path = "document.html")]
struct Document {
    v: Visit,
    place: Option<Place>,
    id: String,
    latest: Vec<Latest>,
    found: Option<Found>,
}

struct Latest {
    id: String,
    href: String,
    from: String,
    accepted: String,
}

struct Found {
    subject: String,
    facts: Vec<(&'static str, String)>,
    is_full: bool,
    sequence: String,
    recipients: Vec<Recipient>,
    verdict: String,
    verdict_is_good: bool,
    report: String,
    report_href: String,
}

struct Recipient {
    organ: String,
    name: String,
    stage: String,
    acknowledged: String,
    events: Vec<EventRow>,
}

struct EventRow {
    name: &'static str,
    at: String,
    description: String,
}

pub(in crate::web) async fn page(
    State(shared): State<Arc<Shared>>,
    Question(asked): Question<Asked>,
    v: Visit,
) -> Response {
    let figures = &shared.live.now().figures;
    let asked = asked.id.trim().to_owned();
    if asked.is_empty() {
        let Some(latest) = shared.ask(|hub| hub.latest(LATEST)).await else {
            return stopping();
        };
        let page = Document {
            place: Some(Place::Document),
            id: String::new(),
            latest: latest
                .into_iter()
                .map(|(id, from, at)| Latest {
                    href: format!("/document?id={}", encoded(&id.to_string())),
                    id: id.to_string(),
                    from: short_name(figures, from),
                    accepted: moment(at),
                })
                .collect(),
            found: None,
            v,
        };
        return shown(&page);
    }
    let (seen, report) = match looked_up(&shared, &asked).await {
        Ok(found) => found,
        Err(Missing::NotAnIdentity) => {
            let (what, remedy) = (P::NotAnIdentity, P::NotAnIdentityRemedy);
            return complaint(v, StatusCode::BAD_REQUEST, what, remedy);
        }
        Err(Missing::Refused(refusal)) => return refused(v, Place::Document, &refusal),
    };
    let page = Document {
        place: Some(Place::Document),
        latest: Vec::new(),
        found: Some(found(&seen, report.as_ref(), figures, &asked, &v)),
        id: asked,
        v,
    };
    shown(&page)
}

/// The validation report alone, as `docaxis verify --html` writes it.
pub(in crate::web) async fn report(
    State(shared): State<Arc<Shared>>,
    Question(asked): Question<Asked>,
    v: Visit,
) -> Response {
    match looked_up(&shared, asked.id.trim()).await {
        Ok((_, Ok(report))) => {
            let headers = [
                (header::CONTENT_TYPE, "text/html; charset=utf-8"),
                (header::CONTENT_SECURITY_POLICY, REPORT_POLICY),
            ];
            (headers, report.to_html(v.language)).into_response()
        }
        Ok((_, Err(problem))) => (StatusCode::INTERNAL_SERVER_ERROR, problem).into_response(),
        Err(Missing::NotAnIdentity) => {
            let (what, remedy) = (P::NotAnIdentity, P::NotAnIdentityRemedy);
            complaint(v, StatusCode::BAD_REQUEST, what, remedy)
        }
        Err(Missing::Refused(refusal)) => refused(v, Place::Document, &refusal),
    }
}

/// Why a document is not shown.
enum Missing {
    NotAnIdentity,
    Refused(Box<Refusal>),
}

/// The document, and what its signatures were worth when the hub received it: off the page's thread, for it takes its time.
async fn looked_up(
    shared: &Arc<Shared>,
    id: &str,
) -> Result<(DocumentSeen, Result<Report, String>), Missing> {
    let id: DocumentId = id.parse().map_err(|_| Missing::NotAnIdentity)?;
    let refused = |refusal: Refusal| Missing::Refused(Box::new(refusal));
    let unavailable = |problem: String| refused(Refusal::StorageUnavailable { problem });
    let asked = shared.ask(move |hub| hub.document(&id)).await;
    let asked = asked.ok_or_else(|| unavailable("the console stops".to_owned()))?;
    let seen = asked.map_err(refused)?;
    let report = validated(shared, &seen);
    Ok((seen, report))
}

fn validated(shared: &Shared, seen: &DocumentSeen) -> Result<Report, String> {
    let lists = shared.monitor.revocation_lists();
    let examiner = Examiner::new(&shared.anchors, lists, Engine::shared())
        .map_err(|error| error.to_string())?;
    let input = Input {
        file: &seen.journey.receipt.clone().unwrap_or_default().document_id,
        bytes: &seen.bytes,
        content: None,
        certificates: &[],
    };
    // That the hub received it then is what proves when it existed: judged later, a certificate that has
    // ended since would leave in doubt what the hub has found.
    match validation::examine(&examiner, &[input], seen.accepted_at).pop() {
        Some(Ok(examination)) => Ok(Report::new(examination, &Policy::default())),
        Some(Err(error)) => Err(error.to_string()),
        None => Err("nothing was found".to_owned()),
    }
}

fn found(
    seen: &DocumentSeen,
    report: Result<&Report, &String>,
    figures: &Figures,
    id: &str,
    v: &Visit,
) -> Found {
    let receipt = seen.journey.receipt.clone().unwrap_or_default();
    let is_full = receipt.legal_value() == v1::LegalValue::Full;
    let (verdict, verdict_is_good, text) = match report {
        Ok(report) => {
            let verdict = report.verdict();
            let name = match verdict.sub_indication {
                None => verdict.indication.as_str().to_owned(),
                Some(why) => format!("{} · {}", verdict.indication.as_str(), why.as_str()),
            };
            let is_good = verdict.indication == validation::Indication::Passed;
            (name, is_good, report.to_text(Detail::Detailed, v.language))
        }
        Err(problem) => (problem.clone(), false, String::new()),
    };
    Found {
        subject: seen.header.subject.clone(),
        facts: facts(&seen.header, seen, figures, v),
        is_full,
        sequence: document_journey(&seen.journey, v.language).svg(v.language),
        recipients: seen
            .journey
            .recipients
            .iter()
            .map(|recipient| row(recipient, figures, v))
            .collect(),
        verdict,
        verdict_is_good,
        report: text,
        report_href: format!("/document/report?id={}", encoded(id)),
    }
}

fn facts(
    header: &DocumentHeader,
    seen: &DocumentSeen,
    figures: &Figures,
    v: &Visit,
) -> Vec<(&'static str, String)> {
    let receipt = seen.journey.receipt.clone().unwrap_or_default();
    let organ = |organ: OrganId| format!("{} ({organ})", short_name(figures, organ));
    let value = if receipt.legal_value() == v1::LegalValue::Full {
        P::FullValue
    } else {
        P::ReferenceValue
    };
    let attachments = header
        .attachments
        .iter()
        .map(|attachment| attachment.name.clone());
    let facts = [
        (P::From, organ(header.from)),
        (P::LegalValue, v.t(value).to_owned()),
        (P::Accepted, moment(seen.accepted_at)),
        (P::Sequence, receipt.hub_sequence.to_string()),
        (P::Priority, header.priority.level().to_string()),
        (
            P::Kind,
            business_type_name(header.business_type, v.language).to_owned(),
        ),
        (P::Attachments, attachments.collect::<Vec<_>>().join(", ")),
    ];
    let facts = facts.into_iter().filter(|(_, fact)| !fact.is_empty());
    facts.map(|(label, fact)| (v.t(label), fact)).collect()
}

fn row(recipient: &v1::RecipientJourney, figures: &Figures, v: &Visit) -> Recipient {
    let organ = recipient.organ_id.parse::<OrganId>();
    let at = |at: Option<&prost_types::Timestamp>| {
        at.and_then(timestamp_from_wire)
            .map_or_else(|| "–".to_owned(), moment)
    };
    Recipient {
        name: organ.map_or_else(|_| String::new(), |organ| short_name(figures, organ)),
        organ: recipient.organ_id.clone(),
        stage: wire_stage_name(&recipient.stage, v.language),
        acknowledged: at(recipient.acknowledged_at.as_ref()),
        events: recipient
            .events
            .iter()
            .filter_map(|event| {
                Some(EventRow {
                    name: status_name(Status::from_number(event.code)?, v.language),
                    at: at(event.reported_at.as_ref()),
                    description: event.description.clone(),
                })
            })
            .collect(),
    }
}

//! One module per page: read what it shows, put it into its template.

pub(super) mod agencies;
pub(super) mod agency;
pub(super) mod document;
pub(super) mod health;
pub(super) mod inspection;
pub(super) mod load;
pub(super) mod overview;
pub(super) mod pairs;
pub(super) mod procedure;
pub(super) mod question;
pub(super) mod sign_in;

use askama::Template;
use axum::http::StatusCode;
use axum::response::Html;
use axum::response::IntoResponse as _;
use axum::response::Response;
use jiff::Timestamp;

use super::visit::Place;
use super::visit::Visit;
use crate::hub::AgencyState;
use crate::hub::Figures;
use crate::model::OrganId;
use crate::model::Reason;
use crate::model::Refusal;
use crate::model::calendar;
use crate::text::ConsolePhrase as P;
use crate::text::describe;
use crate::text::explain;

/// A page that was asked for and cannot be shown.
#[derive(Template)]
#[template(path = "refused.html")]
struct Refused {
    v: Visit,
    place: Option<Place>,
    heading: String,
    what: String,
    remedy: String,
}

/// A label with a figure.
struct Row {
    label: String,
    figure: String,
}

fn shown(template: &impl Template) -> Response {
    match template.render() {
        Ok(page) => Html(page).into_response(),
        Err(error) => {
            tracing::error!(%error, "a page of the console cannot be written");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

fn refused(v: Visit, place: Place, refusal: &Refusal) -> Response {
    let reason = refusal.reason();
    let page = Refused {
        heading: reason.as_str().to_owned(),
        what: describe(refusal, v.language),
        remedy: explain(reason, v.language).what_to_do.to_owned(),
        place: Some(place),
        v,
    };
    let status = match reason {
        Reason::StorageUnavailable => StatusCode::SERVICE_UNAVAILABLE,
        _ => StatusCode::NOT_FOUND,
    };
    (status, shown(&page)).into_response()
}

/// Something that must be mended by the reader: a form, an address.
fn complaint(v: Visit, status: StatusCode, what: P, remedy: P) -> Response {
    let page = Refused {
        heading: v.t(P::NotShown).to_owned(),
        what: v.t(what).to_owned(),
        remedy: v.t(remedy).to_owned(),
        place: None,
        v,
    };
    (status, shown(&page)).into_response()
}

pub(super) async fn not_found(v: Visit) -> Response {
    complaint(v, StatusCode::NOT_FOUND, P::NoSuchPage, P::NoSuchPageRemedy)
}

pub(super) async fn wrong_method(v: Visit) -> Response {
    let status = StatusCode::METHOD_NOT_ALLOWED;
    complaint(v, status, P::NoSuchPage, P::NoSuchPageRemedy)
}

/// What a page says where the console stops before it is written.
fn stopping() -> Response {
    StatusCode::SERVICE_UNAVAILABLE.into_response()
}

/// A moment as people in Viet Nam read it.
fn moment(at: Timestamp) -> String {
    calendar::local(at)
        .strftime("%d/%m/%Y %H:%M:%S")
        .to_string()
}

fn day(at: Timestamp) -> String {
    calendar::local(at).strftime("%d/%m/%Y").to_string()
}

/// A size as people read it.
fn bytes(v: &Visit, bytes: u64) -> String {
    let mut value = bytes as f64;
    for unit in [" B", " kB", " MB", " GB"] {
        if value < 1000.0 {
            return v.decimal(value, unit);
        }
        value /= 1000.0;
    }
    v.decimal(value, " TB")
}

/// The short name of an agency, or its code.
fn short_name(figures: &Figures, organ: OrganId) -> String {
    let agency = figures.agencies.iter().find(|known| known.organ == organ);
    agency.map_or_else(|| organ.to_string(), |agency| agency.short_name.clone())
}

fn state_phrase(state: AgencyState) -> P {
    match state {
        AgencyState::Active => P::StateActive,
        AgencyState::Suspended => P::StateSuspended,
        AgencyState::Joining => P::StateJoining,
        AgencyState::Testing => P::StateTesting,
        AgencyState::Revoked => P::StateRevoked,
        AgencyState::Merged => P::StateMerged,
    }
}

//! The operator says who it is: with the token.

use std::sync::Arc;
use std::time::Duration;

use askama::Template;
use axum::Form;
use axum::extract::Extension;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::http::StatusCode;
use axum::http::header;
use axum::response::IntoResponse as _;
use axum::response::Redirect;
use axum::response::Response;
use serde::Deserialize;

use super::complaint;
use super::question::Question;
use super::shown;
use crate::text::ConsolePhrase as P;
use crate::web::Shared;
use crate::web::guard::is_own;
use crate::web::places::Place as Connection;
use crate::web::routes::local;
use crate::web::token::same;
use crate::web::visit;
use crate::web::visit::Place;
use crate::web::visit::Visit;

/// Before whoever comes while too many wait to be looked at is told so.
const CROWDED_PAUSE: Duration = Duration::from_secs(2);

#[derive(Template)]
#[template(path = "sign_in.html")]
struct SignIn {
    v: Visit,
    place: Option<Place>,
    back: String,
    is_wrong: bool,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(in crate::web) struct Asked {
    back: String,
}

#[derive(Deserialize)]
pub(in crate::web) struct Said {
    #[serde(default)]
    token: String,
    #[serde(default)]
    back: String,
}

/// A button pressed by who may.
#[derive(Deserialize)]
pub(in crate::web) struct Pressed {
    #[serde(default)]
    form_code: String,
}

pub(in crate::web) async fn page(Question(asked): Question<Asked>, v: Visit) -> Response {
    shown(&SignIn {
        v,
        place: None,
        back: local(&asked.back).to_owned(),
        is_wrong: false,
    })
}

pub(in crate::web) async fn take(
    State(shared): State<Arc<Shared>>,
    Extension(at): Extension<Arc<Connection>>,
    v: Visit,
    headers: HeaderMap,
    Form(said): Form<Said>,
) -> Response {
    if !is_own(&headers, shared.origin.as_ref()) {
        return foreign(v);
    }
    let back = local(&said.back).to_owned();
    let from = at.from.ip();
    if !shared.attempts.turn(from).await {
        at.waits_in_vain();
        tokio::time::sleep(CROWDED_PAUSE).await;
        let (what, remedy) = (P::TooManyAttempts, P::TooManyAttemptsRemedy);
        return complaint(v, StatusCode::TOO_MANY_REQUESTS, what, remedy);
    }
    if !shared.token.is(&said.token) {
        shared.monitor.sign_in_failed();
        let held_back = shared.attempts.was_wrong(from);
        at.waits_in_vain();
        tokio::time::sleep(held_back).await;
        let page = SignIn {
            v,
            place: None,
            back,
            is_wrong: true,
        };
        return (StatusCode::FORBIDDEN, shown(&page)).into_response();
    }
    let now = shared.monitor.clock().monotonic();
    if let Some(before) = visit::session(&headers) {
        shared.sessions.end(before, now);
    }
    let cookie = cookie(&shared, &shared.sessions.begin(now), "");
    ([(header::SET_COOKIE, cookie)], Redirect::to(&back)).into_response()
}

fn cookie(shared: &Shared, value: &str, age: &str) -> String {
    let is_secure = shared.origin.as_ref().is_some_and(|ours| ours.is_secure);
    format!(
        "{}={value}; Path=/;{age} HttpOnly; SameSite=Strict{}",
        visit::SESSION,
        if is_secure { "; Secure" } else { "" }
    )
}

pub(in crate::web) async fn leave(
    State(shared): State<Arc<Shared>>,
    v: Visit,
    headers: HeaderMap,
    Form(pressed): Form<Pressed>,
) -> Response {
    if let Err(refused) = may_act(&shared, v, &headers, &pressed.form_code) {
        return *refused;
    }
    if let Some(session) = visit::session(&headers) {
        let now = shared.monitor.clock().monotonic();
        shared.sessions.end(session, now);
    }
    let cookie = cookie(&shared, "", " Max-Age=0;");
    ([(header::SET_COOKIE, cookie)], Redirect::to("/")).into_response()
}

/// Whether whoever sent a form is signed in, and the form is one of ours. Gives the visit back.
///
/// # Errors
/// The answer, where not.
pub(in crate::web) fn may_act(
    shared: &Shared,
    v: Visit,
    headers: &HeaderMap,
    form_code: &str,
) -> Result<Visit, Box<Response>> {
    if !v.is_operator() {
        let (what, remedy) = (P::SignInFirst, P::SignInFirstRemedy);
        return Err(Box::new(complaint(v, StatusCode::FORBIDDEN, what, remedy)));
    }
    if !is_own(headers, shared.origin.as_ref()) || !same(v.code(), form_code) {
        return Err(Box::new(foreign(v)));
    }
    Ok(v)
}

fn foreign(v: Visit) -> Response {
    complaint(
        v,
        StatusCode::FORBIDDEN,
        P::ForeignForm,
        P::ForeignFormRemedy,
    )
}

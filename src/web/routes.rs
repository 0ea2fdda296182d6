//! What is served where.

use std::convert::Infallible;
use std::sync::Arc;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::extract::Extension;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header;
use axum::middleware;
use axum::response::IntoResponse as _;
use axum::response::Redirect;
use axum::response::Response;
use axum::response::Sse;
use axum::response::sse::Event;
use axum::response::sse::KeepAlive;
use axum::routing::get;
use axum::routing::post;
use futures_util::Stream;
use futures_util::StreamExt as _;
use serde::Deserialize;
use tokio_stream::wrappers::WatchStream;

use super::Shared;
use super::assets;
use super::guard;
use super::metrics;
use super::pages;
use super::pages::question::Question;
use super::places::Place;
use super::turns;
use super::turns::BODY_MAX;
use super::visit;
use super::visit::Theme;
use crate::hub;
use crate::model::Effect;
use crate::text::Language;
use crate::text::condition_name;

/// Seconds a browser keeps its reader's language: a year.
const PREFERENCE_S: u32 = 365 * 24 * 3600;

pub(super) fn router(shared: Arc<Shared>) -> Router {
    Router::new()
        .route("/", get(pages::overview::page))
        .route("/beside", get(pages::overview::beside_alone))
        .route("/agencies", get(pages::agencies::page))
        .route("/agency", get(pages::agency::page))
        .route("/inspection", get(pages::inspection::page))
        .route("/inspection.csv", get(pages::inspection::csv))
        .route("/inspection.json", get(pages::inspection::json))
        .route("/pairs", get(pages::pairs::page))
        .route("/document", get(pages::document::page))
        .route("/document/report", get(pages::document::report))
        .route("/procedure", get(pages::procedure::page))
        .route("/procedure/board", get(pages::procedure::board))
        .route("/procedure/events", get(procedure_events))
        .route("/procedure/begin", post(pages::procedure::begin))
        .route("/procedure/step", post(pages::procedure::step))
        .route("/procedure/certificate", get(pages::procedure::certificate))
        .route("/load", get(pages::load::page))
        .route("/load/work", get(pages::load::work))
        .route("/load/report/{name}", get(pages::load::report))
        .route("/health", get(pages::health::page))
        .route(
            "/sign-in",
            get(pages::sign_in::page).post(pages::sign_in::take),
        )
        .route("/sign-out", post(pages::sign_in::leave))
        .route("/settings", get(settings))
        .route("/events", get(events))
        .route("/metrics", get(open_metrics))
        .route("/healthz", get(healthz))
        .route("/readyz", get(readyz))
        .route("/assets/console.css", get(assets::style))
        .route("/assets/console.js", get(assets::script))
        .route("/assets/mark.svg", get(assets::mark))
        .fallback(pages::not_found)
        .method_not_allowed_fallback(pages::wrong_method)
        .layer(DefaultBodyLimit::max(BODY_MAX))
        .layer(middleware::from_fn_with_state(
            Arc::clone(&shared),
            turns::in_turn,
        ))
        .layer(middleware::from_fn_with_state(
            Arc::clone(&shared),
            guard::guard,
        ))
        .with_state(shared)
}

/// Live figures, until the reader goes or the console stops.
async fn events(
    State(shared): State<Arc<Shared>>,
    Extension(place): Extension<Arc<Place>>,
) -> Response {
    let messages = WatchStream::new(shared.live.events());
    stream(
        &shared,
        &place,
        messages.map(|message| Event::default().data(message)),
    )
}

/// Says that the board of the procedure changed.
async fn procedure_events(
    State(shared): State<Arc<Shared>>,
    Extension(place): Extension<Arc<Place>>,
) -> Response {
    let Some(board) = &shared.board else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let changes = WatchStream::new(board.changes());
    stream(
        &shared,
        &place,
        changes.map(|number| Event::default().data(number.to_string())),
    )
}

fn stream(
    shared: &Shared,
    place: &Place,
    events: impl Stream<Item = Event> + Send + 'static,
) -> Response {
    place.listens();
    let stopped = shared.stopping.clone().cancelled_owned();
    let events = events
        .map(Ok::<_, Infallible>)
        .take_until(Box::pin(stopped));
    Sse::new(events)
        .keep_alive(KeepAlive::default())
        .into_response()
}

/// OpenMetrics.
async fn open_metrics(State(shared): State<Arc<Shared>>) -> Response {
    let media = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    match metrics::text(&shared).await {
        Some(text) => ([(header::CONTENT_TYPE, media)], text).into_response(),
        None => StatusCode::SERVICE_UNAVAILABLE.into_response(),
    }
}

/// The process is one that should go on: 503 where only a new start of it helps.
async fn healthz(State(shared): State<Arc<Shared>>) -> (StatusCode, String) {
    if shared.monitor.is_fatal() {
        return (
            StatusCode::SERVICE_UNAVAILABLE,
            told(&shared.monitor.symptoms()),
        );
    }
    (StatusCode::OK, "ok\n".to_owned())
}

/// Documents are taken, and there are places for those who bring them. What is wrong is said, a line each,
/// also where everything is served in spite of it.
async fn readyz(State(shared): State<Arc<Shared>>) -> (StatusCode, String) {
    let symptoms = shared.monitor.symptoms();
    let gravest = symptoms
        .iter()
        .map(|symptom| symptom.condition.effect())
        .max();
    match gravest {
        None | Some(Effect::Degraded) => (StatusCode::OK, format!("ready\n{}", told(&symptoms))),
        Some(Effect::ClosedToNewcomers | Effect::NotServing) => {
            (StatusCode::SERVICE_UNAVAILABLE, told(&symptoms))
        }
    }
}

/// A line for each: its name, what it is, the facts.
fn told(symptoms: &[hub::Symptom]) -> String {
    let lines = symptoms.iter().map(|symptom| {
        let name = symptom.condition.as_str();
        let what = condition_name(symptom.condition, Language::En);
        let since = symptom.since;
        match symptom.detail.as_str() {
            "" => format!("{name}: {what} (since {since})\n"),
            detail => format!("{name}: {what}: {detail} (since {since})\n"),
        }
    });
    lines.collect()
}

#[derive(Deserialize)]
struct Settings {
    language: Option<String>,
    theme: Option<String>,
    #[serde(default)]
    back: String,
}

/// Remembers the reader's language or colours, and goes back.
async fn settings(Question(settings): Question<Settings>) -> Response {
    let mut response = Redirect::to(local(&settings.back)).into_response();
    let language = settings.language.and_then(|said| said.parse().ok());
    let language = language.map(|language: Language| (visit::LANGUAGE, language.as_str()));
    let theme = settings.theme.map(|said| Theme::of(&said));
    let theme = theme.map(|theme| (visit::THEME, theme.as_str()));
    for (name, value) in language.into_iter().chain(theme) {
        let cookie = format!("{name}={value}; Path=/; Max-Age={PREFERENCE_S}; SameSite=Lax");
        if let Ok(cookie) = cookie.parse() {
            response.headers_mut().append(header::SET_COOKIE, cookie);
        }
    }
    response
}

/// A path of ours to go back to: nothing that leads elsewhere, nothing that ends a header.
pub(super) fn local(path: &str) -> &str {
    let is_ours = path.starts_with('/')
        && !path.starts_with("//")
        && !path.contains('\\')
        && path.bytes().all(|byte| byte.is_ascii_graphic());
    if is_ours { path } else { "/" }
}

#[cfg(test)]
mod tests {
    use super::local;

    #[test]
    fn nobody_is_sent_elsewhere() {
        assert_eq!(local("/agencies?sort=sent"), "/agencies?sort=sent");
        for elsewhere in [
            "//evil.example/",
            "/\\evil.example",
            "https://evil.example",
            "",
            "/a\r\nset-cookie: x",
        ] {
            assert_eq!(local(elsewhere), "/", "{elsewhere:?}");
        }
    }
}

//! Joining the axis as a guided page: the presenter presses, the real step happens.

use std::sync::Arc;

use askama::Template;
use axum::Form;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::http::StatusCode;
use axum::http::header;
use axum::response::IntoResponse as _;
use axum::response::Redirect;
use axum::response::Response;
use serde::Deserialize;

use super::complaint;
use super::shown;
use super::sign_in::may_act;
use crate::model::Directory;
use crate::model::OrganId;
use crate::model::calendar::local;
use crate::model::conformance::ConformanceTest;
use crate::model::joining::Step;
use crate::procedure::Approvals as Decisions;
use crate::procedure::Done;
use crate::procedure::Gantt;
use crate::procedure::Locality;
use crate::procedure::StepError;
use crate::procedure::calendar;
use crate::procedure::told;
use crate::text::ConsolePhrase as P;
use crate::text::Language;
use crate::text::actor_name;
use crate::text::state_name;
use crate::text::step_name;
use crate::text::step_produces;
use crate::text::step_rule;
use crate::text::step_today;
use crate::text::step_what;
use crate::text::test_title;
use crate::web::Shared;
use crate::web::procedure::Failed;
use crate::web::procedure::Shown;
use crate::web::visit::Place;
use crate::web::visit::Visit;

/// Seed of the calendar of today that is drawn beside the automated one.
const SEED: u64 = 2019;

/// Who joins unless another is chosen: the locality the reference period's report names.
const DEFAULT: &str = "000.00.00.H62";

#[derive(Template)]
#[template(path = "procedure.html")]
struct Procedure {
    v: Visit,
    place: Option<Place>,
    can_join: bool,
    localities: Vec<(String, String, bool)>,
    board: BoardShown,
}

/// The part of the page that is fetched again with every change.
#[derive(Template)]
#[template(path = "board.html")]
struct BoardPage {
    v: Visit,
    board: BoardShown,
}

struct BoardShown {
    locality: Option<String>,
    state: String,
    is_running: bool,
    next: Option<StepShown>,
    steps: Vec<StepShown>,
    failure: Option<Failure>,
    verdicts: Vec<VerdictShown>,
    passed: u64,
    tests: u64,
    sequence: String,
    gantt: String,
    has_certificate: bool,
    is_finished: bool,
}

struct StepShown {
    number: usize,
    key: &'static str,
    name: String,
    actor: &'static str,
    what: &'static str,
    produces: &'static str,
    rule: &'static str,
    today: &'static str,
    /// `done`, `running`, `next` or `later`.
    standing: &'static str,
    took: String,
    lines: Vec<String>,
}

struct Failure {
    step: String,
    reason: String,
    what: String,
    remedy: String,
}

struct VerdictShown {
    test: String,
    title: String,
    passed: bool,
    found: String,
    remedy: String,
}

#[derive(Deserialize)]
pub(in crate::web) struct Begin {
    #[serde(default)]
    form_code: String,
    #[serde(default)]
    organ: String,
}

#[derive(Deserialize)]
pub(in crate::web) struct PressStep {
    #[serde(default)]
    form_code: String,
    #[serde(default)]
    step: String,
}

pub(in crate::web) async fn page(State(shared): State<Arc<Shared>>, v: Visit) -> Response {
    let provinces = Directory::of_2019().agencies().iter();
    let localities = provinces.filter(|agency| agency.organ != OrganId::government_office());
    let page = Procedure {
        place: Some(Place::Procedure),
        can_join: shared.board.is_some(),
        localities: localities
            .map(|agency| {
                let organ = agency.organ.to_string();
                let is_default = organ == DEFAULT;
                (organ, agency.name.clone(), is_default)
            })
            .collect(),
        board: board_shown(&shared, &v),
        v,
    };
    shown(&page)
}

pub(in crate::web) async fn board(State(shared): State<Arc<Shared>>, v: Visit) -> Response {
    let board = board_shown(&shared, &v);
    shown(&BoardPage { v, board })
}

pub(in crate::web) async fn begin(
    State(shared): State<Arc<Shared>>,
    v: Visit,
    headers: HeaderMap,
    Form(begin): Form<Begin>,
) -> Response {
    let v = match may_act(&shared, v, &headers, &begin.form_code) {
        Ok(v) => v,
        Err(refused) => return *refused,
    };
    let Ok(organ) = begin.organ.parse::<OrganId>() else {
        return complaint(v, StatusCode::BAD_REQUEST, P::NotACode, P::NotACodeRemedy);
    };
    match &shared.board {
        None => complaint(v, StatusCode::NOT_FOUND, P::NoStage, P::NoStageRemedy),
        Some(board) => {
            board.begin(Locality::of(organ));
            Redirect::to("/procedure").into_response()
        }
    }
}

pub(in crate::web) async fn step(
    State(shared): State<Arc<Shared>>,
    v: Visit,
    headers: HeaderMap,
    Form(pressed): Form<PressStep>,
) -> Response {
    let v = match may_act(&shared, v, &headers, &pressed.form_code) {
        Ok(v) => v,
        Err(refused) => return *refused,
    };
    let step = Step::ALL
        .into_iter()
        .find(|step| step.as_str() == pressed.step);
    match (step, &shared.board) {
        (Some(step), Some(board)) => {
            board.step(step);
            Redirect::to("/procedure").into_response()
        }
        _ => complaint(v, StatusCode::BAD_REQUEST, P::NoStage, P::NoStageRemedy),
    }
}

/// The readiness certificate, a signed PDF.
pub(in crate::web) async fn certificate(State(shared): State<Arc<Shared>>, v: Visit) -> Response {
    let board = shared.board.as_ref();
    let Some(pdf) = board.and_then(|board| board.shown().certificate) else {
        return complaint(v, StatusCode::NOT_FOUND, P::NoSuchPage, P::NoSuchPageRemedy);
    };
    let headers = [
        (header::CONTENT_TYPE, "application/pdf"),
        (
            header::CONTENT_DISPOSITION,
            "attachment; filename=\"readiness.pdf\"",
        ),
    ];
    (headers, pdf.to_vec()).into_response()
}

fn board_shown(shared: &Shared, v: &Visit) -> BoardShown {
    let shown = shared
        .board
        .as_ref()
        .map(|board| board.shown())
        .unwrap_or_default();
    let next = shown.next();
    let steps: Vec<StepShown> = Step::ALL
        .into_iter()
        .map(|step| step_shown(step, &shown, next, v.language))
        .collect();
    let passed = shown
        .verdicts
        .iter()
        .filter(|verdict| verdict.passed)
        .count();
    BoardShown {
        locality: shown
            .locality
            .as_ref()
            .map(|(organ, name)| format!("{name} ({organ})")),
        state: shown.state.map_or_else(String::new, |state| {
            state_name(state, v.language).to_owned()
        }),
        is_running: shown.running.is_some(),
        next: next
            .filter(|_| shown.locality.is_some() && shown.running.is_none())
            .map(|step| step_shown(step, &shown, next, v.language)),
        failure: shown
            .failed
            .as_ref()
            .map(|(step, failed)| failure(*step, failed, v)),
        verdicts: shown
            .verdicts
            .iter()
            .map(|verdict| {
                let [found, remedy] = match v.language {
                    Language::En => [&verdict.found, &verdict.remedy],
                    Language::Vi => [&verdict.found_vi, &verdict.remedy_vi],
                };
                let title = ConformanceTest::from_id(&verdict.test)
                    .map_or(verdict.title.as_str(), |test| test_title(test, v.language));
                VerdictShown {
                    test: verdict.test.clone(),
                    title: title.to_owned(),
                    passed: verdict.passed,
                    found: found.clone(),
                    remedy: remedy.clone(),
                }
            })
            .collect(),
        passed: passed as u64,
        tests: ConformanceTest::all().count() as u64,
        sequence: if shown.sequence.messages.is_empty() {
            String::new()
        } else {
            shown.sequence.svg(v.language)
        },
        gantt: gantt(&shown, v.language),
        has_certificate: shown.certificate.is_some(),
        is_finished: shown.locality.is_some() && next.is_none(),
        steps,
    }
}

fn step_shown(step: Step, shown: &Shown, next: Option<Step>, language: Language) -> StepShown {
    let done = shown.done.iter().find(|done| done.step == step);
    StepShown {
        number: step.number(),
        key: step.as_str(),
        name: step_name(step, language).to_owned(),
        actor: actor_name(step.actor(), language),
        what: step_what(step, language),
        produces: step_produces(step, language),
        rule: step_rule(step, language),
        today: step_today(step, language),
        standing: match () {
            () if shown.running == Some(step) => "running",
            () if shown.is_done(step) => "done",
            () if next == Some(step) => "next",
            () => "later",
        },
        took: done.map_or_else(String::new, |done| {
            let text = format!("{:.2} s", done.took.as_secs_f64());
            match language {
                Language::En => text,
                Language::Vi => text.replace('.', ","),
            }
        }),
        lines: done.map_or_else(Vec::new, |done| produced(done, language)),
    }
}

fn produced(done: &Done, language: Language) -> Vec<String> {
    let text = told::lines(&done.produced, language);
    text.lines().map(|line| line.trim().to_owned()).collect()
}

fn failure(step: Option<Step>, failed: &Failed, v: &Visit) -> Failure {
    let step = step.map_or_else(String::new, |step| {
        format!("{} · {}", step.number(), step_name(step, v.language))
    });
    match failed {
        Failed::Step(StepError::Refused(explained)) => {
            let [what, remedy] = explained.text(v.language);
            Failure {
                step,
                reason: explained.reason.as_str().to_owned(),
                what: what.to_owned(),
                remedy: remedy.to_owned(),
            }
        }
        Failed::Step(error) => {
            // The same words as on a terminal, without its mark.
            let told = told::failed(error, v.language);
            let what = told.trim().trim_start_matches(['✗', '…', ' ']);
            Failure {
                step,
                reason: v.t(P::NotDone).to_owned(),
                what: what.to_owned(),
                remedy: String::new(),
            }
        }
        Failed::Here(problem) => Failure {
            step,
            reason: v.t(P::StageFailed).to_owned(),
            what: problem.clone(),
            remedy: v.t(P::NoStageRemedy).to_owned(),
        },
    }
}

/// Today beside what was just measured, once every step is done.
fn gantt(shown: &Shown, language: Language) -> String {
    let is_whole = Step::ALL
        .iter()
        .all(|step| shown.done.iter().any(|done| done.step == *step));
    let Some(begun) = shown.begun.filter(|_| is_whole) else {
        return String::new();
    };
    let measured: Vec<_> = shown
        .done
        .iter()
        .map(|done| (done.step, done.took))
        .collect();
    let today = calendar::today(SEED, local(begun).date());
    let begins = today.begins().unwrap_or_default();
    let gantt = Gantt {
        automated: calendar::automated(begins, &measured, Decisions::ASSUMED),
        today,
    };
    gantt.svg(language)
}

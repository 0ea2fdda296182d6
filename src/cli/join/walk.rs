//! The steps one after another, told as they go.

use std::io::BufRead as _;

use super::arguments::Arguments;
use super::arguments::Walk;
use crate::cli::exit::Failure;
use crate::cli::output;
use crate::model::joining::JoiningState;
use crate::model::joining::Step;
use crate::procedure::Done;
use crate::procedure::Journey;
use crate::procedure::StepError;
use crate::procedure::told;
use crate::text::Language;
use crate::text::ProcedurePhrase;
use crate::text::filled;
use crate::wire::joining_state;
use crate::wire::v1::conformance_event::Event;

/// The steps that were done, and why the next was not.
pub(super) struct Walked {
    pub(super) done: Vec<Done>,
    pub(super) failure: Option<Failure>,
}

/// Walks as far as is asked for.
pub(super) async fn all(
    arguments: &Arguments,
    journey: &mut Journey,
    language: Language,
) -> Walked {
    let mut done = Vec::new();
    let failure = walk(arguments, journey, language, &mut done).await.err();
    Walked { done, failure }
}

async fn walk(
    arguments: &Arguments,
    journey: &mut Journey,
    language: Language,
    done: &mut Vec<Done>,
) -> Result<(), Failure> {
    let walk = arguments.walk()?;
    if arguments.renew {
        return match journey.renew().await {
            Ok(renewed) => say(arguments, &told::lines(&renewed, language)),
            Err(error) => {
                say(arguments, &told::failed(&error, language))?;
                Err(failure(&error, Step::Certificates))
            }
        };
    }
    let state = open_state(journey, language).await?;
    let steps: Vec<Step> = match walk {
        Walk::Through | Walk::Paused => Step::ALL.to_vec(),
        Walk::Only(step) => vec![step],
        Walk::Next => next_open(state).into_iter().collect(),
    };
    for step in steps {
        if walk == Walk::Paused && !wants_to_go_on(language)? {
            return Ok(());
        }
        say(arguments, &told::announced(step, language))?;
        let mut heard = |event: &Event| {
            if let Event::Verdict(verdict) = event {
                // A reader that went away is no reason to stop a test.
                let _ = say(arguments, &told::verdict(verdict, language));
            }
        };
        match journey.perform(step, &mut heard).await {
            Ok(performed) => {
                say(
                    arguments,
                    &format!("{}\n", told::done(&performed, language)),
                )?;
                done.push(performed);
            }
            Err(error) => {
                say(arguments, &told::failed(&error, language))?;
                return Err(failure(&error, step));
            }
        }
    }
    Ok(())
}

/// Where the application stands before anything is done.
async fn open_state(
    journey: &mut Journey,
    language: Language,
) -> Result<Option<JoiningState>, Failure> {
    match journey.application().await {
        Ok(application) => Ok(application.as_ref().map(joining_state)),
        Err(error) => {
            output::print(&told::failed(&error, language))?;
            Err(match error {
                StepError::Refused(_) => Failure::Check(error.to_string()),
                error => Failure::input("reach the hub", error),
            })
        }
    }
}

fn next_open(state: Option<JoiningState>) -> Option<Step> {
    match state {
        None => Some(Step::Application),
        Some(state) => state.next_step().map(|(step, _)| step),
    }
}

fn failure(error: &StepError, step: Step) -> Failure {
    let said = format!("step {} ({step}): {error}", step.number());
    match error {
        StepError::Conformance(_) | StepError::Capacity(_) | StepError::Refused(_) => {
            Failure::Check(said)
        }
        StepError::SentBack(_) | StepError::Waits(_) | StepError::Held(_) => Failure::Check(said),
        StepError::Connect(_)
        | StepError::Lost(_)
        | StepError::Office(_)
        | StepError::Papers(_)
        | StepError::Write(_) => Failure::Input(said),
    }
}

fn wants_to_go_on(language: Language) -> Result<bool, Failure> {
    output::print(&format!(
        "     {} ",
        ProcedurePhrase::PressEnter.text(language)
    ))?;
    let mut line = String::new();
    std::io::stdin()
        .lock()
        .read_line(&mut line)
        .map_err(|error| Failure::input("read from the terminal", error))?;
    Ok(!line.trim().eq_ignore_ascii_case("q"))
}

/// People's text goes to standard output, unless a report goes there.
pub(super) fn say(arguments: &Arguments, text: &str) -> Result<(), Failure> {
    let taken = [&arguments.json, &arguments.trace]
        .into_iter()
        .flatten()
        .any(|path| path.as_os_str() == "-");
    if taken {
        output::progress(text.trim_end());
        return Ok(());
    }
    output::print(text)
}

/// A sentence with its facts.
pub(super) fn say_filled(
    arguments: &Arguments,
    phrase: ProcedurePhrase,
    facts: &[String],
    language: Language,
) -> Result<(), Failure> {
    say(
        arguments,
        &format!("{}\n", filled(phrase.text(language), facts)),
    )
}

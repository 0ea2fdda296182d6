//! The procedure told to an audience: what a step is before it is done, what came of it after, in
//! the language asked for. No figure here is a setting echoed back.

use std::fmt::Write as _;

use super::journey::Done;
use super::journey::Produced;
use super::journey::StepError;
use super::lines::wrapped;
use crate::model::conformance::ConformanceTest;
use crate::model::joining::Actor;
use crate::model::joining::CAPACITY_P99_MAX_MS;
use crate::model::joining::Step;
use crate::text::Language;
use crate::text::ProcedurePhrase;
use crate::text::actor_name;
use crate::text::filled;
use crate::text::state_name;
use crate::text::step_name;
use crate::text::step_produces;
use crate::text::step_rule;
use crate::text::step_today;
use crate::text::step_what;
use crate::text::test_title;
use crate::text::use_name;
use crate::wire::hold_name;
use crate::wire::v1;

/// Columns of the text.
const COLUMNS: usize = 96;

/// Columns of labels.
const LABEL: usize = 15;

/// Hexadecimal digits of a number that is only recognised.
const DIGITS: usize = 12;

/// A step before it is done: its number, name and actor, what happens, what it rests on.
pub fn announced(step: Step, language: Language) -> String {
    let say = |phrase: ProcedurePhrase| phrase.text(language);
    let mut out = format!(
        "{}/8  {} · {}\n",
        step.number(),
        step_name(step, language).to_uppercase(),
        actor_name(step.actor(), language)
    );
    for (phrase, text) in [
        (ProcedurePhrase::WhatHappens, step_what(step, language)),
        (ProcedurePhrase::Produces, step_produces(step, language)),
        (ProcedurePhrase::RestsOn, step_rule(step, language)),
        (ProcedurePhrase::TodayTakes, step_today(step, language)),
    ] {
        out.push_str(&labelled(say(phrase), text));
    }
    out
}

/// The whole procedure, nothing done.
pub fn plan(language: Language) -> String {
    let heading = ProcedurePhrase::Plan.text(language);
    let steps = Step::ALL.map(|step| announced(step, language));
    format!("{heading}\n\n{}", steps.join("\n"))
}

/// A step that was done: the time it took, the state it led to, what it produced.
pub fn done(done: &Done, language: Language) -> String {
    let before = if done.before {
        format!(" ({})", ProcedurePhrase::AlreadyDone.text(language))
    } else {
        String::new()
    };
    let mut out = format!(
        "     ✓ {:.2} s · {} · {}{before}\n",
        done.took.as_secs_f64(),
        done.state,
        state_name(done.state, language)
    );
    out.push_str(&lines(&done.produced, language));
    out
}

/// What a step produced, a line for each thing.
pub fn lines(produced_by: &Produced, language: Language) -> String {
    let mut out = String::new();
    for line in produced(produced_by, language) {
        // Writing to a String cannot fail.
        let _ = writeln!(out, "       {line}");
    }
    out
}

fn produced(produced: &Produced, language: Language) -> Vec<String> {
    let fill = |phrase: ProcedurePhrase, facts: &[String]| filled(phrase.text(language), facts);
    match produced {
        Produced::Application {
            units,
            anchors,
            hold,
        } => {
            let facts = [units.to_string(), short(anchors)];
            let made = fill(ProcedurePhrase::ApplicationMade, &facts);
            let held = hold_name(*hold, language).map(str::to_owned);
            [made].into_iter().chain(held).collect()
        }
        Produced::Codes(codes) => vec![fill(ProcedurePhrase::CodesRegistered, &[codes.join(", ")])],
        Produced::Certificates(certificates) => certificates
            .iter()
            .map(|(usage, serial, until)| {
                let usage = use_name(*usage, language).to_owned();
                let facts = [usage, short(serial), until.clone()];
                fill(ProcedurePhrase::CertificateIssued, &facts)
            })
            .collect(),
        Produced::Connection => vec![ProcedurePhrase::Connected.text(language).to_owned()],
        Produced::Registration => vec![ProcedurePhrase::Registered.text(language).to_owned()],
        Produced::Conformance(verdicts) => vec![tests_passed(verdicts, language)],
        Produced::Capacity { result, .. } => {
            let facts = [
                result.recorded.to_string(),
                format!("{:.0}", result.per_second),
                format!("{:.1}", result.p99_us as f64 / 1000.0),
            ];
            vec![fill(ProcedurePhrase::CapacityFound, &facts)]
        }
        Produced::Activation { stage, documents } => {
            let facts = [stage.to_string(), documents.len().to_string()];
            vec![fill(ProcedurePhrase::Activated, &facts)]
        }
    }
}

fn tests_passed(verdicts: &[v1::ConformanceVerdict], language: Language) -> String {
    let passed = verdicts.iter().filter(|verdict| verdict.passed).count();
    let facts = [
        passed.to_string(),
        ConformanceTest::all().count().to_string(),
    ];
    filled(ProcedurePhrase::TestsPassed.text(language), &facts)
}

/// One verdict, in a line; a failed one with what was found and what to do.
pub fn verdict(verdict: &v1::ConformanceVerdict, language: Language) -> String {
    let mark = if verdict.passed { '✓' } else { '✗' };
    let title = ConformanceTest::from_id(&verdict.test)
        .map_or(verdict.title.as_str(), |test| test_title(test, language));
    let mut out = format!("       {mark} {}  {title}\n", verdict.test);
    if !verdict.passed {
        let [found, remedy] = match language {
            Language::En => [&verdict.found, &verdict.remedy],
            Language::Vi => [&verdict.found_vi, &verdict.remedy_vi],
        };
        let say = |phrase: ProcedurePhrase| phrase.text(language);
        out.push_str(&labelled(say(ProcedurePhrase::Found), found));
        out.push_str(&labelled(say(ProcedurePhrase::Remedy), remedy));
    }
    out
}

/// A step that was not done: why, and what to do.
pub fn failed(error: &StepError, language: Language) -> String {
    let say = |phrase: ProcedurePhrase| phrase.text(language);
    match error {
        StepError::Refused(explained) => {
            let [message, remedy] = explained.text(language);
            let mut out = format!("     ✗ {}\n", explained.reason.as_str());
            out.push_str(&labelled(say(ProcedurePhrase::Found), message));
            out.push_str(&labelled(say(ProcedurePhrase::Remedy), remedy));
            out
        }
        StepError::Waits(actor) => {
            let facts = [actor_name(*actor, language).to_owned()];
            format!(
                "     … {}\n",
                filled(say(ProcedurePhrase::WaitsFor), &facts)
            )
        }
        StepError::Held(hold) => {
            let facts = [actor_name(Actor::Operator, language).to_owned()];
            let waits = filled(say(ProcedurePhrase::WaitsFor), &facts);
            let why = hold_name(*hold, language).unwrap_or_default();
            format!("     … {waits}; {why}\n")
        }
        StepError::SentBack(why) => {
            let facts = std::slice::from_ref(why);
            format!("     ✗ {}\n", filled(say(ProcedurePhrase::SentBack), facts))
        }
        StepError::Conformance(verdicts) => {
            format!("     ✗ {}\n", tests_passed(verdicts, language))
        }
        StepError::Capacity(result) => {
            let facts = [
                result.recorded.to_string(),
                result.asked.to_string(),
                if result.recorded < result.asked {
                    "∞".to_owned()
                } else {
                    format!("{:.0}", result.p99_us as f64 / 1000.0)
                },
                CAPACITY_P99_MAX_MS.to_string(),
            ];
            format!(
                "     ✗ {}\n",
                filled(say(ProcedurePhrase::CapacityFailed), &facts)
            )
        }
        StepError::Lost(why) => {
            let facts = std::slice::from_ref(why);
            format!(
                "     ✗ {}\n",
                filled(say(ProcedurePhrase::HubSilent), facts)
            )
        }
        StepError::Connect(_)
        | StepError::Office(_)
        | StepError::Papers(_)
        | StepError::Write(_) => {
            let facts = [error.to_string()];
            format!(
                "     ✗ {}\n",
                filled(say(ProcedurePhrase::HereFailed), &facts)
            )
        }
    }
}

/// A label and a text that is broken into lines beneath each other.
fn labelled(label: &str, text: &str) -> String {
    let mut out = String::new();
    let mut label = label;
    for line in wrapped(text, COLUMNS - LABEL - 5) {
        // Writing to a String cannot fail.
        let _ = writeln!(out, "     {label:<LABEL$}{line}");
        label = "";
    }
    out
}

fn short(digits: &str) -> String {
    digits.chars().take(DIGITS).collect()
}

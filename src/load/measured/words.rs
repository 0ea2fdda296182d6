//! What alarms and ceilings say, in either language.

use super::run::Alarm;
use super::run::Paced;
use crate::load::traffic::Spacing;
use crate::text::Language;
use crate::text::LoadPhrase;

/// An alarm as a sentence.
pub fn alarm(alarm: &Alarm, language: Language) -> String {
    let say = |phrase: LoadPhrase| phrase.text(language);
    match alarm {
        Alarm::Behind { rate } => say(LoadPhrase::AlarmBehind).replace("{}", &format!("{rate:.0}")),
        Alarm::CoresFull { generator } => {
            let percent = format!("{:.0}", generator * 100.0);
            say(LoadPhrase::AlarmCoresFull).replace("{}", &percent)
        }
        Alarm::Exhausted => say(LoadPhrase::AlarmExhausted).to_owned(),
        Alarm::HeldBack { seconds } => {
            say(LoadPhrase::AlarmHeldBack).replace("{}", &format!("{seconds:.1}"))
        }
        Alarm::Slip { p99_us } => {
            let millis = format!("{:.1}", *p99_us as f64 / 1e3);
            say(LoadPhrase::AlarmSlip).replace("{}", &millis)
        }
        Alarm::Broken { streams } => {
            say(LoadPhrase::AlarmBroken).replace("{}", &streams.to_string())
        }
    }
}

/// A pace in words.
pub fn pace(pace: &Paced, language: Language) -> String {
    match *pace {
        Paced::Open {
            spacing,
            rate,
            seconds,
        } => {
            let phrase = match spacing {
                Spacing::Even => LoadPhrase::OpenLoopEven,
                Spacing::Poisson => LoadPhrase::OpenLoopPoisson,
            };
            let text = phrase.text(language);
            text.replacen("{}", &format!("{rate:.0}"), 1).replacen(
                "{}",
                &format!("{seconds:.0}"),
                1,
            )
        }
        Paced::Closed { in_flight } => {
            let text = LoadPhrase::ClosedLoop.text(language);
            text.replace("{}", &in_flight.to_string())
        }
    }
}

/// What would move a ceiling.
pub fn advice(stage: &str, language: Language) -> &'static str {
    let phrase = match stage {
        "verify" | "digest" => LoadPhrase::AdviceCores,
        "commit" | "route" => LoadPhrase::AdviceCommit,
        "sync" => LoadPhrase::AdviceDisk,
        "index" => LoadPhrase::AdviceIndex,
        _ => LoadPhrase::AdviceConnections,
    };
    phrase.text(language)
}

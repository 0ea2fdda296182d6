//! What alarms, ceilings, paces and circumstances say, in either language.

use super::run::Alarm;
use super::run::Measured;
use super::run::Paced;
use crate::load::traffic::Spacing;
use crate::text::Language;
use crate::text::LoadPhrase;
use crate::text::PagePhrase;
use crate::text::filled;
use crate::text::grouped;

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
            let facts = [format!("{rate:.0}"), format!("{seconds:.0}")];
            filled(phrase.text(language), &facts)
        }
        Paced::Closed { in_flight } => {
            let facts = [in_flight.to_string()];
            filled(LoadPhrase::ClosedLoop.text(language), &facts)
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

/// Where and how it was run, as names and values.
pub fn circumstances(measured: &Measured, language: Language) -> Vec<(&'static str, String)> {
    let say = |phrase: PagePhrase| phrase.text(language);
    let corpus = &measured.corpus;
    let facts = [
        grouped(corpus.documents),
        format!("{:.0}", corpus.mean_bytes),
        grouped(corpus.signatures),
        grouped(corpus.keys),
    ];
    let facts = filled(say(PagePhrase::CorpusFacts), &facts);
    let host = &measured.host;
    let gib = host.memory as f64 / f64::from(1 << 30);
    vec![
        (
            "CPU",
            format!("{} × {} ({})", host.cores, host.cpu, host.flags),
        ),
        ("RAM", format!("{gib:.1} GiB")),
        ("OS", host.os.clone()),
        (
            "fs",
            format!("{} · {}", host.filesystem, measured.durability),
        ),
        (
            say(PagePhrase::Date),
            format!("{} · {}", host.date, host.name),
        ),
        ("docaxis", format!("{} ({})", host.version, host.git)),
        ("seed", measured.seed.to_string()),
        (say(PagePhrase::Corpus), facts),
        (say(PagePhrase::Command), measured.command.clone()),
    ]
}

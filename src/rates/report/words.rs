//! Cells and sentences that the tables and the page have in common.

use super::headline;
use super::is_reference;
use crate::rates::measured::Measured;
use crate::rates::measured::Part;
use crate::rates::measured::Row;
use crate::rates::measured::Waterfall;
use crate::text::Language;
use crate::text::RatesPhrase;
use crate::text::filled;
use crate::text::grouped;
use crate::trust::Acquaintance;
use crate::trust::Backend;
use crate::trust::Depth;

/// What was measured, on what.
pub(super) fn circumstances(measured: &Measured, language: Language) -> Vec<String> {
    let made = RatesPhrase::Made.text(language);
    let figures = [
        count(measured.keys),
        count(measured.signatures),
        count(measured.rounds),
        measured.round_ms.to_string(),
    ];
    let host = &measured.host;
    let [low, median, high] = measured.mhz.map(|mhz| format!("{:.2}", mhz / 1e3));
    let versions: Vec<String> = measured
        .versions
        .iter()
        .map(|(name, version)| {
            if version.to_lowercase().starts_with(name) {
                version.clone()
            } else {
                format!("{name} {version}")
            }
        })
        .collect();
    let mut lines = vec![
        filled(made, &figures),
        format!(
            "{} · {median} GHz ({low}–{high}) · {} · {}",
            host.cpu, host.flags, host.os
        ),
        format!("{} · docaxis {}", versions.join(" · "), host.git),
    ];
    if measured.openssl.is_empty() {
        lines.push(RatesPhrase::NoOpenssl.text(language).to_owned());
    }
    if !measured
        .rates
        .iter()
        .any(|row| row.backend == Backend::Avx512)
    {
        lines.push(RatesPhrase::NoLanes.text(language).to_owned());
    }
    lines
}

/// How to read the main table.
pub(super) fn rates_how(measured: &Measured, language: Language) -> String {
    let batch = headline(measured).next().map_or(0, |row| row.batch);
    filled(RatesPhrase::RatesHow.text(language), &[count(batch)])
}

/// The cells of a row; `what` is what varies in its table.
pub(super) fn rate_cells(row: &Row, what: String) -> [String; 8] {
    let against = row.ratio_aws_lc.filter(|_| !is_reference(row));
    [
        row.algorithm.to_string(),
        row.backend.to_string(),
        what,
        whole(row.rate.median),
        whole(row.rate.best),
        format!("{:.1} %", row.rate.spread * 100.0),
        row.ratio_openssl.map_or(String::new(), times),
        against.map_or(String::new(), times),
    ]
}

/// Rows in which one thing varies, as a table: its columns, then a line for each algorithm and backend.
pub(super) fn side_by_side<'a>(
    rows: impl Iterator<Item = &'a Row>,
    varies: impl Fn(&Row) -> String,
) -> (Vec<String>, Vec<Vec<String>>) {
    let mut columns: Vec<String> = Vec::new();
    let mut lines: Vec<Vec<String>> = Vec::new();
    for row in rows {
        let column = varies(row);
        if !columns.contains(&column) {
            columns.push(column);
        }
        let name = [row.algorithm.to_string(), row.backend.to_string()];
        let rate = whole(row.rate.median);
        match lines.last_mut().filter(|line| line.starts_with(&name)) {
            Some(line) => line.push(rate),
            None => lines.push(Vec::from(name).into_iter().chain([rate]).collect()),
        }
    }
    (columns, lines)
}

/// Whether the signer has a table; of the reference nobody has.
pub(super) fn signer(row: &Row, language: Language) -> String {
    if is_reference(row) {
        return String::new();
    }
    let phrase = match row.key {
        Acquaintance::Known => RatesPhrase::Known,
        Acquaintance::Unknown => RatesPhrase::Unknown,
    };
    phrase.text(language).to_owned()
}

/// How to read a waterfall.
pub(super) fn waterfall_how(waterfall: &Waterfall, language: Language) -> String {
    let figures = [count(waterfall.signatures), count(waterfall.batch)];
    filled(RatesPhrase::WaterfallHow.text(language), &figures)
}

/// Name, documents a second, microseconds, what it adds, and its share.
pub(super) fn waterfall_cells(waterfall: &Waterfall, language: Language) -> Vec<[String; 5]> {
    waterfall
        .shares()
        .map(|(step, micros, added, share)| {
            [
                part(step.part, language).to_owned(),
                whole(step.rate.median),
                format!("{micros:.2}"),
                added.map_or(String::new(), |added| format!("{added:+.2}")),
                share.map_or(String::new(), |share| format!("{:.1} %", share * 100.0)),
            ]
        })
        .collect()
}

/// The name of a part of the path.
pub(super) fn part(part: Part, language: Language) -> &'static str {
    let phrase = match part {
        Part::Known(Depth::Signature) => RatesPhrase::StepSignature,
        Part::Known(Depth::Parse) => RatesPhrase::StepParse,
        Part::Known(Depth::Digest) => RatesPhrase::StepDigest,
        Part::Known(Depth::Chain) => RatesPhrase::StepChain,
        Part::Known(Depth::Revocation) => RatesPhrase::StepRevocation,
        Part::Known(Depth::Policy) => RatesPhrase::StepPolicy,
        Part::Report => RatesPhrase::StepReport,
        Part::NewLists => RatesPhrase::NewLists,
        Part::FirstMeeting => RatesPhrase::FirstMeeting,
    };
    phrase.text(language)
}

/// What the certificate chain costs.
pub(super) fn chain(waterfall: &Waterfall, language: Language) -> String {
    let share = waterfall.warm_us / waterfall.cold_us.max(1e-9) * 100.0;
    let figures = [
        format!("{:.2}", waterfall.warm_us),
        format!("{:.1}", waterfall.cold_us),
        format!("{share:.2}"),
    ];
    filled(RatesPhrase::ChainFound.text(language), &figures)
}

/// What a revocation did.
pub(super) fn revocation(measured: &Measured, language: Language) -> String {
    let found = &measured.revocation;
    let micros = |value: f64| format!("{value:.0}");
    let figures = [
        count(found.repeats),
        micros(found.in_force_us[0]),
        micros(found.in_force_us[1]),
        micros(found.first_refusal_us[0]),
        micros(found.first_refusal_us[1]),
        count(found.begun_after),
        count(found.passed_after),
    ];
    filled(RatesPhrase::RevocationFound.text(language), &figures)
}

/// A rate without what is behind the point.
pub(super) fn whole(value: f64) -> String {
    let mut digits = format!("{:.0}", value.max(0.0));
    let mut at = digits.len();
    while at > 3 {
        at -= 3;
        digits.insert(at, '\u{a0}');
    }
    digits
}

/// A ratio.
pub(super) fn times(ratio: f64) -> String {
    format!("{ratio:.2} ×")
}

/// The text and blanks up to a width, counted in characters.
pub(super) fn padded(text: &str, width: usize) -> String {
    let blanks = width.saturating_sub(text.chars().count());
    format!("{text}{}", " ".repeat(blanks))
}

fn count(number: usize) -> String {
    grouped(u64::try_from(number).unwrap_or(u64::MAX))
}

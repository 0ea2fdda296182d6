//! Cells and sentences that the tables and the page have in common.

use super::is_reference;
use crate::rates::measured::Measured;
use crate::rates::measured::Part;
use crate::rates::measured::Row;
use crate::rates::measured::Summary;
use crate::rates::measured::SummaryRow;
use crate::rates::measured::SummaryWay;
use crate::rates::measured::Waterfall;
use crate::rates::rounds::Rate;
use crate::rates::rounds::Ratio;
use crate::rates::rounds::confidence;
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
    let [low, median, high] = measured.machine.mhz.map(|mhz| format!("{:.2}", mhz / 1e3));
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
    let mut lines = measured.machine.warning(language);
    if measured.is_quick {
        lines.push(RatesPhrase::Quick.text(language).to_owned());
    }
    lines.extend([
        format!(
            "{} · {} · docaxis {} ({}) · {}",
            host.date,
            host.name,
            host.version,
            host.git,
            versions.join(" · ")
        ),
        format!(
            "{} · {median} GHz ({low}–{high}) · {} · {}",
            host.cpu, host.flags, host.os
        ),
        filled(made, &figures),
        filled(
            RatesPhrase::Intervals.text(language),
            &[percent(confidence(measured.rounds))],
        ),
    ]);
    if measured.openssl().next().is_none() {
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

/// How to read the summary.
pub(super) fn summary_how(measured: &Measured, language: Language) -> String {
    let figures = [
        count(measured.slots),
        format!("{:.1}", measured.slot_ms as f64 / 1e3),
        percent(confidence(measured.slots)),
    ];
    filled(RatesPhrase::SummaryHow.text(language), &figures)
}

/// The columns of the summary.
pub(super) fn summary_columns(language: Language) -> [&'static str; 6] {
    let say = |phrase: RatesPhrase| phrase.text(language);
    [
        "/s",
        say(RatesPhrase::Best),
        "±",
        say(RatesPhrase::Interval),
        "× openssl",
        "× aws-lc",
    ]
}

/// The rows of an algorithm: what each is, and its cells.
pub(super) fn summary_cells(summary: &Summary, language: Language) -> Vec<(String, [String; 6])> {
    let cells = |rate: &Rate, openssl, aws_lc| {
        [
            whole(rate.median),
            whole(rate.best),
            format!("{:.1} %", rate.spread * 100.0),
            format!("{}–{}", whole(rate.low), whole(rate.high)),
            times(openssl),
            times(aws_lc),
        ]
    };
    let openssl = summary.openssl.iter().map(|rate| {
        let name = RatesPhrase::RowOpenssl.text(language).to_owned();
        (name, cells(rate, None, None))
    });
    let ours = summary.rows.iter().map(|row| {
        let name = summary_row(row, language);
        (name, cells(&row.rate, row.ratio_openssl, row.ratio_aws_lc))
    });
    openssl.chain(ours).collect()
}

/// What a row of the summary is.
pub(super) fn summary_row(row: &SummaryRow, language: Language) -> String {
    let phrase = match row.way {
        SummaryWay::OneByAwsLc => RatesPhrase::RowAwsLc,
        SummaryWay::One => RatesPhrase::RowOne,
        SummaryWay::TogetherNotMet => RatesPhrase::RowTogether,
        SummaryWay::TogetherKnown => RatesPhrase::RowKnown,
    };
    filled(phrase.text(language), &[count(row.batch)])
}

/// The time of a lone signature against that of the reference.
pub(super) fn slower(row: &Row) -> String {
    if is_reference(row) {
        return String::new();
    }
    times(row.ratio_aws_lc.map(|ratio| Ratio {
        median: 1.0 / ratio.median,
        best: 1.0 / ratio.best,
        low: 1.0 / ratio.high,
        high: 1.0 / ratio.low,
    }))
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
        .into_iter()
        .map(|(step, micros, added, share)| {
            [
                part(step.part, language).to_owned(),
                whole(step.rate.median),
                format!("{micros:.2}"),
                match added {
                    Some(added) => format!("{added:+.2}"),
                    None if step.part.continues() => "≈ 0".to_owned(),
                    None => String::new(),
                },
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
    let ([warm, ..], [cold, ..]) = (waterfall.warm.micros(), waterfall.cold.micros());
    let share = warm / cold.max(1e-9) * 100.0;
    let figures = [
        format!("{warm:.2}"),
        format!("{cold:.1}"),
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

/// A ratio; about 1 where the intervals of the two overlap.
pub(super) fn times(ratio: Option<Ratio>) -> String {
    match ratio {
        None => String::new(),
        Some(ratio) if ratio.is_told_apart() => format!("{:.2} ×", ratio.median),
        Some(_) => "≈ 1".to_owned(),
    }
}

/// A share in per cent.
fn percent(share: f64) -> String {
    format!("{:.0}", share * 100.0)
}

/// The text and blanks up to a width, counted in characters.
pub(super) fn padded(text: &str, width: usize) -> String {
    let blanks = width.saturating_sub(text.chars().count());
    format!("{text}{}", " ".repeat(blanks))
}

fn count(number: usize) -> String {
    grouped(u64::try_from(number).unwrap_or(u64::MAX))
}

//! The report as tables for a terminal.

use std::fmt::Write as _;

use super::lone;
use super::words;
use crate::rates::baseline::Against;
use crate::rates::baseline::Compared;
use crate::rates::measured::Measured;
use crate::text::Language;
use crate::text::RatesPhrase;
use crate::text::filled;

/// The tables.
pub fn to_text(measured: &Measured, language: Language) -> String {
    let mut out = String::new();
    // Writing to a String cannot fail.
    let _ = write(&mut out, measured, language);
    out
}

fn write(out: &mut String, measured: &Measured, language: Language) -> std::fmt::Result {
    let say = |phrase: RatesPhrase| phrase.text(language);
    writeln!(out, "docaxis bench verify · {}", say(RatesPhrase::Title))?;
    for line in words::circumstances(measured, language) {
        writeln!(out, "{line}")?;
    }
    heading(
        out,
        say(RatesPhrase::Rates),
        &words::summary_how(measured, language),
    )?;
    for summary in &measured.summary {
        let columns = words::summary_columns(language).map(str::to_owned);
        summary_line(out, summary.algorithm.as_str(), &columns)?;
        for (name, cells) in words::summary_cells(summary, language) {
            summary_line(out, &format!("  {name}"), &cells)?;
        }
    }
    let batches = words::side_by_side(measured.batches(), |row| row.batch.to_string());
    slice(out, say(RatesPhrase::Batches), &batches)?;
    let sizes = words::side_by_side(measured.sizes(), |row| format!("{} B", row.message_bytes));
    slice(out, say(RatesPhrase::Sizes), &sizes)?;
    let cores = words::side_by_side(measured.cores(), |row| row.cores.to_string());
    slice(out, say(RatesPhrase::Cores), &cores)?;
    heading(out, say(RatesPhrase::Lone), say(RatesPhrase::LoneHow))?;
    for row in lone(measured) {
        let [micros, shortest, longest] = row.rate.micros();
        writeln!(
            out,
            "  {:<22} {:<7} {} {micros:>9.2} {:>17} {:>8}",
            row.algorithm,
            row.backend,
            words::padded(&words::signer(row, language), 9),
            format!("{shortest:.2}–{longest:.2}"),
            words::slower(row)
        )?;
    }
    heading(out, say(RatesPhrase::Digests), say(RatesPhrase::DigestsHow))?;
    for row in &measured.digests {
        let bytes = row.rate.median * row.message_bytes as f64 / 1e9;
        writeln!(
            out,
            "  {:<8} {:<7} {:>6} B {:>11} /s {bytes:>6.2} GB/s {}",
            row.digest,
            row.backend,
            row.message_bytes,
            words::whole(row.rate.median),
            words::times(row.ratio_aws_lc)
        )?;
    }
    for waterfall in &measured.waterfalls {
        let how = words::waterfall_how(waterfall, language);
        let title = format!("{} · {}", say(RatesPhrase::Waterfall), waterfall.backend);
        heading(out, &title, &how)?;
        for [name, rate, micros, added, share] in words::waterfall_cells(waterfall, language) {
            writeln!(
                out,
                "  {} {rate:>9} /s {micros:>9} µs {added:>9} {share:>8}",
                words::padded(&name, 42)
            )?;
        }
        writeln!(out, "  {}", words::chain(waterfall, language))?;
    }
    heading(
        out,
        say(RatesPhrase::Poisoned),
        say(RatesPhrase::PoisonedHow),
    )?;
    for row in &measured.poisoned {
        writeln!(
            out,
            "  {:<22} {:<7} {:>4.0} % {:>9} /s {:>8}   {} / {}",
            row.algorithm,
            row.backend,
            row.share * 100.0,
            words::whole(row.rate.median),
            words::times(row.ratio_valid),
            row.named,
            row.bad
        )?;
    }
    heading(out, say(RatesPhrase::Revocation), "")?;
    writeln!(out, "  {}", words::revocation(measured, language))?;
    writeln!(
        out,
        "\n  {}: {}",
        say(RatesPhrase::Repeat),
        measured.command
    )
}

fn heading(out: &mut String, heading: &str, how: &str) -> std::fmt::Result {
    writeln!(out, "\n{heading}")?;
    if how.is_empty() {
        return Ok(());
    }
    writeln!(out, "  {how}")
}

fn slice(
    out: &mut String,
    title: &str,
    (columns, lines): &(Vec<String>, Vec<Vec<String>>),
) -> std::fmt::Result {
    heading(out, title, "")?;
    let blanks = [String::new(), String::new()];
    let head: Vec<String> = blanks.iter().chain(columns).cloned().collect();
    for line in std::iter::once(&head).chain(lines) {
        for (place, cell) in line.iter().enumerate() {
            match place {
                0 => write!(out, "  {cell:<22}")?,
                1 => write!(out, " {cell:<7}")?,
                _ => write!(out, " {cell:>10}")?,
            }
        }
        out.push('\n');
    }
    Ok(())
}

fn summary_line(out: &mut String, name: &str, cells: &[String; 6]) -> std::fmt::Result {
    let [rate, best, spread, interval, openssl, aws_lc] = cells;
    let name = words::padded(name, 46);
    let interval = words::padded(interval, 19);
    let line =
        format!("  {name} {rate:>10} {best:>10} {spread:>7}   {interval} {openssl:>9} {aws_lc:>9}");
    writeln!(out, "{}", line.trim_end())
}

/// What became of the figures of an earlier run, slowest first: what got slower or faster beyond noise and
/// what both intervals explain.
pub fn against_to_text(against: &Against, language: Language) -> String {
    let mut out = String::new();
    // Writing to a String cannot fail.
    let _ = write_against(&mut out, against, language);
    out
}

fn write_against(out: &mut String, against: &Against, language: Language) -> std::fmt::Result {
    let say = |phrase: RatesPhrase| phrase.text(language);
    let date = against.date.as_deref().unwrap_or("–");
    let title = format!("{} {} · {date}", say(RatesPhrase::Baseline), against.git);
    let regressions = against.regressions().count();
    let facts = [
        against.compared.len().to_string(),
        regressions.to_string(),
        format!("{:.1}", against.noise * 100.0),
    ];
    heading(out, &title, &filled(say(RatesPhrase::BaselineHow), &facts))?;
    if against.was_disturbed {
        writeln!(out, "  {}", say(RatesPhrase::BaselineDisturbed))?;
    }
    let mut differ: Vec<&Compared> = against
        .compared
        .iter()
        .filter(|one| one.ratio.is_told_apart())
        .collect();
    differ.sort_by(|one, other| one.ratio.median.total_cmp(&other.ratio.median));
    for one in differ {
        writeln!(
            out,
            "  {} {:>11} → {:>11} /s {:>7.3} ({:.3}–{:.3})",
            words::padded(&one.figure, 58),
            words::whole(one.before),
            words::whole(one.now),
            one.ratio.median,
            one.ratio.low,
            one.ratio.high
        )?;
    }
    Ok(())
}

//! The report as tables for a terminal.

use std::fmt::Write as _;

use super::headline;
use super::is_reference;
use super::lone;
use super::words;
use crate::rates::measured::Measured;
use crate::text::Language;
use crate::text::RatesPhrase;

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
        &words::rates_how(measured, language),
    )?;
    let columns = [
        "",
        "",
        "",
        "/s",
        say(RatesPhrase::Best),
        "±",
        "openssl",
        "aws-lc",
    ];
    rates_line(out, &columns.map(str::to_owned))?;
    for row in headline(measured) {
        rates_line(out, &words::rate_cells(row, words::signer(row, language)))?;
    }
    let batches = words::side_by_side(measured.batches(), |row| row.batch.to_string());
    slice(out, say(RatesPhrase::Batches), &batches)?;
    let sizes = words::side_by_side(measured.sizes(), |row| format!("{} B", row.message_bytes));
    slice(out, say(RatesPhrase::Sizes), &sizes)?;
    let cores = words::side_by_side(measured.cores(), |row| row.cores.to_string());
    slice(out, say(RatesPhrase::Cores), &cores)?;
    heading(out, say(RatesPhrase::Lone), say(RatesPhrase::LoneHow))?;
    for row in lone(measured) {
        let micros = 1e6 / row.rate.median.max(1e-9);
        let against = row.ratio_aws_lc.filter(|_| !is_reference(row));
        writeln!(
            out,
            "  {:<22} {:<7} {:<8} {micros:>9.2} {}",
            row.algorithm,
            row.backend,
            words::signer(row, language),
            against.map_or(String::new(), |ratio| format!("{:.2} ×", 1.0 / ratio))
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
            row.ratio_aws_lc.map_or(String::new(), words::times)
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
            "  {:<22} {:<7} {:>4.0} % {:>9} /s {:>6.2}   {} / {}",
            row.algorithm,
            row.backend,
            row.share * 100.0,
            words::whole(row.rate.median),
            row.ratio_valid,
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

fn rates_line(out: &mut String, cells: &[String; 8]) -> std::fmt::Result {
    let [
        algorithm,
        backend,
        what,
        rate,
        best,
        spread,
        openssl,
        aws_lc,
    ] = cells;
    let what = words::padded(what, 9);
    let line = format!(
        "  {algorithm:<22} {backend:<7} {what} {rate:>10} {best:>10} {spread:>7} {openssl:>8} {aws_lc:>8}"
    );
    writeln!(out, "{}", line.trim_end())
}

//! The report as a page with plots.

use std::fmt::Write as _;

use super::is_reference;
use super::lone;
use super::words;
use crate::page;
use crate::page::section;
use crate::page::svg;
use crate::page::svg::Bar;
use crate::page::svg::Frame;
use crate::page::svg::Scale;
use crate::page::svg::Series;
use crate::page::svg::escape;
use crate::rates::measured::Measured;
use crate::rates::measured::Row;
use crate::rates::measured::SummaryWay;
use crate::rates::measured::Waterfall;
use crate::text::Language;
use crate::text::RatesPhrase;
use crate::trust::Algorithm;
use crate::trust::Backend;

/// Lines of a chart: more could not be told apart.
const LINES: [Algorithm; 4] = [
    Algorithm::Rsa2048Pkcs1,
    Algorithm::EcdsaP256,
    Algorithm::EcdsaP384,
    Algorithm::Ed25519,
];

/// The page.
pub fn to_html(measured: &Measured, language: Language) -> String {
    let mut out = String::new();
    // Writing to a String cannot fail.
    let _ = write(&mut out, measured, language);
    out
}

fn write(out: &mut String, measured: &Measured, language: Language) -> std::fmt::Result {
    let say = |phrase: RatesPhrase| phrase.text(language);
    let title = format!("docaxis · {}", say(RatesPhrase::Title));
    page::open(out, language.as_str(), &title)?;
    for line in words::circumstances(measured, language) {
        write!(out, "<p>{}</p>", escape(&line))?;
    }
    let how = words::summary_how(measured, language);
    let content = format!(
        "{}{}",
        summary_bars(measured, &how, language),
        summary_table(measured, language)
    );
    section(out, say(RatesPhrase::Rates), &how, &content)?;
    let content = format!(
        "{}{}",
        batch_lines(measured, language),
        slice(
            words::side_by_side(measured.batches(), |row| row.batch.to_string()),
            language
        )
    );
    let how = say(RatesPhrase::BatchesHow);
    section(out, say(RatesPhrase::Batches), how, &content)?;
    let sizes = words::side_by_side(measured.sizes(), |row| format!("{} B", row.message_bytes));
    section(out, say(RatesPhrase::Sizes), "", &slice(sizes, language))?;
    let cores = words::side_by_side(measured.cores(), |row| row.cores.to_string());
    section(out, say(RatesPhrase::Cores), "", &slice(cores, language))?;
    section(
        out,
        say(RatesPhrase::Lone),
        say(RatesPhrase::LoneHow),
        &lone_bars(measured, language),
    )?;
    section(
        out,
        say(RatesPhrase::Digests),
        say(RatesPhrase::DigestsHow),
        &digests(measured, language),
    )?;
    for waterfall in &measured.waterfalls {
        let heading = format!("{} · {}", say(RatesPhrase::Waterfall), waterfall.backend);
        let how = words::waterfall_how(waterfall, language);
        section(
            out,
            &heading,
            &how,
            &waterfall_part(waterfall, &how, language),
        )?;
    }
    section(
        out,
        say(RatesPhrase::Poisoned),
        say(RatesPhrase::PoisonedHow),
        &poisoned(measured, language),
    )?;
    let found = format!("<p>{}</p>", escape(&words::revocation(measured, language)));
    section(out, say(RatesPhrase::Revocation), "", &found)?;
    let command = format!("<p><code>{}</code></p>", escape(&measured.command));
    section(out, say(RatesPhrase::Repeat), "", &command)?;
    page::close(out);
    Ok(())
}

fn summary_bars(measured: &Measured, how: &str, language: Language) -> String {
    let mut bars: Vec<Bar> = Vec::new();
    for summary in &measured.summary {
        let algorithm = summary.algorithm;
        if let Some(rate) = summary.openssl {
            let label = format!("{algorithm} · {}", RatesPhrase::RowOpenssl.text(language));
            bars.push((label, rate.median, words::whole(rate.median), "pale"));
        }
        for row in &summary.rows {
            let class = if row.way == SummaryWay::OneByAwsLc {
                "pale"
            } else {
                "bar"
            };
            let label = format!("{algorithm} · {}", words::summary_row(row, language));
            let ratio = words::times(row.ratio_openssl);
            let ratio = match ratio.as_str() {
                "" => ratio,
                ratio => format!(" · {ratio} openssl"),
            };
            let text = format!("{}{ratio}", words::whole(row.rate.median));
            bars.push((label, row.rate.median, text, class));
        }
    }
    svg::bars(RatesPhrase::Rates.text(language), how, &bars)
}

fn batch_lines(measured: &Measured, language: Language) -> String {
    let rows: Vec<&Row> = measured
        .batches()
        .filter(|row| !is_reference(row))
        .collect();
    let mut ticks: Vec<(f64, String)> = Vec::new();
    let series = LINES.map(|algorithm| Series {
        name: algorithm.to_string(),
        points: rows
            .iter()
            .filter(|row| row.algorithm == algorithm)
            .map(|row| ((row.batch as f64).log2(), row.rate.median))
            .collect(),
    });
    for row in &rows {
        let tick = ((row.batch as f64).log2(), row.batch.to_string());
        if !ticks.contains(&tick) {
            ticks.push(tick);
        }
    }
    if rows.is_empty() {
        return String::new();
    }
    let frame = Frame {
        title: RatesPhrase::Batches.text(language),
        how: RatesPhrase::BatchesHow.text(language),
        x: "",
        y: "/s",
        scale: Scale::Linear,
        ticks,
    };
    svg::lines(&frame, &series)
}

fn summary_table(measured: &Measured, language: Language) -> String {
    let named = [RatesPhrase::Algorithm.text(language), ""];
    let head: Vec<&str> = named
        .into_iter()
        .chain(words::summary_columns(language))
        .collect();
    let rows = measured.summary.iter().flat_map(|summary| {
        let cells = words::summary_cells(summary, language).into_iter();
        cells.map(|(name, cells)| {
            let named = [summary.algorithm.to_string(), name];
            named.into_iter().chain(cells).collect()
        })
    });
    table(&head, rows)
}

fn slice((columns, lines): (Vec<String>, Vec<Vec<String>>), language: Language) -> String {
    let named = [RatesPhrase::Algorithm, RatesPhrase::Backend].map(|phrase| phrase.text(language));
    let head: Vec<&str> = named
        .into_iter()
        .chain(columns.iter().map(String::as_str))
        .collect();
    table(&head, lines.into_iter())
}

fn lone_bars(measured: &Measured, language: Language) -> String {
    let bars: Vec<Bar> = lone(measured)
        .map(|row| {
            let micros = 1e6 / row.rate.median.max(1e-9);
            let (label, class) = if is_reference(row) {
                (format!("{} {}", row.algorithm, row.backend), "pale")
            } else {
                let signer = words::signer(row, language);
                (format!("{} {signer}", row.algorithm), "bar")
            };
            (label, micros, format!("{micros:.1} µs"), class)
        })
        .collect();
    let say = |phrase: RatesPhrase| phrase.text(language);
    svg::bars(say(RatesPhrase::Lone), say(RatesPhrase::LoneHow), &bars)
}

fn digests(measured: &Measured, language: Language) -> String {
    let head = [
        RatesPhrase::Algorithm.text(language),
        RatesPhrase::Backend.text(language),
        RatesPhrase::MessageBytes.text(language),
        "/s",
        "GB/s",
        "aws-lc",
    ];
    let rows = measured.digests.iter().map(|row| {
        vec![
            row.digest.to_owned(),
            row.backend.to_string(),
            format!("{} B", row.message_bytes),
            words::whole(row.rate.median),
            format!("{:.2}", row.rate.median * row.message_bytes as f64 / 1e9),
            words::times(row.ratio_aws_lc),
        ]
    });
    table(&head, rows)
}

fn waterfall_part(waterfall: &Waterfall, how: &str, language: Language) -> String {
    let bars: Vec<Bar> = waterfall
        .shares()
        .into_iter()
        .filter_map(|(step, _, added, share)| {
            let (added, share) = (added?, share?);
            let text = format!("{added:.2} µs · {:.1} %", share * 100.0);
            Some((
                words::part(step.part, language).to_owned(),
                added,
                text,
                "bar",
            ))
        })
        .collect();
    let head = [
        "",
        RatesPhrase::DocumentsPerSecond.text(language),
        "µs",
        RatesPhrase::Added.text(language),
        RatesPhrase::Share.text(language),
    ];
    let rows = words::waterfall_cells(waterfall, language);
    format!(
        "{}{}<p>{}</p>",
        svg::bars(RatesPhrase::Waterfall.text(language), how, &bars),
        table(&head, rows.into_iter().map(Vec::from)),
        escape(&words::chain(waterfall, language))
    )
}

fn poisoned(measured: &Measured, language: Language) -> String {
    let mut names: Vec<Algorithm> = Vec::new();
    let lanes = || {
        measured
            .poisoned
            .iter()
            .filter(|row| row.backend != Backend::AwsLc)
    };
    for row in lanes() {
        if !names.contains(&row.algorithm) {
            names.push(row.algorithm);
        }
    }
    let series: Vec<Series> = names
        .iter()
        .map(|algorithm| Series {
            name: algorithm.to_string(),
            points: lanes()
                .filter(|row| row.algorithm == *algorithm)
                .map(|row| (row.share * 100.0, row.rate.median))
                .collect(),
        })
        .collect();
    let frame = Frame {
        title: RatesPhrase::Poisoned.text(language),
        how: RatesPhrase::PoisonedHow.text(language),
        x: "%",
        y: "/s",
        scale: Scale::Linear,
        ticks: Vec::new(),
    };
    let chart = if series.is_empty() {
        String::new()
    } else {
        svg::lines(&frame, &series)
    };
    let head = [
        RatesPhrase::Algorithm.text(language),
        RatesPhrase::Backend.text(language),
        RatesPhrase::BadShare.text(language),
        "/s",
        "0 % = 1",
        RatesPhrase::Named.text(language),
    ];
    let rows = measured.poisoned.iter().map(|row| {
        vec![
            row.algorithm.to_string(),
            row.backend.to_string(),
            format!("{:.0} %", row.share * 100.0),
            words::whole(row.rate.median),
            words::times(row.ratio_valid),
            format!("{} / {}", row.named, row.bad),
        ]
    });
    format!("{chart}{}", table(&head, rows))
}

/// A table; what stands behind the second column is a figure.
fn table(head: &[&str], rows: impl Iterator<Item = Vec<String>>) -> String {
    let mut out = "<table><thead><tr>".to_owned();
    for cell in head {
        out.push_str("<th scope=\"col\">");
        out.push_str(&escape(cell));
        out.push_str("</th>");
    }
    out.push_str("</tr></thead><tbody>");
    for row in rows {
        out.push_str("<tr>");
        for (place, cell) in row.iter().enumerate() {
            let (open, close) = match place {
                0 => ("<th scope=\"row\">", "</th>"),
                1 => ("<td>", "</td>"),
                _ => ("<td class=\"n\">", "</td>"),
            };
            out.push_str(open);
            out.push_str(&escape(cell));
            out.push_str(close);
        }
        out.push_str("</tr>");
    }
    out.push_str("</tbody></table>");
    out
}

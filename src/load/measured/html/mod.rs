//! A load report as one page: no script, nothing fetched, readable on paper and in the dark.

mod charts;

use std::fmt::Write as _;

use super::run::Measured;
use super::run::Run;
use super::words;
use crate::page;
use crate::page::section;
use crate::page::svg::escape;
use crate::text::Language;
use crate::text::LoadPhrase;
use crate::text::PagePhrase;
use crate::text::grouped;

/// The only durability that is safe for real documents.
const SAFE: &str = "fsync";

/// The page.
pub fn to_html(measured: &Measured, language: Language) -> String {
    let mut out = String::new();
    // Writing to a String cannot fail.
    let _ = write_page(&mut out, measured, language);
    out
}

fn write_page(out: &mut String, measured: &Measured, language: Language) -> std::fmt::Result {
    let say = |phrase: PagePhrase| phrase.text(language);
    let title = format!(
        "docaxis · {} · {}",
        say(PagePhrase::Title),
        measured.scenario
    );
    page::open(out, language.as_str(), &title)?;
    for line in measured.machine.warning(language) {
        write!(out, "<p>{}</p>", escape(&line))?;
    }
    write!(
        out,
        "<p>{} · {}</p>",
        escape(&words::pace(&measured.pace, language)),
        escape(&measured.keys)
    )?;
    if let Some(run) = measured.runs.last() {
        write_headline(out, measured, run, language)?;
    }
    if let Some(ladder) = &measured.ladder {
        let chart = charts::ladder(ladder, language);
        section(
            out,
            say(PagePhrase::Ladder),
            say(PagePhrase::LadderHow),
            &chart,
        )?;
    }
    if let Some(search) = &measured.search {
        let chart = charts::probes(search, language);
        section(
            out,
            say(PagePhrase::Probes),
            say(PagePhrase::ProbesHow),
            &chart,
        )?;
    }
    if measured.runs.len() > 1 {
        write_repeats(out, measured, language)?;
    }
    if let Some(run) = measured.runs.last() {
        for (heading, how, chart) in [
            (
                PagePhrase::Rates,
                PagePhrase::RatesHow,
                charts::rates(run, language),
            ),
            (
                PagePhrase::Latency,
                PagePhrase::LatencyHow,
                charts::latency(run, language),
            ),
            (
                PagePhrase::Heat,
                PagePhrase::HeatHow,
                charts::heat(run, language),
            ),
            (
                PagePhrase::Curve,
                PagePhrase::CurveHow,
                charts::curve(run, language),
            ),
            (
                PagePhrase::Stages,
                PagePhrase::StagesHow,
                charts::stages(run, language),
            ),
            (
                PagePhrase::Matrix,
                PagePhrase::MatrixHow,
                charts::matrix(run, language),
            ),
        ] {
            section(out, say(heading), say(how), &chart)?;
        }
        write_refusals(out, run, language)?;
    }
    write_circumstances(out, measured, language)?;
    page::close(out);
    Ok(())
}

fn write_headline(
    out: &mut String,
    measured: &Measured,
    run: &Run,
    language: Language,
) -> std::fmt::Result {
    let say = |phrase: LoadPhrase| phrase.text(language);
    let figure = |out: &mut String, value: &str, label: &str| {
        write!(out, "<div><b>{}</b>{}</div>", escape(value), escape(label))
    };
    let millis = |micros: u64| format!("{:.2} ms", micros as f64 / 1e3);
    let (sent, received) = run.totals();
    let figures = run.figures();
    out.write_str("<div class=\"figures\">")?;
    figure(
        out,
        &format!("{:.0}", run.docs_per_s()),
        say(LoadPhrase::DocumentsPerSecond),
    )?;
    figure(
        out,
        &format!("{:.0}", run.deliveries_per_s()),
        say(LoadPhrase::DeliveriesPerSecond),
    )?;
    figure(
        out,
        &millis(figures.receipt_us[0]),
        &format!("p50 {}", say(LoadPhrase::IntendedToReceipt)),
    )?;
    figure(
        out,
        &millis(figures.receipt_us[2]),
        &format!("p99 {}", say(LoadPhrase::IntendedToReceipt)),
    )?;
    figure(out, &grouped(sent), say(LoadPhrase::Sent))?;
    figure(out, &grouped(received), say(LoadPhrase::Received))?;
    if let Some(cpu) = run.cpu_us() {
        figure(
            out,
            &format!("{cpu:.1} µs"),
            say(LoadPhrase::HubCpuPerDocument),
        )?;
    }
    let mark = if measured.durability == SAFE {
        ""
    } else {
        " UNSAFE"
    };
    figure(
        out,
        &format!("{}{mark}", measured.durability),
        PagePhrase::Durability.text(language),
    )?;
    out.write_str("</div>")?;
    if run.is_valid() {
        write!(
            out,
            "<p class=\"good\">{}</p>",
            PagePhrase::Valid.text(language)
        )?;
    } else {
        write!(
            out,
            "<p class=\"bad\">{}</p>",
            PagePhrase::Invalid.text(language)
        )?;
        for reason in &run.judged.invalid {
            write!(out, "<p class=\"bad\">{}</p>", escape(reason))?;
        }
    }
    if !run.judged.objectives.is_empty() {
        write!(out, "<p>{}:", PagePhrase::Wanted.text(language))?;
        for (objective, found, held) in &run.judged.objectives {
            let (class, mark) = if *held {
                ("good", "✓")
            } else {
                ("bad", "✗")
            };
            let objective = escape(&objective.to_string());
            write!(
                out,
                " <span class=\"{class}\">{mark} {objective} ({})</span>",
                escape(found)
            )?;
        }
        out.write_str("</p>")?;
    }
    for alarm in &run.judged.alarms {
        write!(
            out,
            "<p class=\"warn\">! {}</p>",
            escape(&words::alarm(alarm, language))
        )?;
    }
    if let Some(ceiling) = run.ceiling() {
        write!(
            out,
            "<p>{}: <b>{}</b> · {}</p>",
            say(LoadPhrase::Ceiling),
            escape(&ceiling.name),
            words::advice(&ceiling.name, language)
        )?;
    }
    Ok(())
}

fn write_repeats(out: &mut String, measured: &Measured, language: Language) -> std::fmt::Result {
    let mut table = format!(
        "<table><thead><tr><th scope=\"col\"></th><th scope=\"col\">{}</th><th scope=\"col\">p99, ms</th></tr></thead><tbody>",
        LoadPhrase::DocumentsPerSecond.text(language)
    );
    for (number, run) in measured.runs.iter().enumerate() {
        write!(
            table,
            "<tr><th scope=\"row\">{}</th><td class=\"n\">{:.0}</td><td class=\"n\">{:.2}</td></tr>",
            number + 1,
            run.docs_per_s(),
            run.figures().receipt_us[2] as f64 / 1e3
        )?;
    }
    table.push_str("</tbody></table>");
    section(out, PagePhrase::Repeats.text(language), "", &table)
}

fn write_refusals(out: &mut String, run: &Run, language: Language) -> std::fmt::Result {
    let refused = run.refused();
    if refused.is_empty() {
        return Ok(());
    }
    let mut table = "<table><tbody>".to_owned();
    for (reason, count) in refused {
        write!(
            table,
            "<tr><th scope=\"row\">{}</th><td class=\"n\">{}</td></tr>",
            reason.as_str(),
            grouped(count)
        )?;
    }
    table.push_str("</tbody></table>");
    let how = PagePhrase::RefusalsHow.text(language);
    section(out, PagePhrase::Refusals.text(language), how, &table)
}

fn write_circumstances(
    out: &mut String,
    measured: &Measured,
    language: Language,
) -> std::fmt::Result {
    let mut table = "<table><tbody>".to_owned();
    for (name, value) in words::circumstances(measured, language) {
        write!(
            table,
            "<tr><th scope=\"row\">{}</th><td><code>{}</code></td></tr>",
            escape(name),
            escape(&value)
        )?;
    }
    table.push_str("</tbody></table>");
    section(out, PagePhrase::HowItWasRun.text(language), "", &table)
}

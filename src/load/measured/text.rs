//! A load report as people read it at the end of a run, in either language.

use std::fmt::Write as _;

use super::run::Figure;
use super::run::Measured;
use super::run::Run;
use crate::load::sizing::Sheet;
use crate::text::Language;
use crate::text::LoadPhrase as Phrase;
use crate::text::grouped;

/// Stages in a line.
const COLUMNS: usize = 4;

/// The only durability that is safe for real documents.
const SAFE: &str = "fsync";

/// The report.
pub fn to_text(measured: &Measured, language: Language) -> String {
    let mut out = String::new();
    // Writing to a String cannot fail.
    let _ = write_report(&mut out, measured, language);
    out
}

fn write_report(out: &mut String, measured: &Measured, language: Language) -> std::fmt::Result {
    let say = |phrase: Phrase| phrase.text(language);
    for line in measured.machine.warning(language) {
        writeln!(out, "  {line}")?;
    }
    if let Some(ladder) = &measured.ladder {
        writeln!(
            out,
            "\n  {:<34} {:>12} {:>8}  {:>17} {:>12}",
            say(Phrase::Layer),
            say(Phrase::DocumentsPerSecond),
            "±",
            say(Phrase::HubCpuPerDocument),
            say(Phrase::Price)
        )?;
        for (place, (rung, price)) in ladder.prices().into_iter().enumerate() {
            let price = match price {
                Some(price) => format!("{price:+.1} µs"),
                None if place == 0 => String::new(),
                None => "≈ 0".to_owned(),
            };
            writeln!(
                out,
                "  {:<34} {:>12} {:>7.1}%  {:>8.1} ±{:>4.1} µs {price:>12}",
                rung.name,
                whole(rung.docs_per_s),
                rung.spread * 100.0,
                rung.cpu_us,
                rung.cpu_half_us,
            )?;
        }
        writeln!(out, "  {}", say(Phrase::LadderHow))?;
    }
    if let Some(search) = &measured.search {
        let wanted: Vec<String> = search.objectives.iter().map(ToString::to_string).collect();
        writeln!(
            out,
            "\n  {}: {} {} ({})",
            say(Phrase::HighestRate),
            whole(search.highest),
            say(Phrase::DocumentsPerSecond),
            wanted.join(" · ")
        )?;
        for probe in &search.probes {
            writeln!(
                out,
                "    {:>7} → {:>7}   p50 {:>9}  p99 {:>9}   {}",
                whole(probe.rate),
                whole(probe.answered),
                millis(probe.receipt_us[0]),
                millis(probe.receipt_us[1]),
                if probe.held {
                    say(Phrase::Held)
                } else {
                    say(Phrase::NotHeld)
                }
            )?;
        }
    }
    if let Some(sheet) = &measured.sizing {
        write_sizing(out, sheet, language)?;
    }
    if measured.runs.len() > 1 {
        write_repeats(out, measured, language)?;
    }
    if let Some(run) = measured.runs.last() {
        write_run(out, measured, run, language)?;
    }
    writeln!(out)?;
    for (name, value) in super::words::circumstances(measured, language) {
        writeln!(out, "  {name:<26} {value}")?;
    }
    Ok(())
}

fn write_sizing(out: &mut String, sheet: &Sheet, language: Language) -> std::fmt::Result {
    let say = |phrase: Phrase| phrase.text(language);
    let demand = &sheet.demand;
    writeln!(
        out,
        "\n  {}: {} {} · {:.0} B · {:.1} {} · {:.0} % {}",
        say(Phrase::SizingFor),
        whole(demand.documents_per_day),
        say(Phrase::DocumentsPerDay),
        demand.size,
        demand.recipients,
        say(Phrase::Recipients),
        demand.signed * 100.0,
        say(Phrase::Signed)
    )?;
    let gib = |bytes: f64| format!("{:.1} GiB", bytes / f64::from(1 << 30));
    let mbit = |bits: f64| format!("{:.2} Mbit/s", bits / 1e6);
    let [fixed, recipient, kib_in, kib_out, signature] = sheet.terms_us;
    for (label, value) in [
        (
            Phrase::PeakRate,
            format!("{:.2} {}", sheet.peak_rate, say(Phrase::DocumentsPerSecond)),
        ),
        (
            Phrase::Cores,
            format!(
                "{:.3} ({:.1} µs × {:.2}/s, 50 %)",
                sheet.cores, sheet.cpu_us, sheet.peak_rate
            ),
        ),
        (
            Phrase::OneHub,
            format!(
                "{} {}",
                whole(sheet.ceiling),
                say(Phrase::DocumentsPerSecond)
            ),
        ),
        (
            Phrase::Disk,
            format!("{} · {}", gib(sheet.disk_day), gib(sheet.disk_year)),
        ),
        (
            Phrase::Link,
            format!("{} · {}", mbit(sheet.link_in), mbit(sheet.link_out)),
        ),
        (
            Phrase::CostModel,
            format!(
                "{fixed:.1} + {recipient:.1}·R + {kib_in:.2}·KiB + {kib_out:.2}·KiB·R + {signature:.1}·S µs"
            ),
        ),
        (
            Phrase::HeldOut,
            format!(
                "{:.1} µs → {:.1} µs ({:.1} %)",
                sheet.held_out.0,
                sheet.held_out.1,
                sheet.error() * 100.0
            ),
        ),
    ] {
        writeln!(out, "    {:<34} {value}", say(label))?;
    }
    Ok(())
}

fn write_repeats(out: &mut String, measured: &Measured, language: Language) -> std::fmt::Result {
    let of = |pick: &dyn Fn(&Run) -> f64| {
        let values: Vec<f64> = measured.runs.iter().map(pick).collect();
        Figure::of(&values)
    };
    let rate = of(&Run::docs_per_s);
    let p99 = of(&|run| run.figures().receipt_us[2] as f64 / 1e3);
    writeln!(
        out,
        "\n  {} {}: {} ± {} {} · p99 {:.2} ± {:.2} ms (95 %)",
        measured.runs.len(),
        Phrase::Runs.text(language),
        whole(rate.mean),
        whole(rate.half),
        Phrase::DocumentsPerSecond.text(language),
        p99.mean,
        p99.half
    )
}

fn write_run(
    out: &mut String,
    measured: &Measured,
    run: &Run,
    language: Language,
) -> std::fmt::Result {
    let say = |phrase: Phrase| phrase.text(language);
    let driven = &run.driven;
    let (sent, received) = run.totals();
    writeln!(
        out,
        "\n  {:<26} {:>10} {} · {:>10} {}   {}",
        say(Phrase::CountedByGenerator),
        grouped(sent),
        say(Phrase::Sent),
        grouped(received),
        say(Phrase::Received),
        if run.is_valid() {
            say(Phrase::Balanced)
        } else {
            say(Phrase::NotBalanced)
        }
    )?;
    writeln!(
        out,
        "  {:<26} {:>10} {} · {:>10} {}   {} {} · {} {}",
        say(Phrase::CountedByHub),
        grouped(driven.hub.sent),
        say(Phrase::Sent),
        grouped(driven.hub.received),
        say(Phrase::Received),
        say(Phrase::Lost),
        driven.lost.len(),
        say(Phrase::DeliveredTwice),
        driven.twice.len()
    )?;
    let refused = run.refused();
    if !refused.is_empty() {
        let reasons: Vec<String> = refused
            .iter()
            .map(|(reason, count)| format!("{} {}", reason.as_str(), grouped(*count)))
            .collect();
        writeln!(
            out,
            "  {:<26} {}",
            say(Phrase::Refused),
            reasons.join(" · ")
        )?;
    }
    let unsafe_mark = if measured.durability == SAFE {
        ""
    } else {
        " UNSAFE"
    };
    writeln!(
        out,
        "\n  {:<26} {} {} · {} {} · {}{unsafe_mark}",
        say(Phrase::Rate),
        whole(run.docs_per_s()),
        say(Phrase::DocumentsPerSecond),
        whole(run.deliveries_per_s()),
        say(Phrase::DeliveriesPerSecond),
        measured.durability
    )?;
    let histograms = &driven.totals.histograms;
    for (phrase, histogram) in [
        (Phrase::IntendedToReceipt, &histograms.receipt_us),
        (Phrase::SentToReceipt, &histograms.service_us),
        (Phrase::IntendedToAcknowledgement, &histograms.delivery_us),
        (Phrase::Slip, &histograms.slip_us),
    ] {
        let at = |quantile: f64| millis(histogram.value_at_quantile(quantile));
        writeln!(
            out,
            "  {:<26} p50 {:>9}  p90 {:>9}  p99 {:>9}  p99.9 {:>9}  max {:>9}",
            say(phrase),
            at(0.5),
            at(0.9),
            at(0.99),
            at(0.999),
            at(1.0)
        )?;
    }
    write_hub(out, run, language)?;
    for (objective, found, held) in &run.judged.objectives {
        let verdict = if *held { "✓" } else { "✗" };
        writeln!(out, "  {verdict} {objective:<24} {found}")?;
    }
    for alarm in &run.judged.alarms {
        writeln!(out, "  ! {}", super::words::alarm(alarm, language))?;
    }
    for reason in &run.judged.invalid {
        writeln!(out, "  INVALID {reason}")?;
    }
    for unexpected in run.driven.unexpected.iter().take(5) {
        writeln!(out, "  ✗ {unexpected}")?;
    }
    Ok(())
}

fn write_hub(out: &mut String, run: &Run, language: Language) -> std::fmt::Result {
    let say = |phrase: Phrase| phrase.text(language);
    let Some(cpu) = run.cpu_us() else {
        return Ok(());
    };
    let overhead = run
        .overhead()
        .map(|overhead| {
            format!(
                " = {overhead:.2} × {:.1} µs {}",
                run.parts.sum(),
                say(Phrase::Unavoidable)
            )
        })
        .unwrap_or_default();
    writeln!(
        out,
        "\n  {:<26} {cpu:.1} µs{overhead}",
        say(Phrase::HubCpuPerDocument)
    )?;
    let stages = run.stages();
    for line in stages.chunks(COLUMNS) {
        let cells: Vec<String> = line
            .iter()
            .map(|stage| {
                let share = stage.share * 100.0;
                format!("{} {:.1} µs ({share:.0} %)", stage.name, stage.cpu_us)
            })
            .collect();
        writeln!(out, "  {:<26} {}", "", cells.join("  "))?;
    }
    if let Some(ceiling) = run.ceiling() {
        let advice = super::words::advice(&ceiling.name, language);
        writeln!(
            out,
            "  {:<26} {} · {advice}",
            say(Phrase::Ceiling),
            ceiling.name
        )?;
    }
    writeln!(out)
}

fn whole(value: f64) -> String {
    grouped(crate::load::random::whole(value.round().max(0.0)) as u64)
}

fn millis(micros: u64) -> String {
    match micros {
        0..1_000 => format!("{micros} µs"),
        1_000..1_000_000 => format!("{:.2} ms", micros as f64 / 1e3),
        _ => format!("{:.2} s", micros as f64 / 1e6),
    }
}

//! The report as people read it at the end of a run, in either language.

use std::fmt::Write as _;

use super::REFERENCE;
use super::REPORTED_FOR_2019;
use super::Report;
use crate::model::Directory;
use crate::model::OrganId;
use crate::text::Language;
use crate::text::Phrase;
use crate::text::grouped;

/// Agencies in each list.
const LISTED: usize = 8;

/// The only durability that is safe for real documents.
const SAFE: &str = "fsync";

/// Documents or deliveries named when a run is invalid.
const NAMED: usize = 20;

/// The report, lines of at most 100 columns.
pub fn to_text(report: &Report, language: Language) -> String {
    let mut out = String::new();
    // Writing to a String cannot fail.
    let _ = write_report(&mut out, report, language);
    out
}

fn write_report(out: &mut String, report: &Report, language: Language) -> std::fmt::Result {
    let say = |phrase: Phrase| phrase.text(language);
    let (hub, nodes) = (report.hub.totals(), report.nodes.totals());
    let counted = |sent: u64, received: u64| {
        format!(
            "{:>9} {}  {:>9} {}",
            grouped(sent),
            say(Phrase::Sent),
            grouped(received),
            say(Phrase::Received)
        )
    };
    let width = [
        Phrase::CountedByHub,
        Phrase::CountedByNodes,
        Phrase::ReportedFor2019,
    ]
    .map(|phrase| say(phrase).chars().count())
    .into_iter()
    .max()
    .unwrap_or(0);
    let balance = if report.verdict.is_balanced() {
        Phrase::LedgerBalanced
    } else {
        Phrase::LedgerNotBalanced
    };
    writeln!(out)?;
    writeln!(
        out,
        "  {:width$} {}   {}, {} {}",
        say(Phrase::CountedByHub),
        counted(hub.sent, hub.received),
        say(balance),
        grouped(report.hub.pairs.len() as u64),
        say(Phrase::Pairs)
    )?;
    writeln!(
        out,
        "  {:width$} {}   {} {} · {} {}",
        say(Phrase::CountedByNodes),
        counted(nodes.sent, nodes.received),
        say(Phrase::Lost),
        report.verdict.lost.len(),
        say(Phrase::DeliveredTwice),
        report.verdict.delivered_twice.len()
    )?;
    if report.scenario == REFERENCE {
        writeln!(
            out,
            "  {:width$} {}   ({})",
            say(Phrase::ReportedFor2019),
            counted(REPORTED_FOR_2019.0, REPORTED_FOR_2019.1),
            say(Phrase::MoreThan)
        )?;
    }
    write_shares(out, report, language)?;
    write_busiest(out, report, language)?;
    write_cost(out, report, language)?;
    if !report.verdict.is_valid() {
        write_invalid(out, report, language)?;
    }
    Ok(())
}

fn write_shares(out: &mut String, report: &Report, language: Language) -> std::fmt::Result {
    let say = |phrase: Phrase| phrase.text(language);
    let shares = report.shares_lowest_first();
    if shares.is_empty() {
        return Ok(());
    }
    writeln!(
        out,
        "\n  {}, {}",
        say(Phrase::SignedShareToGovernmentOffice),
        say(Phrase::LowestFirst)
    )?;
    for (organ, share) in shares.iter().take(LISTED) {
        writeln!(
            out,
            "    {:<28} {:>6} %",
            name(*organ),
            percent(*share, language)
        )?;
    }
    if shares.len() > LISTED {
        writeln!(out, "    …")?;
    }
    let all = percent(report.share_of_all(), language);
    writeln!(out, "    {:<28} {all:>6} %", say(Phrase::AllAgencies))
}

fn write_busiest(out: &mut String, report: &Report, language: Language) -> std::fmt::Result {
    let mut received: Vec<(OrganId, u64, u64)> = Vec::new();
    let mut by_recipient = std::collections::BTreeMap::<OrganId, u64>::new();
    for ((_, recipient), pair) in &report.hub.pairs {
        *by_recipient.entry(*recipient).or_default() += pair.acknowledged;
    }
    for (organ, counts) in &report.hub.senders {
        let got = by_recipient.get(organ).copied().unwrap_or(0);
        received.push((*organ, counts.accepted, got));
    }
    received.sort_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(&b.0)));
    writeln!(out, "\n  {}", Phrase::BusiestSenders.text(language))?;
    for (organ, sent, got) in received.iter().take(LISTED) {
        writeln!(
            out,
            "    {:<28} {:>7} {}  {:>7} {}",
            name(*organ),
            grouped(*sent),
            Phrase::Sent.text(language),
            grouped(*got),
            Phrase::Received.text(language)
        )?;
    }
    let refused = report.hub.refused_by_reason();
    if !refused.is_empty() {
        let reasons: Vec<String> = refused
            .iter()
            .map(|(reason, count)| format!("{} {count}", reason.as_str()))
            .collect();
        writeln!(
            out,
            "\n  {}: {}",
            Phrase::Refused.text(language),
            reasons.join(" · ")
        )?;
    }
    Ok(())
}

fn write_cost(out: &mut String, report: &Report, language: Language) -> std::fmt::Result {
    let say = |phrase: Phrase| phrase.text(language);
    let at = |quantile| report.receipt_us.value_at_quantile(quantile) as f64 / 1e3;
    let seconds = report.replayed.elapsed.as_secs_f64();
    let totals = report.hub.totals();
    writeln!(
        out,
        "\n  {} {seconds:.1} s · {:.0} {} · {:.0} {} · {} {}",
        say(Phrase::Elapsed),
        totals.sent as f64 / seconds.max(1e-9),
        say(Phrase::DocumentsPerSecond),
        totals.received as f64 / seconds.max(1e-9),
        say(Phrase::DeliveriesPerSecond),
        say(Phrase::Durability),
        report.durability
    )?;
    writeln!(
        out,
        "  {} p50 {:.1} ms · p90 {:.1} ms · p99 {:.1} ms · max {:.1} ms",
        say(Phrase::Receipt),
        at(0.5),
        at(0.9),
        at(0.99),
        at(1.0)
    )?;
    if let Some(cpu) = report.cpu_us_per_document() {
        let verifying = report
            .cost
            .stages
            .iter()
            .find(|(name, _)| *name == "verify");
        let verifying = verifying.map_or(0.0, |(_, spent)| {
            spent.as_secs_f64() * 1e6 / totals.sent.max(1) as f64
        });
        writeln!(
            out,
            "  {cpu:.0} µs {}, {} {verifying:.0} µs",
            say(Phrase::HubCpuPerDocument),
            say(Phrase::OfItVerifying)
        )?;
    }
    if report.durability != SAFE {
        writeln!(out, "  {}", say(Phrase::UnsafeDurability))?;
    }
    Ok(())
}

fn write_invalid(out: &mut String, report: &Report, language: Language) -> std::fmt::Result {
    let verdict = &report.verdict;
    writeln!(out, "\n  {}", Phrase::RunInvalid.text(language))?;
    for imbalance in verdict.imbalances.iter().take(NAMED) {
        writeln!(out, "    {imbalance:?}")?;
    }
    for difference in verdict.differences.iter().take(NAMED) {
        writeln!(
            out,
            "    {}: {difference:?}",
            Phrase::Difference.text(language)
        )?;
    }
    let lists = [
        (Phrase::Lost, &verdict.lost),
        (Phrase::DeliveredTwice, &verdict.delivered_twice),
        (Phrase::Difference, &verdict.disagreements),
    ];
    for (phrase, documents) in lists {
        for document in documents.iter().take(NAMED) {
            writeln!(out, "    {}: {document}", phrase.text(language))?;
        }
    }
    Ok(())
}

fn name(organ: OrganId) -> String {
    Directory::of_2019()
        .find(organ)
        .map_or_else(|| organ.to_string(), |agency| agency.short_name.clone())
}

fn percent(share: f64, language: Language) -> String {
    let text = format!("{:.1}", share * 100.0);
    match language {
        Language::En => text,
        Language::Vi => text.replace('.', ","),
    }
}

//! The report for a terminal.

use std::fmt::Write as _;

use super::Detail;
use super::Report;
use super::circumstances;
use super::lists;
use super::remedies;
use super::verdict;
use crate::text::Language;
use crate::text::ValidationPhrase;
use crate::text::filled;
use crate::trust::LinkFacts;
use crate::trust::PathFacts;
use crate::validation::fact::shown;
use crate::validation::fact::time;
use crate::validation::finding::Block;
use crate::validation::finding::Finding;
use crate::validation::finding::Indication;
use crate::validation::judge::JudgedSignature;

/// The report.
pub(super) fn of(report: &Report, detail: Detail, language: Language) -> String {
    let mut out = String::new();
    // Writing to a String cannot fail.
    let _ = write(&mut out, report, detail, language);
    out
}

fn write(
    out: &mut String,
    report: &Report,
    detail: Detail,
    language: Language,
) -> std::fmt::Result {
    let say = |phrase: ValidationPhrase| phrase.text(language);
    let judged = &report.judged;
    writeln!(out, "docaxis verify · {}", say(ValidationPhrase::Title))?;
    for line in circumstances(report, language) {
        writeln!(out, "{line}")?;
    }
    writeln!(out, "\n{}", verdict(judged.verdict, language))?;
    for finding in &judged.findings {
        line(out, "  ", finding, language)?;
    }
    write_remedies(out, judged.findings.iter(), language)?;
    let placed = report.examination.signatures.iter();
    for (number, (signature, placed)) in (1..).zip(judged.signatures.iter().zip(placed)) {
        let name = say(placed.label());
        let found = verdict(signature.verdict, language);
        writeln!(out, "\n{name} {number}: {found}")?;
        match detail {
            Detail::Simple => simple(out, signature, language)?,
            Detail::Detailed => {
                blocks(out, signature, language)?;
                links(out, signature.links(&placed.facts.path), language)?;
                given(out, &placed.facts.path, language)?;
            }
        }
        write_remedies(out, signature.findings(), language)?;
    }
    Ok(())
}

/// Who signed, and what is wrong.
fn simple(out: &mut String, signature: &JudgedSignature, language: Language) -> std::fmt::Result {
    for finding in signature.block(Block::Signer) {
        line(out, "  ", finding, language)?;
    }
    if let Some(coverage) = signature.coverage() {
        line(out, "  ", coverage, language)?;
    }
    let elsewhere = signature
        .blocks
        .iter()
        .filter(|(block, _)| *block != Block::Signer);
    let wrong = elsewhere.flat_map(|(block, findings)| {
        let wrong = findings.iter().filter(|finding| finding.wrong.is_some());
        wrong.map(|finding| (block.phrase().text(language), finding))
    });
    for (block, finding) in wrong {
        let mark = mark(finding);
        writeln!(out, "  {mark} {block}: {}", finding.said(language))?;
    }
    Ok(())
}

fn blocks(out: &mut String, signature: &JudgedSignature, language: Language) -> std::fmt::Result {
    for (block, findings) in &signature.blocks {
        let name = block.phrase().text(language);
        if findings.is_empty() {
            let nothing = ValidationPhrase::NotReached.text(language);
            writeln!(out, "  – {name}: {nothing}")?;
        }
        for finding in findings {
            let mark = mark(finding);
            writeln!(out, "  {mark} {name}: {}", finding.said(language))?;
        }
    }
    Ok(())
}

fn links(out: &mut String, links: &[LinkFacts], language: Language) -> std::fmt::Result {
    if links.is_empty() {
        return Ok(());
    }
    writeln!(out, "  {}:", ValidationPhrase::Links.text(language))?;
    for link in links {
        writeln!(out, "    {}", described(link, language))?;
    }
    Ok(())
}

/// What became of each revocation list.
fn given(out: &mut String, facts: &PathFacts, language: Language) -> std::fmt::Result {
    let lists = lists(facts, language);
    if !lists.is_empty() {
        writeln!(out, "  {}:", ValidationPhrase::Lists.text(language))?;
    }
    for list in lists {
        writeln!(out, "    {list}")?;
    }
    Ok(())
}

/// A certificate in one line.
pub(super) fn described(link: &LinkFacts, language: Language) -> String {
    let validity = [link.not_before, link.not_after].map(|at| time(at, language));
    let validity = filled(ValidationPhrase::Validity.text(language), &validity);
    format!(
        "{} · {} · {validity}",
        shown(&link.subject),
        shown(&link.serial)
    )
}

fn write_remedies<'f>(
    out: &mut String,
    findings: impl Iterator<Item = &'f Finding>,
    language: Language,
) -> std::fmt::Result {
    for remedy in remedies(findings, language) {
        let name = ValidationPhrase::Remedy.text(language);
        writeln!(out, "  → {name}: {remedy}")?;
    }
    Ok(())
}

fn line(out: &mut String, indent: &str, finding: &Finding, language: Language) -> std::fmt::Result {
    writeln!(out, "{indent}{} {}", mark(finding), finding.said(language))
}

/// How a finding looks at a glance.
fn mark(finding: &Finding) -> char {
    match finding.indication() {
        Indication::Passed => '✓',
        Indication::Indeterminate => '?',
        Indication::Failed => '✗',
    }
}

//! The report as a page: the simple one on top, each signature's blocks and certificates to unfold.

use std::fmt::Write as _;

use super::Report;
use super::circumstances;
use super::lists;
use super::remedies;
use super::text::described;
use super::verdict;
use crate::page;
use crate::page::section;
use crate::page::svg::escape;
use crate::text::Language;
use crate::text::ValidationPhrase;
use crate::trust::LinkFacts;
use crate::trust::PathFacts;
use crate::validation::finding::Block;
use crate::validation::finding::Finding;
use crate::validation::finding::Indication;
use crate::validation::judge::JudgedSignature;

/// The page.
pub(super) fn of(report: &Report, language: Language) -> String {
    let mut out = String::new();
    // Writing to a String cannot fail.
    let _ = write(&mut out, report, language);
    out
}

fn write(out: &mut String, report: &Report, language: Language) -> std::fmt::Result {
    let say = |phrase: ValidationPhrase| phrase.text(language);
    let judged = &report.judged;
    let title = format!("docaxis · {}", say(ValidationPhrase::Title));
    page::open(out, language.as_str(), &title)?;
    for line in circumstances(report, language) {
        write!(out, "<p>{}</p>", escape(&line))?;
    }
    write!(
        out,
        "<div class=\"figures\"><div><b class=\"{}\">{}</b></div></div>",
        class(judged.verdict.indication),
        escape(&verdict(judged.verdict, language))
    )?;
    let content = format!(
        "{}{}",
        list(judged.findings.iter(), language),
        what_to_do(judged.findings.iter(), language)
    );
    section(
        out,
        say(ValidationPhrase::WholeFile),
        say(ValidationPhrase::How),
        &content,
    )?;
    let placed = report.examination.signatures.iter();
    for (number, (signature, placed)) in (1..).zip(judged.signatures.iter().zip(placed)) {
        let heading = format!(
            "{} {number} · {}",
            say(placed.label()),
            verdict(signature.verdict, language)
        );
        let who: Vec<String> = signature
            .block(Block::Signer)
            .iter()
            .map(|finding| finding.said(language))
            .collect();
        let content = format!(
            "{}{}{}{}",
            what_to_do(signature.findings(), language),
            blocks(signature, language),
            links(signature.links(&placed.facts.path), language),
            given(&placed.facts.path, language)
        );
        section(out, &heading, &who.join("; "), &content)?;
    }
    page::close(out);
    Ok(())
}

fn list<'f>(findings: impl Iterator<Item = &'f Finding>, language: Language) -> String {
    let items: String = findings
        .map(|finding| {
            let class = class(finding.indication());
            let said = escape(&finding.said(language));
            format!("<li class=\"{class}\">{said}</li>")
        })
        .collect();
    format!("<ul>{items}</ul>")
}

fn what_to_do<'f>(findings: impl Iterator<Item = &'f Finding>, language: Language) -> String {
    let name = escape(ValidationPhrase::Remedy.text(language));
    remedies(findings, language)
        .into_iter()
        .map(|remedy| format!("<p><b>{name}</b>: {}</p>", escape(remedy)))
        .collect()
}

fn blocks(signature: &JudgedSignature, language: Language) -> String {
    let rows: String = signature
        .blocks
        .iter()
        .map(|(block, findings)| {
            let name = escape(block.phrase().text(language));
            let said = if findings.is_empty() {
                escape(ValidationPhrase::NotReached.text(language))
            } else {
                list(findings.iter(), language)
            };
            format!("<tr><th scope=\"row\">{name}</th><td>{said}</td></tr>")
        })
        .collect();
    format!("<table><tbody>{rows}</tbody></table>")
}

fn links(links: &[LinkFacts], language: Language) -> String {
    if links.is_empty() {
        return String::new();
    }
    let items: String = links
        .iter()
        .map(|link| format!("<li>{}</li>", escape(&described(link, language))))
        .collect();
    let name = escape(ValidationPhrase::Links.text(language));
    format!("<details><summary>{name}</summary><ol>{items}</ol></details>")
}

fn given(facts: &PathFacts, language: Language) -> String {
    let items: String = lists(facts, language)
        .iter()
        .map(|line| format!("<li>{}</li>", escape(line)))
        .collect();
    if items.is_empty() {
        return items;
    }
    let name = escape(ValidationPhrase::Lists.text(language));
    format!("<details><summary>{name}</summary><ul>{items}</ul></details>")
}

fn class(indication: Indication) -> &'static str {
    match indication {
        Indication::Passed => "good",
        Indication::Indeterminate => "warn",
        Indication::Failed => "bad",
    }
}

//! A judgement for people and for programs.

mod html;
mod json;
mod text;

use super::examination::Examination;
use super::fact::shown;
use super::fact::time;
use super::finding::Block;
use super::finding::Finding;
use super::finding::Verdict;
use super::judge::Judged;
use super::judge::JudgedSignature;
use super::judge::judge;
use super::list::list_fate;
use super::policy::Policy;
use crate::text::Language;
use crate::text::ValidationPhrase;
use crate::text::filled;
use crate::text::grouped;
use crate::trust::GivenList;
use crate::trust::LinkFacts;
use crate::trust::PathFacts;

/// A file's facts, and the judgement on them under a policy.
#[derive(Clone, Debug)]
pub struct Report {
    examination: Examination,
    policy: String,
    judged: Judged,
    is_judged_again: bool,
}

/// How much a person is told.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Detail {
    /// The verdict, who signed, and what is wrong.
    Simple,
    /// Every block, and the certificates.
    Detailed,
}

/// Not a report of this program.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("it is not a validation report of docaxis: {0}")]
pub struct NotAReport(String);

impl Report {
    /// Judges what was just found.
    pub fn new(examination: Examination, policy: &Policy) -> Self {
        Self {
            judged: judge(&examination, policy),
            policy: policy.name.clone(),
            examination,
            is_judged_again: false,
        }
    }

    /// Judges the facts of an earlier report, in JSON, anew. They are believed as they stand there.
    ///
    /// # Errors
    /// [`NotAReport`].
    pub fn again(report: &[u8], policy: &Policy) -> Result<Self, NotAReport> {
        let examination = json::examination(report)?;
        Ok(Self {
            is_judged_again: true,
            ..Self::new(examination, policy)
        })
    }

    /// The verdict.
    pub fn verdict(&self) -> Verdict {
        self.judged.verdict
    }

    /// For programs. Field names are a contract: fields may be added, none renamed or removed.
    pub fn to_json(&self) -> serde_json::Value {
        json::of(self)
    }

    /// For a terminal.
    pub fn to_text(&self, detail: Detail, language: Language) -> String {
        text::of(self, detail, language)
    }

    /// A page that stands alone.
    pub fn to_html(&self, language: Language) -> String {
        html::of(self, language)
    }
}

/// What, how large, when, by which rules.
fn circumstances(report: &Report, language: Language) -> Vec<String> {
    let say = |phrase: ValidationPhrase| phrase.text(language);
    let examination = &report.examination;
    let kind = say(examination.kind.phrase());
    let examined = [format!("{} (+07:00)", time(examination.at, language))];
    let judged = filled(say(ValidationPhrase::Judged), &[shown(&report.policy)]);
    let bytes = [grouped(examination.bytes)];
    let bytes = filled(say(ValidationPhrase::Bytes), &bytes);
    let mut lines = vec![
        format!("{} · {kind} · {bytes}", shown(&examination.file)),
        format!("SHA-256 {}", examination.sha256),
        format!(
            "{}; {judged}",
            filled(say(ValidationPhrase::Examined), &examined)
        ),
    ];
    lines.extend(examination.document_id.as_deref().map(shown));
    if report.is_judged_again {
        lines.push(say(ValidationPhrase::JudgedAgain).to_owned());
    }
    lines
}

/// `PASSED`, or `FAILED · HASH_FAILURE`; in Vietnamese with the word before it.
fn verdict(verdict: Verdict, language: Language) -> String {
    let word = verdict.indication.phrase().text(language);
    let mut out = match language {
        Language::En => word.to_owned(),
        Language::Vi => format!("{word} ({})", verdict.indication.as_str()),
    };
    if let Some(sub) = verdict.sub_indication {
        out.push_str(" · ");
        out.push_str(sub.as_str());
    }
    out
}

/// What became of each revocation list, one line each.
fn lists(facts: &PathFacts, language: Language) -> Vec<String> {
    let line = |given: &GivenList| {
        let fate = list_fate(&given.fate).said(language);
        let date = given.this_update.map(|at| time(at, language));
        let issuer = given.issuer.as_deref().map(shown);
        let parts = [Some(shown(&given.list)), issuer, date, Some(fate)];
        parts.into_iter().flatten().collect::<Vec<_>>().join(" · ")
    };
    facts.lists.iter().map(line).collect()
}

/// What to do about everything that is wrong, each once, in the order it was found.
fn remedies<'f>(
    findings: impl Iterator<Item = &'f Finding>,
    language: Language,
) -> Vec<&'static str> {
    let mut all = Vec::new();
    for remedy in findings.filter_map(Finding::remedy) {
        let text = remedy.text(language);
        if !all.contains(&text) {
            all.push(text);
        }
    }
    all
}

impl JudgedSignature {
    /// The certificates of the path that counts.
    fn links<'f>(&self, facts: &'f PathFacts) -> &'f [LinkFacts] {
        facts
            .chains()
            .nth(self.path)
            .map_or(&[], |(_, links)| links)
    }

    fn findings(&self) -> impl Iterator<Item = &Finding> {
        self.blocks.iter().flat_map(|(_, findings)| findings)
    }

    /// Of a PDF: how much of the file it covers.
    fn coverage(&self) -> Option<&Finding> {
        self.block(Block::Format)
            .iter()
            .find(|one| one.is_coverage())
    }

    fn block(&self, wanted: Block) -> &[Finding] {
        let found = self.blocks.iter().find(|(block, _)| *block == wanted);
        found.map_or(&[], |(_, findings)| findings)
    }
}

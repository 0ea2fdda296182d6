//! The verdicts on a candidate as JSON, as JUnit XML, and as a page in both languages.

use std::fmt::Write as _;

use serde_json::Value;
use serde_json::json;

use crate::model::OrganId;
use crate::model::conformance::ConformanceTest;
use crate::page;
use crate::page::svg::escape;
use crate::text::Language;
use crate::text::ProcedurePhrase;
use crate::text::basis_text;
use crate::text::test_title;
use crate::wire::timestamp_from_wire;
use crate::wire::v1;

/// Verdicts on one candidate.
#[derive(Clone, Debug)]
pub struct ConformanceReport {
    /// Who.
    pub organ: OrganId,
    /// The latest verdict on each test that was run.
    pub verdicts: Vec<v1::ConformanceVerdict>,
}

impl ConformanceReport {
    /// Whether every test is passed.
    pub fn is_complete(&self) -> bool {
        self.passed() == ConformanceTest::all().count()
    }

    fn passed(&self) -> usize {
        self.verdicts
            .iter()
            .filter(|verdict| verdict.passed)
            .count()
    }

    /// `{organ, passed, failed, open, complete, tests: [...]}`.
    pub fn to_json(&self) -> Value {
        let all = ConformanceTest::all().count();
        let failed = self.verdicts.len() - self.passed();
        let tests: Vec<Value> = self
            .verdicts
            .iter()
            .map(|verdict| {
                let at = verdict.at.as_ref().and_then(timestamp_from_wire);
                json!({
                    "test": verdict.test,
                    "title": verdict.title,
                    "title_vi": verdict.title_vi,
                    "rule": verdict.rule,
                    "passed": verdict.passed,
                    "attempt": verdict.attempt,
                    "sent": verdict.sent,
                    "sent_vi": verdict.sent_vi,
                    "expected": verdict.expected,
                    "expected_vi": verdict.expected_vi,
                    "found": verdict.found,
                    "found_vi": verdict.found_vi,
                    "remedy": verdict.remedy,
                    "remedy_vi": verdict.remedy_vi,
                    "at": at.map(|at| at.to_string()),
                })
            })
            .collect();
        json!({
            "organ": self.organ.to_string(),
            "passed": self.passed(),
            "failed": failed,
            "open": all.saturating_sub(self.verdicts.len()),
            "complete": self.is_complete(),
            "tests": tests,
        })
    }

    /// JUnit's XML, as continuous integration reads it.
    pub fn to_junit(&self) -> String {
        let failed = self.verdicts.len() - self.passed();
        // Writing to a String cannot fail.
        let mut out = format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuite name=\"docaxis conformance {}\" \
             tests=\"{}\" failures=\"{failed}\">\n",
            escape(self.organ.as_str()),
            self.verdicts.len()
        );
        for verdict in &self.verdicts {
            let name = escape(&format!("{} {}", verdict.test, verdict.title));
            let class = escape(self.organ.as_str());
            if verdict.passed {
                let _ = writeln!(out, "  <testcase classname=\"{class}\" name=\"{name}\"/>");
            } else {
                let _ = write!(
                    out,
                    "  <testcase classname=\"{class}\" name=\"{name}\">\n    <failure message=\"{}\">\
                     {}</failure>\n  </testcase>\n",
                    escape(&verdict.found),
                    escape(&format!(
                        "rule: {}\nexpected: {}\nremedy: {}",
                        verdict.rule, verdict.expected, verdict.remedy
                    ))
                );
            }
        }
        out.push_str("</testsuite>\n");
        out
    }

    /// A page of its own, in this language with the other beneath each line.
    pub fn to_html(&self, language: Language) -> String {
        let other = match language {
            Language::En => Language::Vi,
            Language::Vi => Language::En,
        };
        let say = |phrase: ProcedurePhrase| phrase.text(language);
        let title = format!(
            "{} · {}",
            say(ProcedurePhrase::ConformanceReport),
            self.organ
        );
        let mut out = String::new();
        // Writing to a String cannot fail.
        let _ = page::open(&mut out, language.as_str(), &title);
        let _ = write!(
            out,
            "<p>{} / {} {}</p>\n<table>\n<tr>",
            self.passed(),
            ConformanceTest::all().count(),
            say(ProcedurePhrase::Passed)
        );
        for phrase in [
            ProcedurePhrase::Test,
            ProcedurePhrase::RestsOn,
            ProcedurePhrase::SentToCandidate,
            ProcedurePhrase::Expected,
            ProcedurePhrase::Found,
        ] {
            let _ = write!(out, "<th>{}</th>", say(phrase));
        }
        out.push_str("</tr>\n");
        for verdict in &self.verdicts {
            out.push_str(&row(verdict, language, other));
        }
        out.push_str("</table>\n");
        page::close(&mut out);
        out
    }
}

fn row(verdict: &v1::ConformanceVerdict, language: Language, other: Language) -> String {
    let pick = |language: Language, english: &str, vietnamese: &str| match language {
        Language::En => escape(english),
        Language::Vi => escape(vietnamese),
    };
    let both = |english: &str, vietnamese: &str| {
        format!(
            "<td>{}<br><small lang=\"{}\">{}</small></td>",
            pick(language, english, vietnamese),
            other.as_str(),
            pick(other, english, vietnamese)
        )
    };
    let test = ConformanceTest::from_id(&verdict.test);
    let basis = |language| {
        test.map_or_else(
            || verdict.rule.clone(),
            |test| basis_text(test.basis(), language).to_owned(),
        )
    };
    let title = |language| {
        test.map_or_else(
            || verdict.title.clone(),
            |test| test_title(test, language).to_owned(),
        )
    };
    let [mark, class] = if verdict.passed {
        ["✓", "good"]
    } else {
        ["✗", "bad"]
    };
    let word = if verdict.passed {
        ProcedurePhrase::Passed
    } else {
        ProcedurePhrase::Failed
    };
    let found = if verdict.passed {
        both(&verdict.found, &verdict.found_vi)
    } else {
        both(
            &format!("{}. {}", verdict.found, verdict.remedy),
            &format!("{}. {}", verdict.found_vi, verdict.remedy_vi),
        )
    };
    format!(
        "<tr class=\"{class}\"><td><b>{mark} {}</b> {}<br>{}<br><small lang=\"{}\">{}</small></td>{}{}{}{found}</tr>\n",
        escape(&verdict.test),
        word.text(language),
        escape(&title(language)),
        other.as_str(),
        escape(&title(other)),
        both(&basis(Language::En), &basis(Language::Vi)),
        both(&verdict.sent, &verdict.sent_vi),
        both(&verdict.expected, &verdict.expected_vi),
    )
}

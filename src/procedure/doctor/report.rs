//! A diagnosis for people and for programs.

use std::fmt::Write as _;

use serde_json::Value;
use serde_json::json;

use super::Diagnosis;
use super::check::Verdict;
use super::code::Code;
use super::said::Fact;
use super::said::Sentence;
use crate::text::DoctorPhrase;
use crate::text::Language;

impl Diagnosis {
    /// A line for each check; what is wrong and what to do about it below.
    pub fn to_text(&self, language: Language) -> String {
        let mut out = String::new();
        // Writing to a String cannot fail.
        let _ = self.write(&mut out, language);
        out
    }

    fn write(&self, out: &mut String, language: Language) -> std::fmt::Result {
        let heading = [Fact::text(&self.hub), Fact::text(self.organ)];
        let heading = Sentence::new(DoctorPhrase::Heading, heading);
        writeln!(out, "{}\n", heading.said(language))?;
        let titles = self.checks.iter().map(|check| check.name().title(language));
        let width = titles.map(|title| title.chars().count()).max().unwrap_or(0);
        for check in &self.checks {
            let (mark, title) = (check.verdict().mark(), check.name().title(language));
            write!(out, "{mark} {title:width$}  ")?;
            let Some(cause) = check.cause(language) else {
                writeln!(out, "{}", check.found(language).unwrap_or_default())?;
                continue;
            };
            let Some(code) = check.code() else {
                writeln!(out, "{cause}")?;
                continue;
            };
            writeln!(out, "{}", code.as_str())?;
            let lines = [
                (DoctorPhrase::Cause, Some(cause)),
                (DoctorPhrase::Remedy, check.remedy(language)),
            ];
            for (label, said) in lines {
                let said = said.unwrap_or_default();
                writeln!(out, "    {}: {said}", label.text(language))?;
            }
        }
        writeln!(out, "\n{}", self.conclusion(language))
    }

    /// Whether all is well, or where to begin.
    pub fn conclusion(&self, language: Language) -> String {
        let count = |verdict| {
            let count = self.of(verdict).count();
            Fact::Count(u64::try_from(count).unwrap_or(u64::MAX))
        };
        let sentence = match self.first_failed() {
            Some(check) => {
                let title = Fact::text(check.name().title(language));
                let code = Fact::text(check.code().map_or("", Code::as_str));
                let facts = [count(Verdict::Failed), title, code];
                Sentence::new(DoctorPhrase::Unhealthy, facts)
            }
            None if self.of(Verdict::Warning).next().is_some() => {
                Sentence::new(DoctorPhrase::HealthyWarned, [count(Verdict::Warning)])
            }
            None => DoctorPhrase::Healthy.into(),
        };
        sentence.said(language)
    }

    /// Field names are a contract: fields may be added, never renamed.
    pub fn to_json(&self) -> Value {
        let checks = self.checks.iter().map(|check| {
            let took_ms = u64::try_from(check.took().as_millis()).unwrap_or(u64::MAX);
            json!({
                "name": check.name().as_str(),
                "verdict": check.verdict().as_str(),
                "code": check.code().map(Code::as_str),
                "found": check.found(Language::En),
                "found_vi": check.found(Language::Vi),
                "cause": check.cause(Language::En),
                "cause_vi": check.cause(Language::Vi),
                "remedy": check.remedy(Language::En),
                "remedy_vi": check.remedy(Language::Vi),
                "took_ms": took_ms,
            })
        });
        json!({
            "hub": self.hub.to_string(),
            "organ": self.organ.to_string(),
            "healthy": self.is_healthy(),
            "checks": checks.collect::<Value>(),
        })
    }
}

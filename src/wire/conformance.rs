//! Tasks and verdicts of the conformance suite, with their texts in both languages.

use jiff::Timestamp;

use super::document::timestamp;
use super::v1;
use crate::model::conformance::ConformanceTest;
use crate::model::conformance::Finding;
use crate::text::Language;
use crate::text::basis_text;
use crate::text::finding_text;
use crate::text::test_asked;
use crate::text::test_expected;
use crate::text::test_remedy;
use crate::text::test_title;

/// A task, without what it is about.
pub fn task(test: ConformanceTest, attempt: u32, seconds: u32) -> v1::ConformanceTask {
    v1::ConformanceTask {
        test: test.id().to_owned(),
        title: test_title(test, Language::En).to_owned(),
        title_vi: test_title(test, Language::Vi).to_owned(),
        rule: basis_text(test.basis(), Language::En).to_owned(),
        attempt,
        seconds,
        task: None,
    }
}

/// The verdict on a test.
pub fn verdict(
    test: ConformanceTest,
    attempt: u32,
    finding: &Finding,
    at: Timestamp,
) -> v1::ConformanceVerdict {
    let passed = *finding == Finding::AsExpected;
    let remedy = |language| {
        let text = if passed {
            ""
        } else {
            test_remedy(test, language)
        };
        text.to_owned()
    };
    v1::ConformanceVerdict {
        test: test.id().to_owned(),
        title: test_title(test, Language::En).to_owned(),
        title_vi: test_title(test, Language::Vi).to_owned(),
        rule: basis_text(test.basis(), Language::En).to_owned(),
        sent: test_asked(test, Language::En).to_owned(),
        sent_vi: test_asked(test, Language::Vi).to_owned(),
        expected: test_expected(test, Language::En).to_owned(),
        expected_vi: test_expected(test, Language::Vi).to_owned(),
        found: finding_text(finding, Language::En),
        found_vi: finding_text(finding, Language::Vi),
        passed,
        remedy: remedy(Language::En),
        remedy_vi: remedy(Language::Vi),
        attempt,
        at: Some(timestamp(at)),
    }
}

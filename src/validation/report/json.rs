//! The report for programs, and the way back to the facts in it.

use serde::Deserialize as _;
use serde_json::Value;
use serde_json::json;

use super::NotAReport;
use super::Report;
use crate::text::Language;
use crate::validation::examination::Examination;
use crate::validation::finding::Finding;
use crate::validation::finding::Indication;
use crate::validation::finding::Verdict;
use crate::validation::time_stamps::JudgedStamp;

/// The report.
pub(super) fn of(report: &Report) -> Value {
    let judged = &report.judged;
    let signatures: Vec<Value> = judged
        .signatures
        .iter()
        .zip(&report.examination.signatures)
        .map(|(signature, placed)| {
            let blocks = signature.blocks.iter().map(|(block, findings)| {
                let mut value = verdict(Verdict::of(findings.iter()));
                value["block"] = block.as_str().into();
                value["findings"] = findings.iter().map(finding).collect();
                value["reached"] = (!findings.is_empty()).into();
                value
            });
            let certificate = placed.facts.certificate.as_ref();
            let mut value = verdict(signature.verdict);
            value["signer"] = certificate.map(|found| found.subject.as_str()).into();
            value["organ"] = certificate.and_then(|found| found.organ.as_deref()).into();
            value["signing_time"] = placed.facts.signing_time.map(|at| at.to_string()).into();
            value["blocks"] = blocks.collect();
            value["path"] = signature.path.into();
            value["proved_at"] = signature.proved.map(|at| at.to_string()).into();
            value["is_time_stamp"] = placed.is_time_stamp().into();
            value["time_stamps"] = signature.time_stamps.iter().map(stamp).collect();
            value
        })
        .collect();
    let mut value = verdict(judged.verdict);
    value["file"] = report.examination.file.as_str().into();
    value["policy"] = report.policy.as_str().into();
    value["judged_again"] = report.is_judged_again.into();
    value["legal_value"] = judged.legal_value.map(|value| value.as_str()).into();
    value["findings"] = judged.findings.iter().map(finding).collect();
    value["signatures"] = signatures.into();
    // Plain values of our own: they can always be written.
    value["examination"] = serde_json::to_value(&report.examination).unwrap_or_default();
    value
}

/// The facts of a report that was written before.
///
/// # Errors
/// [`NotAReport`].
pub(super) fn examination(report: &[u8]) -> Result<Examination, NotAReport> {
    let mut report: Value =
        serde_json::from_slice(report).map_err(|error| NotAReport(error.to_string()))?;
    let facts = report.get_mut("examination").map(Value::take);
    let facts = facts.ok_or_else(|| NotAReport("it has no `examination`".to_owned()))?;
    Examination::deserialize(facts).map_err(|error| NotAReport(error.to_string()))
}

fn verdict(verdict: Verdict) -> Value {
    json!({
        "indication": verdict.indication.as_str(),
        "sub_indication": verdict.sub_indication.map(|sub| sub.as_str()),
    })
}

/// A time stamp: whether it is proof, and if not, why.
fn stamp(stamp: &JudgedStamp) -> Value {
    let said = stamp.finding();
    let doubt = stamp.doubt.as_ref();
    json!({
        "kind": stamp.kind,
        "time": stamp.time.map(|at| at.to_string()),
        "authority": stamp.authority,
        "indication": doubt.map_or(Indication::Passed, Finding::indication).as_str(),
        "sub_indication": doubt.and_then(|doubt| doubt.wrong).map(|sub| sub.as_str()),
        "en": said.said(Language::En),
        "vi": said.said(Language::Vi),
    })
}

fn finding(finding: &Finding) -> Value {
    json!({
        "indication": finding.indication().as_str(),
        "sub_indication": finding.wrong.map(|sub| sub.as_str()),
        "en": finding.said(Language::En),
        "vi": finding.said(Language::Vi),
    })
}

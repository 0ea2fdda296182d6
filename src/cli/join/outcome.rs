//! What is said and written when the steps are over.

use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use serde_json::Value;
use serde_json::json;

use super::arguments::Arguments;
use super::walk::Walked;
use super::walk::say_filled;
use crate::axis::OwnHub;
use crate::axis::pki;
use crate::cli::exit::Failure;
use crate::cli::output;
use crate::clock::Clock;
use crate::model::DocumentCode;
use crate::model::DocumentHeader;
use crate::model::DocumentId;
use crate::model::OrganId;
use crate::model::Recipients;
use crate::model::ResponseFor;
use crate::model::calendar::local;
use crate::model::joining::STAGES;
use crate::node::Draft;
use crate::node::Outcome;
use crate::node::Signing;
use crate::procedure::Candidate;
use crate::procedure::ConformanceReport;
use crate::procedure::Journey;
use crate::procedure::Papers;
use crate::procedure::Produced;
use crate::text::Language;
use crate::text::ProcedurePhrase;
use crate::trust::Engine;
use crate::trust::Examiner;
use crate::trust::sha256;
use crate::validation;
use crate::validation::Input;
use crate::validation::Policy;
use crate::validation::Report;

/// What finishing looks at.
pub(super) struct Finish<'a> {
    pub(super) arguments: &'a Arguments,
    pub(super) journey: &'a Journey,
    pub(super) own: Option<&'a OwnHub>,
    pub(super) walked: &'a Walked,
    pub(super) begun: Instant,
    pub(super) directory: &'a Path,
    pub(super) clock: &'a Clock,
    pub(super) language: Language,
}

/// Tells and writes what came of it.
pub(super) async fn finish(finish: Finish<'_>) -> Result<(), Failure> {
    let Finish {
        arguments,
        journey,
        own,
        walked,
        begun,
        directory,
        clock,
        language,
    } = finish;
    let elapsed = clock.monotonic() - begun;
    let first = journey.first_document();
    let first_ms = first.map(|first| (first.received_at - begun).as_millis());
    let arrived = walked
        .done
        .iter()
        .any(|done| matches!(done.produced, Produced::Activation { stage, .. } if stage >= STAGES));
    let mut answer = None;
    let mut verified = None;
    if arrived {
        let papers =
            Papers::open(directory).map_err(|error| Failure::input("open the directory", error))?;
        if let (Some(own), Some(first)) = (own, first) {
            answer = exchange_back(
                own,
                journey.locality().organ,
                &first.document_id,
                &papers,
                clock,
            )
            .await?;
        }
        verified = verify(&papers, clock)?;
        if let Some((file, verdict)) = &verified {
            let facts = [file.clone(), verdict.clone()];
            say_filled(
                arguments,
                ProcedurePhrase::ReadinessVerified,
                &facts,
                language,
            )?;
        }
        if let Some(answer) = &answer {
            let facts = std::slice::from_ref(answer);
            say_filled(arguments, ProcedurePhrase::AnswerReceived, facts, language)?;
        }
        if let Some(first_ms) = first_ms {
            let facts = [
                format!("{:.1}", elapsed.as_secs_f64()),
                format!("{:.1}", first_ms as f64 / 1000.0),
            ];
            say_filled(arguments, ProcedurePhrase::AllDone, &facts, language)?;
        }
    }
    let kept = [directory.display().to_string()];
    say_filled(arguments, ProcedurePhrase::KeptIn, &kept, language)?;
    write(
        arguments, journey, walked, first_ms, verified, answer, language,
    )
}

fn write(
    arguments: &Arguments,
    journey: &Journey,
    walked: &Walked,
    first_ms: Option<u128>,
    verified: Option<(String, String)>,
    answer: Option<String>,
    language: Language,
) -> Result<(), Failure> {
    let sequence = journey.sequence();
    if let Some(path) = &arguments.trace {
        let text = sequence.text(language);
        if path.as_os_str() == "-" {
            output::print(&text)?;
        } else {
            pki::write_file(path, text.as_bytes())?;
        }
    }
    if let Some(path) = &arguments.svg {
        pki::write_file(path, sequence.svg(language).as_bytes())?;
    }
    if let Some(path) = &arguments.html
        && let Some(report) = report(journey.locality().organ, walked)
    {
        pki::write_file(path, report.to_html(language).as_bytes())?;
    }
    let Some(path) = &arguments.json else {
        return Ok(());
    };
    let steps: Vec<Value> = walked
        .done
        .iter()
        .map(|done| {
            json!({
                "name": done.step.as_str(),
                "actor": done.step.actor().as_str(),
                "state": done.state.as_str(),
                "ms": u64::try_from(done.took.as_millis()).unwrap_or(u64::MAX),
                "before": done.before,
            })
        })
        .collect();
    let capacity = walked.done.iter().find_map(|done| match &done.produced {
        Produced::Capacity { result, .. } => Some(json!({
            "asked": result.asked,
            "recorded": result.recorded,
            "per_second": result.per_second,
            "p99_us": result.p99_us,
            "own_p99_us": result.own_p99_us,
        })),
        _ => None,
    });
    let value = json!({
        "organ": journey.locality().organ.to_string(),
        "steps": steps,
        "first_document_ms": first_ms.map(|ms| u64::try_from(ms).unwrap_or(u64::MAX)),
        "first_document": journey.first_document().map(|first| first.document_id.to_string()),
        "answer": answer,
        "certificate": verified.as_ref().map(|(file, _)| file),
        "certificate_verified": verified.as_ref().map(|(_, verdict)| verdict),
        "conformance": report(journey.locality().organ, walked).map(|report| report.to_json()),
        "capacity": capacity,
        "sequence": sequence.json(),
    });
    output::json(path, &value)
}

fn report(organ: OrganId, walked: &Walked) -> Option<ConformanceReport> {
    walked.done.iter().find_map(|done| match &done.produced {
        Produced::Conformance(verdicts) => Some(ConformanceReport {
            organ,
            verdicts: verdicts.clone(),
        }),
        _ => None,
    })
}

/// The Government Office answers, and the locality takes the answer in; gives its identity.
async fn exchange_back(
    own: &OwnHub,
    organ: OrganId,
    first: &DocumentId,
    papers: &Papers,
    clock: &Clock,
) -> Result<Option<String>, Failure> {
    let bad = |error: &dyn std::fmt::Display| Failure::input("answer the locality", error);
    let now = clock.now();
    let day = local(now);
    let number = now.as_millisecond().rem_euclid(86_400_000).to_string();
    let code = DocumentCode::new(&number, "VPCP-KSTT").map_err(|error| bad(&error))?;
    let office = own.office.organ();
    let draft = Draft {
        header: DocumentHeader {
            response_for: vec![ResponseFor {
                organ,
                document_id: first.clone(),
            }],
            ..DocumentHeader::letter(
                DocumentId::new(office, day.date(), code),
                Recipients::try_from(vec![organ]).map_err(|error| bad(&error))?,
                "V/v kết nối Trục liên thông văn bản quốc gia",
            )
        },
        attachments: Vec::new(),
        signing: Signing::Both,
        at: now,
        mistake: None,
    };
    let answer = draft.header.document_id.to_string();
    match own
        .office
        .send(draft, None)
        .await
        .map_err(|error| bad(&error))?
    {
        Outcome::Accepted(_) => {}
        Outcome::Refused { reason, message } => {
            return Err(bad(&format!("{} {message}", reason.as_str())));
        }
    }
    let identity = papers.identity().map_err(|error| bad(&error))?;
    let mut locality = Candidate::new(&own.url(), organ, Arc::new(identity), clock.clone())
        .map_err(|error| bad(&error))?;
    let taken = locality
        .take_pending()
        .await
        .map_err(|error| bad(&error.message()))?;
    Ok(taken.contains(&answer).then_some(answer))
}

/// The readiness certificate's file, and what `docaxis verify` says of it, from the papers alone.
fn verify(papers: &Papers, clock: &Clock) -> Result<Option<(String, String)>, Failure> {
    let bad = |error: &dyn std::fmt::Display| Failure::input("verify the certificate", error);
    let Some(pdf) = papers.readiness().map_err(|error| bad(&error))? else {
        return Ok(None);
    };
    let anchors = papers
        .anchors()
        .map_err(|error| bad(&error))?
        .unwrap_or_default();
    let lists = pki::read_lists(papers.directory())?;
    let examiner = Examiner::new(&anchors, lists, Engine::shared()).map_err(|error| bad(&error))?;
    let file = papers
        .directory()
        .join("readiness.pdf")
        .display()
        .to_string();
    let input = Input {
        file: &file,
        bytes: &pdf,
        content: None,
        certificates: &[],
    };
    let found = validation::examine(&examiner, &[input], clock.now()).pop();
    let examination = found
        .ok_or_else(|| bad(&"nothing was found"))?
        .map_err(|error| bad(&error))?;
    let report = Report::new(examination, &Policy::default());
    let verdict = report.verdict().indication.as_str().to_owned();
    tracing::debug!(sha256 = %sha256(&pdf), verdict, "readiness certificate verified");
    Ok(Some((file, verdict)))
}

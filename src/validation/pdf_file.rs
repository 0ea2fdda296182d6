//! The signatures of a PDF, and what was done to it after each.

use super::examination::Coverage;
use super::examination::Examination;
use super::examination::Placed;
use super::later::Later;
use crate::pdf::PdfSignature;
use crate::pdf::SignedPdf;
use crate::trust::Examined;
use crate::trust::Examiner;
use crate::trust::NotExamined;
use crate::trust::SignatureFacts;
use crate::trust::SignerProblem;

/// Examines one signature after another: together, what they cover would be in memory as often as there
/// are.
pub(super) fn examine(
    examiner: &Examiner,
    file: &[u8],
    certificates: &[Vec<u8>],
    examination: &mut Examination,
) {
    let pdf = match SignedPdf::read(file) {
        Ok(pdf) => pdf,
        Err(error) => {
            examination.unexamined = Some(error.to_string());
            return;
        }
    };
    if pdf.is_damaged {
        let problem =
            "the tables of its objects are damaged, and programs may show different things";
        examination.unexamined = Some(problem.to_owned());
    }
    let (stored, lists) = pdf.validation_data();
    let certificates = [certificates, &stored].concat();
    let along = Along {
        certificates: &certificates,
        lists: &lists,
    };
    for signature in &pdf.signatures {
        match signature {
            Ok(signature) => {
                let coverage = Coverage {
                    signed_to: signature.signed_to as u64,
                    of: file.len() as u64,
                };
                let later = Later::new(&signature.permission, pdf.changes_since(signature));
                for facts in facts_of(examiner, file, signature, along) {
                    examination.signatures.push(Placed {
                        coverage: Some(coverage),
                        later: Some(later.clone()),
                        facts,
                    });
                }
            }
            Err(broken) => {
                let problem = format!("the value of field {}: {}", broken.field, broken.problem);
                examination.signatures.push(Placed {
                    coverage: None,
                    later: None,
                    facts: SignatureFacts::unreadable(SignerProblem::Malformed(problem)),
                });
            }
        }
    }
}

/// Certificates and lists that help to follow paths.
#[derive(Clone, Copy)]
struct Along<'a> {
    certificates: &'a [Vec<u8>],
    lists: &'a [Vec<u8>],
}

fn facts_of(
    examiner: &Examiner,
    file: &[u8],
    signature: &PdfSignature,
    along: Along<'_>,
) -> Vec<SignatureFacts> {
    let unreadable = |problem| vec![SignatureFacts::unreadable(problem)];
    if !signature.is_detached_cms() && !signature.is_time_stamp() {
        let kind = format!("a PDF signature of the kind `{}`", signature.sub_filter);
        return unreadable(SignerProblem::Unsupported(kind));
    }
    let cms = signature.cms(file);
    let content = signature.content(file);
    let examined = Examined {
        signature: &cms,
        content: Some(&content),
        certificates: along.certificates,
        lists: along.lists,
    };
    if signature.is_time_stamp() {
        return vec![examiner.examine_time_stamp(&examined)];
    }
    match examiner.examine(&[examined]).pop() {
        Some(Ok(mut all)) => {
            for facts in &mut all {
                facts.signing_time = facts.signing_time.or(signature.signing_time);
            }
            all
        }
        Some(Err(NotExamined::Malformed(problem) | NotExamined::Unsigned(problem))) => {
            unreadable(SignerProblem::Malformed(problem.to_owned()))
        }
        Some(Err(NotExamined::Limit(problem))) => {
            unreadable(SignerProblem::Unsupported(problem.to_owned()))
        }
        Some(Err(NotExamined::NotCms)) => unreadable(SignerProblem::Malformed(
            "its Contents is not a CMS".to_owned(),
        )),
        None => Vec::new(),
    }
}

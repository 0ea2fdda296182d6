//! Every text exists in both languages, differs between them, and carries the facts.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use super::explanation::file;
use super::*;
use crate::model::CertificateUse;
use crate::model::DocumentId;
use crate::model::Fault;
use crate::model::FieldViolation;
use crate::model::OrganId;
use crate::model::Reason;
use crate::model::Stage;
use crate::model::StatusCode;
use crate::model::TransitionError;
use crate::model::joining::JoiningState;
use crate::model::joining::Step;

/// One refusal per reason whose text facts are recognisable, in the order of [`Reason::ALL`].
fn refusals() -> Vec<Refusal> {
    let text = |fact: &str| format!("<{fact}>");
    let organ = |code: &str| code.parse::<OrganId>().unwrap();
    let document_id: DocumentId = "000.00.00.G22,2019/03/12,7/VPCP-TTĐT".parse().unwrap();
    let (subject, problem) = (text("subject"), text("problem"));
    let (hanoi, office) = (organ("000.00.00.H26"), OrganId::government_office());
    vec![
        Refusal::AgencyUnknown { organ: hanoi },
        Refusal::ApplicationExists { organ: hanoi },
        Refusal::ApplicationUnknown { organ: hanoi },
        Refusal::AttachmentMissing {
            name: text("name"),
            sha256: text("sha256"),
        },
        Refusal::CertificateExpired {
            subject: subject.clone(),
            not_after: text("end"),
            at: text("at"),
        },
        Refusal::CertificateNotYetValid {
            subject: subject.clone(),
            not_before: text("start"),
            at: text("at"),
        },
        Refusal::CertificateRevoked {
            subject: subject.clone(),
            serial: text("serial"),
        },
        Refusal::CertificateUsage {
            subject: subject.clone(),
            problem: problem.clone(),
        },
        Refusal::ChainUntrusted {
            subject: subject.clone(),
            problem: problem.clone(),
        },
        Refusal::ClockSkew {
            field: text("field"),
            found: text("found"),
            hub: text("hub"),
        },
        Refusal::CsrInvalid {
            usage: CertificateUse::Seal,
            problem: problem.clone(),
        },
        Refusal::DigestMismatch {
            what: text("what"),
            expected: text("want"),
            found: text("found"),
        },
        Refusal::DocumentArchived {
            document_id: document_id.clone(),
        },
        Refusal::DocumentRecalled {
            document_id: document_id.clone(),
        },
        Refusal::DocumentUnknown {
            document_id: text("document"),
        },
        Refusal::DuplicateDocument {
            document_id: document_id.clone(),
        },
        Refusal::HeaderInvalid {
            violations: vec![
                FieldViolation::new("<subject>", "<too long>"),
                FieldViolation::new("<to>", "<empty>"),
            ],
        },
        Refusal::JoiningClosed,
        Refusal::OperatorOnly {
            caller: hanoi,
            operator: office,
        },
        Refusal::Overloaded { what: text("what") },
        Refusal::QuotaExceeded {
            organ: hanoi,
            what: text("what"),
        },
        Refusal::ReadinessMissing {
            organ: hanoi,
            problem: problem.clone(),
        },
        Refusal::RecipientLocked { organ: hanoi },
        Refusal::RecipientUnknown {
            organ: text("organ"),
        },
        Refusal::RevocationUnknown {
            subject,
            problem: problem.clone(),
        },
        Refusal::SecretRefused {
            secrecy: text("Mật"),
        },
        Refusal::SenderMismatch {
            certificate: hanoi,
            header: office,
        },
        Refusal::SenderNotActive {
            organ: hanoi,
            state: text("state"),
        },
        Refusal::ShuttingDown,
        Refusal::SignatureInvalid {
            problem: problem.clone(),
        },
        Refusal::SignerMismatch {
            certificate: text("organ"),
            sender: hanoi,
        },
        Refusal::StepNotAllowed {
            organ: hanoi,
            state: JoiningState::Applied,
            waits_for: Some(Step::Codes),
        },
        Refusal::StorageFull {
            problem: problem.clone(),
        },
        Refusal::StorageUnavailable {
            problem: problem.clone(),
        },
        Refusal::StreamIdle { limit_s: 61 },
        Refusal::SubscriptionReplaced { organ: hanoi },
        Refusal::TestsExhausted {
            organ: hanoi,
            test: text("test"),
            runs: 3,
        },
        Refusal::TooLarge {
            what: text("what"),
            found: 262_145,
            limit: 262_144,
        },
        Refusal::TransitionNotAllowed {
            document_id,
            from: Stage::Finished,
            to: StatusCode::Accepted,
            problem: TransitionError::TooOften {
                answered: 12,
                most: 13,
            },
        },
        Refusal::UnauthenticatedPeer { problem },
    ]
}

/// The facts of a refusal as its debug form shows them: identifiers, quoted texts and numbers.
fn facts(refusal: &Refusal) -> BTreeSet<String> {
    let shown = format!("{refusal:?}");
    let mut facts: BTreeSet<String> = shown
        .split('"')
        .skip(1)
        .step_by(2)
        .filter(|fact| fact.starts_with('<'))
        .map(Into::into)
        .collect();
    for part in shown.split("OrganId(").skip(1) {
        facts.extend(part.split(')').next().map(str::to_owned));
    }
    for field in ["found: ", "limit: ", "limit_s: "] {
        let number = shown.split(field).nth(1).unwrap_or_default();
        facts.extend(
            number
                .split([',', ' '])
                .next()
                .filter(|n| n.parse::<u64>().is_ok())
                .map(Into::into),
        );
    }
    facts
}

fn is_sentence(text: &str) -> bool {
    !text.is_empty() && text.trim() == text && !text.contains('\n') && !text.contains("  ")
}

#[test]
fn the_sample_has_one_refusal_per_reason() {
    let reasons: Vec<Reason> = refusals().iter().map(Refusal::reason).collect();
    assert_eq!(reasons, Reason::ALL);
}

#[test]
fn every_refusal_carries_its_facts_in_both_languages() {
    for refusal in refusals() {
        let facts = facts(&refusal);
        assert_eq!(
            facts.is_empty(),
            matches!(refusal, Refusal::ShuttingDown | Refusal::JoiningClosed),
            "{refusal:?}"
        );
        for language in Language::ALL {
            let text = describe(&refusal, language);
            assert!(is_sentence(&text) && !text.ends_with('.'), "{text}");
            for fact in &facts {
                assert!(text.contains(fact), "{text}: lacks {fact}");
            }
        }
        assert_ne!(
            describe(&refusal, Language::En),
            describe(&refusal, Language::Vi)
        );
    }
}

#[test]
fn descriptions_read_as_written() {
    let all = |language| {
        let line = |refusal: &Refusal| {
            format!(
                "{}: {}\n",
                refusal.reason().as_str(),
                describe(refusal, language)
            )
        };
        refusals().iter().map(line).collect::<String>()
    };
    insta::assert_snapshot!("refusals_en", all(Language::En));
    insta::assert_snapshot!("refusals_vi", all(Language::Vi));
}

#[test]
fn every_reason_is_explained_in_both_languages() {
    for reason in Reason::ALL {
        let (english, vietnamese) = (
            explain(*reason, Language::En),
            explain(*reason, Language::Vi),
        );
        for text in [
            english.what_happened,
            english.what_to_do,
            vietnamese.what_happened,
            vietnamese.what_to_do,
        ] {
            assert!(
                is_sentence(text) && text.ends_with('.'),
                "{reason:?}: {text}"
            );
        }
        assert_ne!(english.what_happened, vietnamese.what_happened);
        assert_ne!(english.what_to_do, vietnamese.what_to_do);
        assert!(
            !english.what_happened.contains('ă'),
            "{reason:?}: Vietnamese under `en`"
        );
    }
}

#[test]
fn every_file_of_a_reason_has_the_fixed_headings_and_no_other() {
    for reason in Reason::ALL {
        let headings: Vec<&str> = file(*reason)
            .lines()
            .filter(|line| line.starts_with('#'))
            .collect();
        let title = format!("# {}", reason.as_str());
        let expected = [
            title.as_str(),
            "## en",
            "### What happened",
            "### What to do",
            "## vi",
            "### Điều gì đã xảy ra",
            "### Cần làm gì",
        ];
        assert_eq!(headings, expected);
    }
}

#[test]
fn the_folder_holds_the_files_of_the_reasons_and_nothing_else() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/text/reasons");
    let found: BTreeSet<String> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    let expected: BTreeSet<String> = Reason::ALL
        .iter()
        .map(|reason| format!("{}.md", reason.as_str().to_lowercase()))
        .collect();
    assert_eq!(found, expected);
}

#[test]
fn every_phrase_stands_in_both_languages() {
    for language in Language::ALL {
        let texts: BTreeSet<&str> = Phrase::ALL
            .iter()
            .map(|phrase| phrase.text(language))
            .collect();
        assert_eq!(
            texts.len(),
            Phrase::ALL.len(),
            "two phrases read the same in {language:?}"
        );
        assert!(texts.iter().all(|text| is_sentence(text)));
    }
}

#[test]
fn stages_statuses_and_faults_have_names_of_their_own() {
    let faults = [
        Fault::Caller,
        Fault::Hub,
        Fault::Operator,
        Fault::Recipient,
        Fault::Sender,
    ];
    for language in Language::ALL {
        let stages: BTreeSet<String> = Stage::all()
            .map(|stage| stage_name(stage, language))
            .collect();
        assert_eq!(stages.len(), Stage::all().count());
        for code in StatusCode::ALL {
            assert!(status_name(code, language).starts_with(&format!("{:02} ", code.number())));
        }
        let names: BTreeSet<&str> = faults
            .iter()
            .map(|fault| fault_name(*fault, language))
            .collect();
        assert_eq!(names.len(), faults.len());
    }
}

#[test]
fn a_language_is_read_from_its_tag_and_from_a_locale() {
    for language in Language::ALL {
        assert_eq!(language.as_str().parse(), Ok(language));
    }
    assert!("VI".parse::<Language>().is_err());
    for locale in ["vi", "vi_VN", "vi_VN.UTF-8", "vi-VN", "vi.UTF-8", "vi@x"] {
        assert_eq!(
            Language::from_locale(locale),
            Some(Language::Vi),
            "{locale}"
        );
    }
    assert_eq!(Language::from_locale("en_GB.UTF-8"), Some(Language::En));
    for locale in ["", "C", "C.UTF-8", "POSIX", "fr_FR", "vie", "đ"] {
        assert_eq!(Language::from_locale(locale), None, "{locale}");
    }
}

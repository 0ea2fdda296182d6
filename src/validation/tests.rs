//! The judgement on facts, and what reports say of it.

mod cases;
mod paths;
mod stamps;

use jiff::SignedDuration;
use jiff::Timestamp;

use super::*;
use crate::model::LegalValue;
use crate::text::Language;
use crate::trust::CertificateFacts;
use crate::trust::ContentFacts;
use crate::trust::LinkFacts;
use crate::trust::ListFacts;
use crate::trust::PathFacts;
use crate::trust::PathProblem;
use crate::trust::SignatureFacts;
use crate::trust::SigningCertificate;

const DAY: SignedDuration = SignedDuration::from_hours(24);

fn at() -> Timestamp {
    "2019-06-03T02:00:00Z".parse().unwrap()
}

fn link(subject: &str, is_anchor: bool) -> LinkFacts {
    let list = ListFacts {
        this_update: at() - DAY,
        next_update: at() + DAY,
        revoked_at: None,
        reason: 0,
        list: "issuing.crl".to_owned(),
        series: String::new(),
        reasons: ListFacts::ALL_REASONS,
        expired_since: None,
    };
    LinkFacts {
        subject: subject.to_owned(),
        serial: "0a".to_owned(),
        not_before: at() - DAY * 400,
        not_after: at() + DAY * 400,
        is_anchor,
        lists: if is_anchor { Vec::new() } else { vec![list] },
        unused: Vec::new(),
    }
}

/// A signature with which nothing is wrong, by `usage` of Vĩnh Phúc.
fn sound(usage: &str) -> SignatureFacts {
    SignatureFacts {
        problem: None,
        is_bare: false,
        algorithm: Some("RSA".to_owned()),
        digest: Some("SHA-256".to_owned()),
        content: ContentFacts::Intact,
        signing_time: Some(at() - DAY),
        signing_certificate: SigningCertificate::Matches,
        certificate: Some(CertificateFacts {
            subject: format!("CN={usage}"),
            issuer: "CN=issuing".to_owned(),
            serial: "0a".to_owned(),
            not_before: at() - DAY * 100,
            not_after: at() + DAY * 100,
            key: "RSA".to_owned(),
            key_bits: 2048,
            organ: Some("000.00.00.H62".to_owned()),
            usage: Some(usage.to_owned()),
            may_sign: true,
            may_time_stamp: false,
            sha256: "ab".repeat(32),
        }),
        signature: Some(true),
        stamp: None,
        time_stamps: Vec::new(),
        path: PathFacts {
            problem: None,
            links: vec![
                link("CN=signer", false),
                link("CN=issuing", false),
                link("CN=root", true),
            ],
            ..PathFacts::default()
        },
    }
}

fn document(signatures: Vec<SignatureFacts>) -> Examination {
    Examination {
        file: "document.docaxis".to_owned(),
        kind: Kind::Document,
        bytes: 4321,
        sha256: "cd".repeat(32),
        at: at(),
        problem: None,
        unexamined: None,
        document_id: Some("000.00.00.H62,2019/06/02,1/VB-TN".to_owned()),
        sender: Some("000.00.00.H62".to_owned()),
        attachments: Vec::new(),
        signatures: signatures
            .into_iter()
            .map(|facts| Placed {
                coverage: None,
                later: None,
                facts,
            })
            .collect(),
    }
}

/// What a change to a sound signature leads to: the block, and the sub-indication.
fn judged(
    policy: &Policy,
    change: impl FnOnce(&mut SignatureFacts),
) -> (Indication, Option<&'static str>, Option<Block>) {
    let mut facts = sound("seal");
    change(&mut facts);
    let judged = judge(&document(vec![facts]), policy);
    let verdict = judged.signatures[0].verdict;
    let block = judged.signatures[0]
        .blocks
        .iter()
        .find(|(_, findings)| findings.iter().any(|finding| finding.wrong.is_some()))
        .map(|(block, _)| *block);
    let sub = verdict.sub_indication.map(SubIndication::as_str);
    (verdict.indication, sub, block)
}

fn certificate(facts: &mut SignatureFacts) -> &mut CertificateFacts {
    facts.certificate.as_mut().unwrap()
}

/// Revokes the certificate at this place of the path, so long before it is judged.
fn revoke(facts: &mut SignatureFacts, place: usize, before: SignedDuration) {
    for list in &mut facts.path.links[place].lists {
        list.revoked_at = Some(at() - before);
    }
}

#[test]
fn other_proof_of_the_time_settles_what_was_undecided() {
    let policy = Policy {
        trust_signing_time: true,
        ..Policy::default()
    };
    let hour = SignedDuration::from_hours(1);
    let passed = (Indication::Passed, None, None);
    let expired_since = judged(&policy, |facts| certificate(facts).not_after = at() - hour);
    assert_eq!(expired_since, passed);
    let revoked_since = judged(&policy, |facts| revoke(facts, 0, hour));
    assert_eq!(revoked_since, passed);
    // What the signer's own time contradicts stays wrong.
    let revoked_before = judged(&policy, |facts| revoke(facts, 0, DAY * 2));
    assert_eq!(revoked_before.1, Some("REVOKED"));
}

#[test]
fn what_a_policy_asks_for_is_asked_for() {
    let strict = Policy::from_toml(
        "algorithms = [\"ECDSA\"]\nrsa_bits_min = 3072\nrequire_signing_time = true\n",
    )
    .unwrap();
    assert_eq!(
        judged(&strict, |_| {}).1,
        Some("CRYPTO_CONSTRAINTS_FAILURE")
    );
    let timeless = Policy {
        require_signing_time: true,
        ..Policy::default()
    };
    let found = judged(&timeless, |facts| facts.signing_time = None);
    assert_eq!(found.1, Some("SIG_CONSTRAINTS_FAILURE"));
    let lax = Policy {
        revocation: RevocationRule::IfPresent,
        ..Policy::default()
    };
    let found = judged(&lax, |facts| facts.path.links[0].lists.clear());
    assert_eq!(found.0, Indication::Passed);
    let revoked = judged(&lax, |facts| revoke(facts, 0, DAY * 2));
    assert_eq!(revoked.1, Some("REVOKED"));
}

#[test]
fn the_policy_in_the_documentation_is_the_default() {
    let page = include_str!("../../docs/validation.md");
    let example = page.split("```toml").nth(1).unwrap();
    let example = example.split("```").next().unwrap();
    assert_eq!(Policy::from_toml(example).unwrap(), Policy::default());
    for sub in SubIndication::ALL {
        assert!(page.contains(&format!("`{}`", sub.as_str())), "{sub:?}");
    }
}

#[test]
fn a_policy_with_a_mistake_is_refused() {
    for (text, expected) in [
        ("rsa_bits = 2048", "unknown field `rsa_bits`"),
        (
            "algorithms = [\"DSA\"]",
            "`DSA` in algorithms is none of RSA",
        ),
        (
            "digests = [\"SHA-1\"]",
            "`SHA-1` in digests is none of SHA-256",
        ),
        ("revocation = \"maybe\"", "unknown variant `maybe`"),
    ] {
        let error = Policy::from_toml(text).unwrap_err().to_string();
        assert!(error.contains(expected), "{error}");
    }
}

#[test]
fn a_document_is_worth_what_its_signers_make_it() {
    let worth = |signatures| judge(&document(signatures), &Policy::default());
    let full = worth(vec![sound("person"), sound("seal")]);
    assert_eq!(full.legal_value, Some(LegalValue::Full));
    assert_eq!(full.verdict.indication, Indication::Passed);
    let by_seal = worth(vec![sound("seal")]);
    assert_eq!(by_seal.legal_value, Some(LegalValue::ReferenceOnly));
    assert_eq!(by_seal.verdict.indication, Indication::Passed);
    let unsigned = worth(Vec::new());
    assert_eq!(unsigned.legal_value, Some(LegalValue::ReferenceOnly));
    assert_eq!(unsigned.verdict.indication, Indication::Indeterminate);
    let mut broken = sound("person");
    broken.signature = Some(false);
    assert_eq!(worth(vec![broken, sound("seal")]).legal_value, None);
    let strict = Policy {
        require_full_legal_value: true,
        ..Policy::default()
    };
    let refused = judge(&document(vec![sound("seal")]), &strict);
    assert_eq!(refused.verdict.indication, Indication::Indeterminate);
}

#[test]
fn an_altered_attachment_fails_a_document_whose_signatures_are_sound() {
    let mut examination = document(vec![sound("person"), sound("seal")]);
    examination.attachments.push(Attachment {
        name: "a.pdf".to_owned(),
        state: AttachmentState::Altered,
    });
    let verdict = judge(&examination, &Policy::default()).verdict;
    assert_eq!(verdict.sub_indication, Some(SubIndication::HashFailure));
    examination.attachments[0].state = AttachmentState::Apart;
    let verdict = judge(&examination, &Policy::default()).verdict;
    assert_eq!(verdict.indication, Indication::Passed);
    let strict = Policy {
        require_attachments: true,
        ..Policy::default()
    };
    let found = judge(&examination, &strict).verdict.sub_indication;
    assert_eq!(found, Some(SubIndication::SignedDataNotFound));
}

#[test]
fn what_follows_the_last_signature_of_a_pdf_is_not_passed_over() {
    let mut examination = document(vec![sound("seal"), sound("person")]);
    examination.kind = Kind::Pdf;
    examination.sender = None;
    let coverage = |signed_to| Some(Coverage { signed_to, of: 900 });
    examination.signatures[0].coverage = coverage(500);
    examination.signatures[1].coverage = coverage(900);
    let verdict = |examination: &Examination, policy: &Policy| judge(examination, policy).verdict;
    let policy = Policy::default();
    assert_eq!(
        verdict(&examination, &policy).indication,
        Indication::Passed
    );
    examination.signatures[1].coverage = coverage(800);
    let found = verdict(&examination, &policy).sub_indication;
    assert_eq!(found, Some(SubIndication::SigConstraintsFailure));
    let lax = Policy {
        allow_pdf_additions: true,
        ..policy
    };
    assert_eq!(verdict(&examination, &lax).indication, Indication::Passed);
}

/// A document with one sound and one doubtful signature, and attachments of every kind.
fn mixed() -> Report {
    let mut person = sound("person");
    person.path.problem = Some(PathProblem::NoAnchor);
    person.path.links.truncate(1);
    person.content = ContentFacts::Altered;
    certificate(&mut person).subject =
        "CN=<script>alert(1)</script> {} \u{1b}[31m\nPASSED \u{202e}".to_owned();
    let mut examination = document(vec![person, sound("seal")]);
    let states = [
        AttachmentState::Intact,
        AttachmentState::Altered,
        AttachmentState::Apart,
    ];
    for state in states {
        examination.attachments.push(Attachment {
            name: "Phụ lục <1>.pdf".to_owned(),
            state,
        });
    }
    Report::new(examination, &Policy::default())
}

#[test]
fn reports_read_well_in_both_languages() {
    let report = mixed();
    for language in Language::ALL {
        let name = |form: &str| format!("{form}_{}", language.as_str());
        insta::assert_snapshot!(name("simple"), report.to_text(Detail::Simple, language));
        insta::assert_snapshot!(name("detailed"), report.to_text(Detail::Detailed, language));
        insta::assert_snapshot!(name("page"), report.to_html(language).replace("><", ">\n<"));
    }
}

#[test]
fn the_json_report_has_the_names_programs_rely_on() {
    insta::assert_snapshot!(
        "json",
        serde_json::to_string_pretty(&mixed().to_json()).unwrap()
    );
}

#[test]
fn a_report_is_judged_again_from_its_own_facts() {
    let report = mixed();
    let written = serde_json::to_vec(&report.to_json()).unwrap();
    let again = Report::again(&written, &Policy::default()).unwrap();
    let mut expected = report.to_json();
    expected["judged_again"] = true.into();
    assert_eq!(again.to_json(), expected);
    for broken in [&b"{}"[..], b"{\"examination\": {}}", b"{", b"[]"] {
        assert!(Report::again(broken, &Policy::default()).is_err());
    }
}

//! Hub, console and `docaxis verify` say the same of one document: the hub's verdict at reception beside a
//! validation report for that instant.

use docaxis::model::CertificateUse;
use docaxis::model::LegalValue;
use docaxis::model::Reason;
use docaxis::trust::Authority;
use docaxis::trust::Credential;
use docaxis::trust::DocumentSigner;
use docaxis::trust::Engine;
use docaxis::trust::Examiner;
use docaxis::trust::KeyKind;
use docaxis::trust::KeyPair;
use docaxis::trust::Policy;
use docaxis::trust::RevokedSerial;
use docaxis::trust::Subject;
use docaxis::trust::TrustStore;
use docaxis::trust::Validity;
use docaxis::trust::verify_document;
use docaxis::validation;
use docaxis::validation::Indication;
use docaxis::wire::v1;
use jiff::SignedDuration;
use jiff::Timestamp;
use prost::Message as _;

use crate::support::HANOI;
use crate::support::VINH_PHUC;
use crate::support::document;
use crate::support::lists;
use crate::support::organ;
use crate::support::start;

const HOUR: SignedDuration = SignedDuration::from_hours(1);
const DAY: SignedDuration = SignedDuration::from_hours(24);

/// A CA, and two signers of Hà Nội whose certificates are valid for ten days around [`start`].
struct Papers {
    authority: Authority,
    signer: DocumentSigner,
    serials: Vec<Vec<u8>>,
}

fn validity() -> Validity {
    Validity {
        not_before: start() - DAY * 5,
        not_after: start() + DAY * 5,
    }
}

fn papers() -> Papers {
    let authority = Authority::create(start() - DAY * 60).unwrap();
    let mut serials = Vec::new();
    let mut credential = |usage| {
        let key = KeyPair::generate(KeyKind::EcdsaP256).unwrap();
        let subject = Subject {
            organ: organ(HANOI),
            usage,
            common_name: HANOI.to_owned(),
        };
        let issued = authority.issue(&key, &subject, validity()).unwrap();
        serials.push(issued.serial);
        Credential::from_pem(&issued.pem_with_chain, &key.to_pkcs8_pem()).unwrap()
    };
    let person = credential(CertificateUse::Person);
    let signer = DocumentSigner::new(person, credential(CertificateUse::Seal));
    Papers {
        authority,
        signer,
        serials,
    }
}

/// What the hub says of a document it receives then.
fn hub(
    anchors: &str,
    crls: &[Vec<u8>],
    document: &v1::SignedDocument,
    at: Timestamp,
) -> Result<LegalValue, Reason> {
    let trust = TrustStore::from_pem(anchors).unwrap();
    trust.replace_crls(crls).unwrap();
    let (header, signature) = (&document.header, &document.signature);
    verify_document(
        &trust,
        &Policy::default(),
        header,
        signature,
        organ(HANOI),
        at,
    )
    .map(|evidence| evidence.legal_value())
    .map_err(|refusal| refusal.reason())
}

/// What a report for that instant says: the value of what passes, or why it does not.
fn report(
    anchors: &str,
    crls: &[Vec<u8>],
    document: &v1::SignedDocument,
    at: Timestamp,
) -> Result<LegalValue, &'static str> {
    let examiner = Examiner::new(anchors, crls.to_vec(), Engine::shared()).unwrap();
    let bytes = document.encode_to_vec();
    let input = validation::Input {
        file: "document",
        bytes: &bytes,
        content: None,
        certificates: &[],
    };
    let found = validation::examine(&examiner, &[input], at).remove(0);
    let judged = validation::judge(&found.unwrap(), &validation::Policy::default());
    match judged.verdict.sub_indication {
        None => {
            assert_eq!(judged.verdict.indication, Indication::Passed);
            Ok(judged.legal_value.unwrap())
        }
        Some(why) => Err(why.as_str()),
    }
}

/// When it was signed, when received, when the seal was revoked; the hub's verdict, the report's.
struct Case {
    what: &'static str,
    signed: Timestamp,
    received: Timestamp,
    revoked: Option<Timestamp>,
    hub: Option<Reason>,
    report: Option<&'static str>,
}

fn cases() -> Vec<Case> {
    let Validity {
        not_before,
        not_after,
    } = validity();
    let minute = SignedDuration::from_mins(1);
    let case = |what, signed, received, revoked, refused: Option<(Reason, &'static str)>| Case {
        what,
        signed,
        received,
        revoked,
        hub: refused.map(|(reason, _)| reason),
        report: refused.map(|(_, why)| why),
    };
    let expired = |why| Some((Reason::CertificateExpired, why));
    let early = Some((Reason::CertificateNotYetValid, "NOT_YET_VALID"));
    let revoked = |why| Some((Reason::CertificateRevoked, why));
    let end = start() + DAY;
    vec![
        case("valid", start(), start() + HOUR, None, None),
        case("to the end", start(), not_after, None, None),
        case("long before", not_before, start(), None, None),
        case(
            "set back to before its end",
            start(),
            not_after + HOUR,
            None,
            expired("OUT_OF_BOUNDS_NO_POE"),
        ),
        case(
            "set back to its first instant",
            not_before,
            not_after + DAY,
            None,
            expired("OUT_OF_BOUNDS_NO_POE"),
        ),
        case(
            "after its end",
            not_after + HOUR,
            not_after + HOUR,
            None,
            expired("EXPIRED"),
        ),
        case(
            "by a clock ahead, after its end",
            not_after + minute,
            not_after - minute,
            None,
            expired("EXPIRED"),
        ),
        case("before its start", not_before - HOUR, start(), None, early),
        case("in 1970", Timestamp::UNIX_EPOCH, start(), None, early),
        case(
            "received before its start",
            not_before + minute,
            not_before - minute,
            None,
            early,
        ),
        case(
            "in the future",
            start() + HOUR,
            start(),
            None,
            Some((Reason::ClockSkew, "SIG_CONSTRAINTS_FAILURE")),
        ),
        case(
            "by a clock ahead",
            start() + minute * 9,
            start(),
            None,
            None,
        ),
        case(
            "revoked before it signed",
            start() + DAY * 2,
            start() + DAY * 2,
            Some(end),
            revoked("REVOKED"),
        ),
        case(
            "revoked before reception",
            start(),
            start() + DAY * 2,
            Some(end),
            revoked("REVOKED_NO_POE"),
        ),
        case(
            "revoked since reception",
            start(),
            start() + HOUR,
            Some(end),
            None,
        ),
    ]
}

#[test]
fn the_hub_and_a_report_for_the_instant_of_reception_agree() {
    let papers = papers();
    let anchors = papers.authority.anchors_pem();
    for case in cases() {
        let revoked: Vec<RevokedSerial> = case
            .revoked
            .map(|at| RevokedSerial {
                serial: papers.serials[1].clone(),
                at,
            })
            .into_iter()
            .collect();
        // A list is not older than what it tells of.
        let listed = case
            .revoked
            .map_or(case.received, |at| at.max(case.received));
        let crls = lists(&papers.authority, &revoked, listed);
        let mut document = document(1, HANOI, &[VINH_PHUC]).unsigned();
        let signature = papers.signer.sign(&document.header, case.signed).unwrap();
        document.signature = signature.into();
        let hub = hub(&anchors, &crls, &document, case.received);
        let report = report(&anchors, &crls, &document, case.received);
        assert_eq!(
            hub,
            case.hub.map_or(Ok(LegalValue::Full), Err),
            "hub: {}",
            case.what
        );
        let expected = case.report.map_or(Ok(LegalValue::Full), Err);
        assert_eq!(report, expected, "report: {}", case.what);
    }
}

/// What the hub does not take for a signature passes nowhere: one that carries content, one that is too long.
#[test]
fn a_form_that_the_hub_does_not_take_passes_in_no_report() {
    let papers = papers();
    let anchors = papers.authority.anchors_pem();
    let crls = lists(&papers.authority, &[], start());
    let signed = |change: &dyn Fn(&mut Vec<u8>)| {
        let mut document = document(1, HANOI, &[VINH_PHUC]).unsigned();
        let mut signature = papers.signer.sign(&document.header, start()).unwrap();
        change(&mut signature);
        document.signature = signature.into();
        document
    };
    type Change<'a> = &'a dyn Fn(&mut Vec<u8>);
    let changes: [(Change<'_>, bool); 3] = [
        (&|_| {}, true),
        // Zeros after it: a PDF may, a document may not.
        (&|signature| signature.extend([0; 4]), false),
        (&|signature| signature.resize(70_000, 0), false),
    ];
    for (change, is_good) in changes {
        let document = signed(change);
        let hub = hub(&anchors, &crls, &document, start());
        let report = report(&anchors, &crls, &document, start());
        assert_eq!((hub.is_ok(), report.is_ok()), (is_good, is_good));
    }
}

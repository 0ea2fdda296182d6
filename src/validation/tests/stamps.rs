//! Time stamps over signatures: what each proves, and that none harms.

use jiff::SignedDuration;
use jiff::Timestamp;

use super::DAY;
use super::at;
use super::certificate;
use super::document;
use super::revoke;
use super::sound;
use crate::text::Language;
use crate::trust::ContentFacts;
use crate::trust::PathProblem;
use crate::trust::SignatureFacts;
use crate::trust::SignerProblem;
use crate::trust::SigningCertificate;
use crate::trust::StampFacts;
use crate::trust::StampKind;
use crate::validation::Coverage;
use crate::validation::Examination;
use crate::validation::Indication;
use crate::validation::Kind;
use crate::validation::Placed;
use crate::validation::Policy;
use crate::validation::Report;
use crate::validation::judge;

const HOUR: SignedDuration = SignedDuration::from_hours(1);

/// A time stamp with which nothing is wrong.
fn stamp(kind: StampKind, time: Timestamp) -> SignatureFacts {
    let mut facts = sound("seal");
    facts.stamp = Some(StampFacts {
        kind,
        digest: Some("SHA-256".to_owned()),
        imprint: ContentFacts::Intact,
        covers: Vec::new(),
    });
    facts.signing_time = Some(time);
    let authority = certificate(&mut facts);
    "CN=authority".clone_into(&mut authority.subject);
    authority.organ = None;
    authority.usage = None;
    authority.may_sign = false;
    authority.may_time_stamp = true;
    facts
}

/// Lets a certificate expire yesterday.
fn expire(facts: &mut SignatureFacts) {
    certificate(facts).not_after = at() - DAY;
    for link in &mut facts.path.links[..1] {
        link.not_after = at() - DAY;
        link.lists[0].this_update = at() - DAY * 2;
    }
}

/// A signature of three days ago whose certificate expired yesterday, with this time stamp.
fn expired(change: impl FnOnce(&mut SignatureFacts)) -> SignatureFacts {
    let mut facts = sound("seal");
    facts.signing_time = Some(at() - DAY * 3);
    expire(&mut facts);
    let mut stamp = stamp(StampKind::Signature, at() - DAY * 3 + HOUR);
    change(&mut stamp);
    facts.time_stamps.push(stamp);
    facts
}

/// Verdict on the first signature.
fn found(examination: &Examination) -> String {
    let judged = judge(examination, &Policy::default());
    said(judged.signatures[0].verdict)
}

fn said(verdict: crate::validation::Verdict) -> String {
    match verdict.sub_indication {
        None => verdict.indication.as_str().to_owned(),
        Some(sub) => format!("{} {}", verdict.indication.as_str(), sub.as_str()),
    }
}

fn of(facts: SignatureFacts) -> String {
    found(&document(vec![facts]))
}

const NO_POE: &str = "INDETERMINATE OUT_OF_BOUNDS_NO_POE";

#[test]
fn what_expired_or_was_revoked_later_is_judged_as_of_a_good_time_stamp() {
    let mut without = expired(|_| {});
    without.time_stamps.clear();
    assert_eq!(of(without), NO_POE);
    assert_eq!(of(expired(|_| {})), "PASSED");
    // With a list that is in force, and one of the time when the signature was made.
    let mut facts = expired(|_| {});
    facts.path.links[0].lists[0].next_update = at() - DAY * 2;
    assert_eq!(of(facts), "PASSED");
    let mut facts = expired(|_| {});
    facts.path.links[0].lists[0].this_update = at() - DAY * 5;
    facts.path.links[0].lists[0].next_update = at() - DAY * 5;
    assert_eq!(of(facts), "INDETERMINATE TRY_LATER");
    for place in [0, 1] {
        let mut facts = sound("seal");
        revoke(&mut facts, place, HOUR);
        assert_ne!(of(facts.clone()), "PASSED");
        let good = stamp(StampKind::Signature, at() - HOUR * 2);
        facts.time_stamps.push(good);
        assert_eq!(of(facts.clone()), "PASSED");
        facts.time_stamps[0].signing_time = Some(at() - SignedDuration::from_mins(30));
        assert!(of(facts).ends_with("_NO_POE"));
    }
    let mut facts = expired(|_| {});
    facts.path.links[1].not_after = at() - DAY;
    assert_eq!(of(facts), "PASSED");
}

/// Each of an archive is judged as of the newer ones that are over it, in whatever order they stand there.
#[test]
fn a_time_stamp_that_expired_is_judged_as_of_those_over_it() {
    let archived = |covers: [&[usize]; 3]| {
        let mut facts = expired(expire);
        let newest = stamp(StampKind::Archive, at() - DAY - HOUR);
        let mut old = stamp(StampKind::Archive, at() - DAY * 2);
        expire(&mut old);
        facts.time_stamps.extend([newest, old]);
        for (stamp, covers) in facts.time_stamps.iter_mut().zip(covers) {
            stamp.stamp.as_mut().unwrap().covers = covers.to_vec();
        }
        facts
    };
    let proves = |facts: SignatureFacts| {
        let judged = judge(&document(vec![facts]), &Policy::default());
        let stamps = judged.signatures[0].time_stamps.iter();
        stamps
            .map(|stamp| stamp.doubt.is_none())
            .collect::<Vec<_>>()
    };
    assert_eq!(proves(archived([&[], &[], &[]])), [false, true, false]);
    assert_eq!(proves(archived([&[], &[0], &[]])), [true, true, false]);
    assert_eq!(proves(archived([&[], &[2], &[]])), [false, true, true]);
    assert_eq!(proves(archived([&[], &[2], &[0]])), [true, true, true]);
    // What only a forged report can say.
    let beyond = usize::MAX;
    assert_eq!(
        proves(archived([&[2], &[], &[0, beyond]])),
        [false, true, false]
    );
}

/// A newer list, from after the certificate expired, says nothing and takes nothing away.
#[test]
fn a_list_of_the_time_counts_beside_a_newer_one() {
    let mut facts = expired(|_| {});
    let mut newer = facts.path.links[0].lists[0].clone();
    newer.this_update = at() - HOUR;
    newer.next_update = at() + DAY;
    facts.path.links[0].lists.push(newer.clone());
    assert_eq!(of(facts.clone()), "PASSED");
    newer.revoked_at = Some(at() - DAY * 4);
    facts.path.links[0].lists[1] = newer;
    assert_eq!(of(facts), "FAILED REVOKED");
}

type Change = fn(&mut SignatureFacts);

#[test]
fn a_time_stamp_that_is_not_in_order_proves_nothing_and_harms_nothing() {
    let changes: &[(Change, &str)] = &[
        (
            |facts| facts.stamp.as_mut().unwrap().imprint = ContentFacts::Altered,
            "over something else",
        ),
        (
            |facts| facts.stamp.as_mut().unwrap().imprint = ContentFacts::Missing,
            "proves nothing",
        ),
        (
            |facts| facts.stamp.as_mut().unwrap().digest = Some("SHA-1".to_owned()),
            "SHA-1",
        ),
        (
            |facts| facts.content = ContentFacts::Altered,
            "proves nothing",
        ),
        (|facts| facts.signature = Some(false), "proves nothing"),
        (|facts| facts.signature = None, "proves nothing"),
        (
            |facts| facts.path.problem = Some(PathProblem::NoAnchor),
            "no trusted authority",
        ),
        (
            |facts| certificate(facts).may_time_stamp = false,
            "not for time stamps alone",
        ),
        (
            |facts| certificate(facts).not_after = at() - HOUR,
            "expired",
        ),
        (|facts| certificate(facts).key_bits = 1024, "1024"),
        (
            |facts| facts.path.links[0].lists.clear(),
            "no revocation list",
        ),
        (|facts| revoke(facts, 0, HOUR), "was revoked"),
        (|facts| revoke(facts, 1, HOUR), "was revoked"),
        (
            |facts| facts.signing_time = Some(at() + DAY),
            "later than the instant",
        ),
        (
            |facts| facts.signing_certificate = SigningCertificate::Absent,
            "signing-certificate",
        ),
        (
            |facts| facts.signing_certificate = SigningCertificate::Differs,
            "another certificate",
        ),
        (|facts| facts.algorithm = Some("DSA".to_owned()), "DSA"),
        (
            |facts| facts.problem = Some(SignerProblem::Malformed("broken".to_owned())),
            "broken",
        ),
        (
            |facts| facts.problem = Some(SignerProblem::Unsupported("odd".to_owned())),
            "odd",
        ),
        (
            |facts| facts.stamp.as_mut().unwrap().kind = StampKind::Content,
            "over the content",
        ),
    ];
    for (change, expected) in changes {
        let facts = expired(change);
        assert_eq!(of(facts.clone()), NO_POE, "{expected}");
        let report = Report::new(document(vec![facts.clone()]), &Policy::default());
        let json = report.to_json();
        let told = json["signatures"][0]["time_stamps"][0]["en"]
            .as_str()
            .unwrap()
            .to_owned();
        assert!(told.contains(expected), "{told}: {expected}");
        let mut sound = sound("seal");
        sound.time_stamps = facts.time_stamps;
        let stamp = sound.time_stamps[0].stamp.as_ref().unwrap();
        if stamp.kind != StampKind::Content {
            assert_eq!(of(sound), "PASSED", "{expected}");
        }
    }
    // What a policy believes of signers it does not believe of authorities.
    let policy = Policy {
        trust_signing_time: true,
        ..Policy::default()
    };
    let facts = expired(|facts| certificate(facts).not_after = at() - HOUR);
    let judged = judge(&document(vec![facts]), &policy);
    assert_eq!(judged.signatures[0].verdict.indication, Indication::Passed);
    assert_eq!(judged.signatures[0].proved, None);
}

#[test]
fn an_authority_that_expired_counts_by_a_time_stamp_in_or_over_its_own() {
    let mut facts = expired(|stamp| certificate(stamp).not_after = at() - HOUR);
    assert_eq!(of(facts.clone()), NO_POE);
    let inside = stamp(StampKind::Signature, at() - HOUR * 2);
    facts.time_stamps[0].time_stamps.push(inside);
    assert_eq!(of(facts.clone()), "PASSED");
    facts.time_stamps[0].time_stamps[0].signing_time = Some(at());
    assert_eq!(of(facts), NO_POE);
}

/// A PDF of these, each covering so many bytes of a hundred.
fn pdf(all: Vec<(u64, SignatureFacts)>) -> Examination {
    let placed = all.into_iter().map(|(signed_to, facts)| Placed {
        coverage: Some(Coverage { signed_to, of: 100 }),
        later: Some(crate::validation::Later {
            allowed: None,
            names_fields: false,
            changes: Vec::new(),
        }),
        facts,
    });
    Examination {
        kind: Kind::Pdf,
        sender: None,
        signatures: placed.collect(),
        ..document(Vec::new())
    }
}

#[test]
fn a_time_stamp_over_the_document_proves_what_it_covers() {
    let mut signature = expired(|_| {});
    signature.time_stamps.clear();
    let over = stamp(StampKind::Document, at() - DAY * 2);
    let archived = pdf(vec![(50, signature.clone()), (100, over.clone())]);
    let judged = judge(&archived, &Policy::default());
    assert_eq!(said(judged.verdict), "PASSED");
    assert_eq!(judged.signatures[0].proved, Some(at() - DAY * 2));
    let before = pdf(vec![(50, over.clone()), (100, signature.clone())]);
    assert_eq!(
        said(judge(&before, &Policy::default()).signatures[1].verdict),
        NO_POE
    );

    // Its authority has expired since: one more over it.
    let mut old = over.clone();
    certificate(&mut old).not_after = at() - HOUR;
    let alone = pdf(vec![(50, signature.clone()), (80, old.clone())]);
    assert_eq!(found(&alone), NO_POE);
    let newer = stamp(StampKind::Document, at() - HOUR * 2);
    let twice = pdf(vec![(50, signature.clone()), (80, old), (100, newer)]);
    assert_eq!(found(&twice), "PASSED");

    // Of an authority nobody trusts, and broken: the signature is what it was.
    let mut strange = over.clone();
    strange.path.problem = Some(PathProblem::NoAnchor);
    let still = judge(
        &pdf(vec![(50, sound("seal")), (100, strange)]),
        &Policy::default(),
    );
    assert_eq!(said(still.verdict), "PASSED");
    assert_eq!(
        still.signatures[1].verdict.indication,
        Indication::Indeterminate
    );
    let mut broken = over.clone();
    broken.stamp.as_mut().unwrap().imprint = ContentFacts::Altered;
    let still = judge(
        &pdf(vec![(50, sound("seal")), (100, broken)]),
        &Policy::default(),
    );
    assert_eq!(said(still.signatures[0].verdict), "PASSED");
    assert_eq!(said(still.verdict), "INDETERMINATE SIG_CONSTRAINTS_FAILURE");

    // Nobody signed what has time stamps only.
    let alone = judge(&pdf(vec![(100, over)]), &Policy::default());
    assert_eq!(said(alone.signatures[0].verdict), "PASSED");
    assert_eq!(said(alone.verdict), "INDETERMINATE SIG_CONSTRAINTS_FAILURE");
}

#[test]
fn what_is_said_and_proved_must_be_in_order() {
    let with = |signed: Timestamp, stamps: &[(StampKind, Timestamp)]| {
        let mut facts = sound("seal");
        facts.signing_time = Some(signed);
        facts.time_stamps = stamps
            .iter()
            .map(|(kind, time)| stamp(*kind, *time))
            .collect();
        of(facts)
    };
    let (early, late) = (at() - HOUR * 3, at() - HOUR);
    assert_eq!(
        with(
            late,
            &[(StampKind::Content, early), (StampKind::Signature, late)]
        ),
        "PASSED"
    );
    let constraints = "INDETERMINATE SIG_CONSTRAINTS_FAILURE";
    assert_eq!(with(late, &[(StampKind::Signature, early)]), constraints);
    assert_eq!(with(early, &[(StampKind::Content, late)]), constraints);
    let order = "INDETERMINATE TIMESTAMP_ORDER_FAILURE";
    let soon = early + SignedDuration::from_mins(5);
    assert_eq!(
        with(
            early,
            &[(StampKind::Signature, early), (StampKind::Content, soon)]
        ),
        order
    );
    // Signed after a certificate was revoked or expired, whatever the signer says.
    let mut facts = sound("seal");
    facts.time_stamps = vec![stamp(StampKind::Content, at() - HOUR)];
    revoke(&mut facts, 0, HOUR * 2);
    assert_eq!(of(facts), "FAILED REVOKED");
    // Without a time of the signer's own nobody says that it was signed after that.
    let mut facts = sound("seal");
    facts.signing_time = None;
    revoke(&mut facts, 0, HOUR * 2);
    assert_eq!(of(facts.clone()), "INDETERMINATE REVOKED_NO_POE");
    facts.time_stamps = vec![stamp(StampKind::Signature, at() - HOUR * 3)];
    assert_eq!(of(facts), "PASSED");
}

#[test]
fn facts_with_time_stamps_and_older_ones_without_are_judged_again() {
    let policy = Policy::default();
    let report = Report::new(document(vec![expired(|_| {})]), &policy);
    let mut json = report.to_json();
    assert!(
        report
            .to_text(crate::validation::Detail::Simple, Language::Vi)
            .contains("dấu thời gian")
    );
    let again = Report::again(json.to_string().as_bytes(), &policy).unwrap();
    assert_eq!(again.verdict(), report.verdict());
    assert_eq!(json["signatures"][0]["proved_at"], "2019-05-31T03:00:00Z");
    let facts = json["examination"]["signatures"][0]["facts"]
        .as_object_mut()
        .unwrap();
    facts.remove("time_stamps").unwrap();
    facts.remove("stamp").unwrap();
    let certificate = facts["certificate"].as_object_mut().unwrap();
    certificate.remove("may_time_stamp").unwrap();
    let again = Report::again(json.to_string().as_bytes(), &policy).unwrap();
    assert_eq!(said(again.verdict()), NO_POE);
}

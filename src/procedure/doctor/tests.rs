//! What no test with a real hub can plant: a full disk, another version, states far away.

use super::agency::state_of;
use super::calls;
use super::calls::Answer;
use super::check::CheckName;
use super::check::Outcome;
use super::check::Record;
use super::*;
use crate::text::Language;
use crate::wire::v1;

/// What the hub says in these tests, unless they bend it.
fn answer() -> Answer {
    let now = "2019-06-03T02:00:00Z".parse().unwrap();
    Answer {
        axis: v1::Axis {
            api_version: "1.1".to_owned(),
            clock_skew_s: 600,
            quota: 2048,
            ..v1::Axis::default()
        },
        hub_time: Some(now),
        between: (now, now),
    }
}

fn check(outcome: Outcome) -> Check {
    let clock = Clock::system();
    let mut record = Record::new(&clock);
    record.note(CheckName::Disk, outcome);
    record.finish().pop().unwrap()
}

fn told(outcome: Outcome) -> (Verdict, Option<&'static str>) {
    let check = check(outcome);
    (check.verdict(), check.code().map(Code::as_str))
}

#[test]
fn a_disk_warns_below_a_gibibyte_and_fails_below_64_mebibytes() {
    for (free, verdict) in [
        (None, Verdict::Ok),
        (Some(1 << 30), Verdict::Ok),
        (Some((1 << 30) - 1), Verdict::Warning),
        (Some(64 << 20), Verdict::Warning),
        (Some((64 << 20) - 1), Verdict::Failed),
        (Some(0), Verdict::Failed),
    ] {
        let mut answer = answer();
        answer.axis.disk_free = free;
        let code = (verdict != Verdict::Ok).then_some("DISK_LOW");
        assert_eq!(told(calls::disk(Ok(&answer))), (verdict, code), "{free:?}");
    }
}

#[test]
fn another_major_version_fails_and_another_minor_does_not() {
    for (version, verdict) in [
        ("1", Verdict::Ok),
        ("1.9", Verdict::Ok),
        ("2.0", Verdict::Failed),
        ("10.1", Verdict::Failed),
        ("", Verdict::Failed),
    ] {
        let mut answer = answer();
        version.clone_into(&mut answer.axis.api_version);
        assert_eq!(told(calls::version(Ok(&answer))).0, verdict, "{version}");
    }
}

#[test]
fn a_clock_warns_beyond_a_minute_and_fails_beyond_what_the_hub_tolerates() {
    for (seconds, verdict) in [
        (0, Verdict::Ok),
        (60, Verdict::Ok),
        (61, Verdict::Warning),
        (600, Verdict::Warning),
        (601, Verdict::Failed),
    ] {
        for sign in [-1, 1] {
            let mut answer = answer();
            let apart = jiff::SignedDuration::from_secs(sign * seconds);
            let (before, after) = answer.between;
            answer.between = (before + apart, after + apart);
            let code = (verdict != Verdict::Ok).then_some("CLOCK_SKEW");
            assert_eq!(told(calls::clock(Ok(&answer))), (verdict, code));
        }
    }
}

#[test]
fn a_slow_call_is_no_wrong_clock() {
    let mut answer = answer();
    answer.between.0 -= jiff::SignedDuration::from_secs(90);
    assert_eq!(told(calls::clock(Ok(&answer))).0, Verdict::Ok);
}

#[test]
fn every_state_of_an_agency_is_told_apart() {
    let mut causes = std::collections::BTreeSet::new();
    for (state, verdict) in [
        (v1::AgencyState::Active, Verdict::Ok),
        (v1::AgencyState::Testing, Verdict::Ok),
        (v1::AgencyState::Joining, Verdict::Failed),
        (v1::AgencyState::Suspended, Verdict::Failed),
        (v1::AgencyState::Revoked, Verdict::Failed),
        (v1::AgencyState::Merged, Verdict::Failed),
        (v1::AgencyState::Unspecified, Verdict::Failed),
    ] {
        let agency = v1::Agency {
            organ_id: "000.00.00.H62".to_owned(),
            state: state.into(),
            merged_into: "000.00.00.H44".to_owned(),
            ..v1::Agency::default()
        };
        let outcome = state_of(&agency, None, "000.00.00.G22");
        let code = (verdict != Verdict::Ok).then_some("SENDER_NOT_ACTIVE");
        assert_eq!(told(outcome.clone()), (verdict, code), "{state:?}");
        let check = check(outcome);
        for language in Language::ALL {
            let said = check.cause(language).or_else(|| check.found(language));
            assert!(causes.insert(said.unwrap()), "{state:?}");
        }
    }
}

#[test]
fn an_agency_that_joins_reads_whose_turn_it_is() {
    let agency = v1::Agency {
        organ_id: "000.00.00.H62".to_owned(),
        state: v1::AgencyState::Joining.into(),
        ..v1::Agency::default()
    };
    let application = v1::Application {
        state: v1::JoiningState::RegPending.into(),
        ..v1::Application::default()
    };
    let check = check(state_of(&agency, Some(&application), ""));
    let english = check.remedy(Language::En).unwrap();
    assert_eq!(
        english,
        "The next step of the connection procedure is 5 (registration on the test axis); it is the \
         turn of the Government Office."
    );
    let vietnamese = check.cause(Language::Vi).unwrap();
    assert!(vietnamese.ends_with("hồ sơ ở trạng thái: chờ đăng ký"));
}

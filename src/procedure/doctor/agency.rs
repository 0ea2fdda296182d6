//! What the state of an agency means for it, and what there is to do.

use super::check::Finding;
use super::check::Outcome;
use super::code::Code;
use super::said::Fact;
use super::said::Sentence;
use crate::model::Reason;
use crate::text::DoctorPhrase;
use crate::wire;
use crate::wire::v1;

/// Whether an agency may exchange documents.
pub(super) fn state_of(
    agency: &v1::Agency,
    application: Option<&v1::Application>,
    operator: &str,
) -> Outcome {
    let organ = || Fact::text(&agency.organ_id);
    let operator = || [Fact::text(operator)];
    let (cause, remedy) = match agency.state() {
        v1::AgencyState::Active => {
            return Outcome::Fine(Sentence::new(DoctorPhrase::AgencyActive, [organ()]));
        }
        v1::AgencyState::Testing => {
            return Outcome::Fine(Sentence::new(DoctorPhrase::AgencyTesting, [organ()]));
        }
        v1::AgencyState::Joining => joining(organ(), application),
        v1::AgencyState::Merged => {
            let into = Fact::text(&agency.merged_into);
            (
                Sentence::new(DoctorPhrase::AgencyMerged, [organ(), into.clone()]),
                Sentence::new(DoctorPhrase::AgencyMergedRemedy, [into]),
            )
        }
        v1::AgencyState::Revoked => (
            Sentence::new(DoctorPhrase::AgencyRevoked, [organ()]),
            Sentence::new(DoctorPhrase::AgencyRevokedRemedy, operator()),
        ),
        v1::AgencyState::Suspended => (
            Sentence::new(DoctorPhrase::AgencySuspended, [organ()]),
            Sentence::new(DoctorPhrase::AgencySuspendedRemedy, operator()),
        ),
        v1::AgencyState::Unspecified => (
            Sentence::new(DoctorPhrase::AgencyStateUnsaid, [organ()]),
            DoctorPhrase::AgencyStateUnsaidRemedy.into(),
        ),
    };
    let code = Code::Hub(Reason::SenderNotActive);
    Outcome::Found(vec![Finding::failed(code, cause, remedy)])
}

/// How far the application is and whose turn it is, where that is known.
fn joining(organ: Fact, application: Option<&v1::Application>) -> (Sentence, Sentence) {
    let state = application.map(wire::joining_state);
    let Some(state) = state else {
        return (
            Sentence::new(DoctorPhrase::AgencyJoiningUnclear, [organ]),
            DoctorPhrase::AgencyJoiningUnclearRemedy.into(),
        );
    };
    let cause = Sentence::new(DoctorPhrase::AgencyJoining, [organ, Fact::State(state)]);
    let remedy = match state.next_step() {
        Some((step, actor)) => Sentence::new(
            DoctorPhrase::AgencyJoiningRemedy,
            [Fact::Step(step), Fact::Actor(actor)],
        ),
        None => DoctorPhrase::AgencyJoiningUnclearRemedy.into(),
    };
    (cause, remedy)
}

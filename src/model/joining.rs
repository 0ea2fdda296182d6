//! How a locality comes onto the axis: the steps, the states, who acts, and what a step needs.
//!
//! ```text
//! APPLIED → CODE_REGISTERED → NETWORK_READY → CERT_ISSUED → ADAPTER_INSTALLED → REG_PENDING
//!   → REGISTERED_TEST → CONFORMANCE_PASSED → ACCEPTED → ACTIVE ⇄ SUSPENDED, → REVOKED, MERGED
//! ```
//!
//! The law asks for codes, certificates, an encrypted and authenticated link, a pilot and the Government
//! Office's consent (QĐ 28/2018/QĐ-TTg, Art. 12 to 15, 18, 19, 21); its guidance on connecting could not
//! be read. The states, their order and every number here are therefore ours.

use std::fmt;

use super::organ::OrganId;

/// A visible step of the procedure, in its order.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum Step {
    /// The locality applies.
    Application,
    /// The codes of the agency and its units are registered.
    Codes,
    /// Keys are made at the locality and certificates issued.
    Certificates,
    /// The locality reaches the axis with its new connection certificate.
    Connection,
    /// It is registered on the test axis.
    Registration,
    /// It passes the conformance tests.
    Conformance,
    /// It sustains its declared volume; the readiness certificate is issued.
    Capacity,
    /// It is let onto the axis, in stages.
    Activation,
}

impl Step {
    /// Every step, in order.
    pub const ALL: [Self; 8] = [
        Self::Application,
        Self::Codes,
        Self::Certificates,
        Self::Connection,
        Self::Registration,
        Self::Conformance,
        Self::Capacity,
        Self::Activation,
    ];

    /// The word in flags and JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Application => "application",
            Self::Codes => "codes",
            Self::Certificates => "certificates",
            Self::Connection => "connection",
            Self::Registration => "registration",
            Self::Conformance => "conformance",
            Self::Capacity => "capacity",
            Self::Activation => "activation",
        }
    }

    /// The step with this word.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|step| step.as_str() == name)
    }

    /// Its number, from 1.
    pub fn number(self) -> usize {
        Self::ALL.iter().position(|step| *step == self).unwrap_or(0) + 1
    }

    /// Who acts in it.
    pub fn actor(self) -> Actor {
        match self {
            Self::Application | Self::Connection | Self::Conformance | Self::Capacity => {
                Actor::Locality
            }
            Self::Certificates => Actor::Authority,
            Self::Codes | Self::Registration | Self::Activation => Actor::Operator,
        }
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// Who acts.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Actor {
    /// The cipher committee's CA (Ban Cơ yếu Chính phủ; QĐ 28/2018, Art. 18).
    Authority,
    /// The locality that joins.
    Locality,
    /// Nobody: the procedure is at its end.
    Nobody,
    /// The Government Office, who operates the axis (QĐ 28/2018, Art. 15).
    Operator,
}

impl Actor {
    /// The word in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Authority => "authority",
            Self::Locality => "locality",
            Self::Nobody => "nobody",
            Self::Operator => "operator",
        }
    }
}

/// How far an application is.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum JoiningState {
    /// The application is on record.
    Applied,
    /// The codes are registered.
    CodeRegistered,
    /// The locality's requests for certificates came over the network.
    NetworkReady,
    /// The certificates are issued.
    CertIssued,
    /// The locality was here with its connection certificate.
    AdapterInstalled,
    /// It asks to be registered.
    RegPending,
    /// It is on the test axis.
    RegisteredTest,
    /// It passed every conformance test.
    ConformancePassed,
    /// It sustained its volume and holds a readiness certificate.
    Accepted,
    /// It exchanges documents.
    Active,
    /// Locked by the operator.
    Suspended,
    /// Off the axis for good.
    Revoked,
    /// Absorbed by another agency.
    Merged,
}

/// Something that moves an application on.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Event {
    /// The operator registers the codes.
    CodesRegistered,
    /// Signing requests came.
    RequestsReceived,
    /// The CA issued.
    CertificatesIssued,
    /// The locality reached the hub over its own connection.
    Connected,
    /// The locality asks to be registered.
    RegistrationAsked,
    /// The operator registers it on the test axis.
    Registered,
    /// Every test is passed.
    TestsPassed,
    /// The volume is proved and the readiness certificate issued.
    CapacityProved,
    /// A stage of activation is granted.
    StageGranted,
    /// The operator locks it.
    Suspended,
    /// The operator takes it off for good.
    Revoked,
    /// The operator merges it into another.
    Merged,
}

/// The event may not happen in this state.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct NotNow {
    /// The state.
    pub state: JoiningState,
    /// The step it waits for.
    pub waits_for: Option<Step>,
}

impl JoiningState {
    /// Every state, in order.
    pub const ALL: [Self; 13] = [
        Self::Applied,
        Self::CodeRegistered,
        Self::NetworkReady,
        Self::CertIssued,
        Self::AdapterInstalled,
        Self::RegPending,
        Self::RegisteredTest,
        Self::ConformancePassed,
        Self::Accepted,
        Self::Active,
        Self::Suspended,
        Self::Revoked,
        Self::Merged,
    ];

    /// The name on the wire and in logs.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Applied => "APPLIED",
            Self::CodeRegistered => "CODE_REGISTERED",
            Self::NetworkReady => "NETWORK_READY",
            Self::CertIssued => "CERT_ISSUED",
            Self::AdapterInstalled => "ADAPTER_INSTALLED",
            Self::RegPending => "REG_PENDING",
            Self::RegisteredTest => "REGISTERED_TEST",
            Self::ConformancePassed => "CONFORMANCE_PASSED",
            Self::Accepted => "ACCEPTED",
            Self::Active => "ACTIVE",
            Self::Suspended => "SUSPENDED",
            Self::Revoked => "REVOKED",
            Self::Merged => "MERGED",
        }
    }

    /// The state after an event.
    ///
    /// # Errors
    /// [`NotNow`] where the event is out of order.
    pub fn after(self, event: Event) -> Result<Self, NotNow> {
        let next = match (self, event) {
            (Self::Applied, Event::CodesRegistered) => Self::CodeRegistered,
            (Self::CodeRegistered, Event::RequestsReceived) => Self::NetworkReady,
            (Self::NetworkReady, Event::CertificatesIssued) => Self::CertIssued,
            (Self::CertIssued, Event::Connected) => Self::AdapterInstalled,
            (Self::AdapterInstalled, Event::RegistrationAsked) => Self::RegPending,
            (Self::RegPending, Event::Registered) => Self::RegisteredTest,
            (Self::RegisteredTest, Event::TestsPassed) => Self::ConformancePassed,
            (Self::ConformancePassed, Event::CapacityProved) => Self::Accepted,
            (Self::Accepted | Self::Active | Self::Suspended, Event::StageGranted) => Self::Active,
            (Self::Active, Event::Suspended) => Self::Suspended,
            (Self::Active | Self::Suspended, Event::Merged) => Self::Merged,
            (Self::Revoked | Self::Merged, _) => return Err(self.not_now()),
            (_, Event::Revoked) => Self::Revoked,
            _ => return Err(self.not_now()),
        };
        Ok(next)
    }

    /// Where an application goes when the operator sends it back: to the step before, to be done again.
    /// `None` where there is nothing to send back any more.
    pub fn sent_back(self) -> Option<Self> {
        match self {
            Self::Applied | Self::CodeRegistered => Some(Self::Applied),
            Self::NetworkReady | Self::CertIssued => Some(Self::CodeRegistered),
            Self::AdapterInstalled => Some(Self::CertIssued),
            Self::RegPending | Self::RegisteredTest => Some(Self::AdapterInstalled),
            Self::ConformancePassed => Some(Self::RegisteredTest),
            Self::Accepted => Some(Self::ConformancePassed),
            Self::Active | Self::Suspended | Self::Revoked | Self::Merged => None,
        }
    }

    /// The step that comes next, and who acts in it.
    pub fn next_step(self) -> Option<(Step, Actor)> {
        Some(match self {
            Self::Applied => (Step::Codes, Actor::Operator),
            Self::CodeRegistered => (Step::Certificates, Actor::Locality),
            Self::NetworkReady => (Step::Certificates, Actor::Authority),
            Self::CertIssued => (Step::Connection, Actor::Locality),
            Self::AdapterInstalled => (Step::Registration, Actor::Locality),
            Self::RegPending => (Step::Registration, Actor::Operator),
            Self::RegisteredTest => (Step::Conformance, Actor::Locality),
            Self::ConformancePassed => (Step::Capacity, Actor::Locality),
            Self::Accepted | Self::Active => (Step::Activation, Actor::Locality),
            Self::Suspended => (Step::Activation, Actor::Operator),
            Self::Revoked | Self::Merged => return None,
        })
    }

    fn not_now(self) -> NotNow {
        NotNow {
            state: self,
            waits_for: self.next_step().map(|(step, _)| step),
        }
    }
}

impl fmt::Display for JoiningState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// Stages of an activation: up to 30 %, up to 70 %, all of the locality's traffic. As PIX opens
/// gradually; no rule of the axis has it.
pub const STAGES: u32 = 3;

/// Documents an agency may send on one day of a stage; `None` without limit.
pub fn daily_limit(stage: u32, documents_per_day: u32) -> Option<u32> {
    let percent = match stage {
        0 | 1 => 30,
        2 => 70,
        _ => return None,
    };
    let limit = u64::from(documents_per_day) * percent / 100;
    Some(u32::try_from(limit).unwrap_or(u32::MAX).max(1))
}

/// Times a test may be run: once, and twice again (as PIX).
pub const RUNS_MAX: u32 = 3;

/// Most documents a day that may be declared.
pub const DOCUMENTS_PER_DAY_MAX: u32 = 1_000_000;

/// Most units one application may name.
pub const UNITS_OF_APPLICATION_MAX: usize = 500;

/// Bytes of an application as it is sent, encoded: two hundred units with names of fifty letters. An
/// application is kept in memory and written whole at every step, and whoever applies needs no
/// certificate.
pub const APPLICATION_BYTES_MAX: usize = 16 * 1024;

/// Characters of a name or a contact.
pub const NAME_MAX: usize = 200;

/// Characters of a reason; what is longer is cut.
pub const REASON_MAX: usize = 500;

/// Renewals of certificates in one day: one planned, one that went wrong, one to spare.
pub const RENEWALS_PER_DAY: usize = 3;

/// Seconds the capacity test lasts.
pub const CAPACITY_SECONDS: u32 = 6;

/// Latest 99 of 100 documents of the capacity test may be on record after they were due, in
/// milliseconds.
pub const CAPACITY_P99_MAX_MS: u32 = 2_000;

/// Documents a second of the capacity test: twice the busiest hour, which we take to bring a fifth of
/// the day's documents, at least 20 and at most 2,000.
pub fn capacity_rate(documents_per_day: u32) -> f64 {
    let busiest_hour = f64::from(documents_per_day) / 5.0 / 3600.0;
    (2.0 * busiest_hour).clamp(20.0, 2_000.0)
}

/// The agencies the hub plays on the test axis. The letter T is of no group of the national list.
pub fn test_agencies() -> [OrganId; 3] {
    ["000.00.00.T01", "000.00.00.T02", "000.00.00.T03"]
        .map(|code| code.parse().expect("a constant that a test parses"))
}

/// Whether `unit` is a code below `agency`: it ends in the agency's own group, and is not the agency.
pub fn is_unit_of(unit: OrganId, agency: OrganId) -> bool {
    let group = |organ: OrganId| organ.as_str().rsplit('.').next().map(str::to_owned);
    unit != agency && group(unit) == group(agency)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_application_goes_through_every_state_in_order() {
        let events = [
            Event::CodesRegistered,
            Event::RequestsReceived,
            Event::CertificatesIssued,
            Event::Connected,
            Event::RegistrationAsked,
            Event::Registered,
            Event::TestsPassed,
            Event::CapacityProved,
            Event::StageGranted,
        ];
        let mut state = JoiningState::Applied;
        for (event, expected) in events.into_iter().zip(&JoiningState::ALL[1..]) {
            for other in events {
                if other != event && state != JoiningState::Active {
                    assert!(state.after(other).is_err(), "{state} after {other:?}");
                }
            }
            state = state.after(event).unwrap();
            assert_eq!(state, *expected);
        }
        assert_eq!(state.after(Event::StageGranted), Ok(JoiningState::Active));
    }

    #[test]
    fn what_is_revoked_or_merged_stays_so() {
        for state in [JoiningState::Revoked, JoiningState::Merged] {
            for event in [
                Event::StageGranted,
                Event::Revoked,
                Event::Merged,
                Event::Connected,
            ] {
                assert!(state.after(event).is_err());
            }
            assert_eq!(state.next_step(), None);
            assert_eq!(state.sent_back(), None);
        }
    }

    #[test]
    fn whoever_is_sent_back_has_less_than_before_and_a_step_to_do() {
        for state in JoiningState::ALL {
            if let Some(back) = state.sent_back() {
                assert!(back <= state);
                assert!(back.next_step().is_some());
            }
        }
    }

    #[test]
    fn stages_grow_until_there_is_no_limit() {
        assert_eq!(daily_limit(1, 200), Some(60));
        assert_eq!(daily_limit(2, 200), Some(140));
        assert_eq!(daily_limit(3, 200), None);
        assert_eq!(daily_limit(1, 1), Some(1));
    }

    #[test]
    fn agencies_of_the_test_axis_have_codes_of_their_own() {
        for organ in test_agencies() {
            assert!(organ.is_qcvn_102());
            assert!(crate::model::Directory::of_2019().find(organ).is_none());
        }
    }

    #[test]
    fn a_unit_ends_in_its_agencys_group() {
        let organ = |code: &str| code.parse::<OrganId>().unwrap();
        let province = organ("000.00.00.H62");
        assert!(is_unit_of(organ("000.00.12.H62"), province));
        assert!(!is_unit_of(province, province));
        assert!(!is_unit_of(organ("000.00.12.H61"), province));
    }
}

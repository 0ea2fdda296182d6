//! States of an application and uses of certificates, both ways.

use super::v1;
use crate::model::CertificateUse;
use crate::model::joining::JoiningState;
use crate::text::Language;
use crate::text::ProcedurePhrase;

/// The state an application is in; one that says nothing has just been made.
pub fn joining_state(application: &v1::Application) -> JoiningState {
    match application.state() {
        v1::JoiningState::Unspecified | v1::JoiningState::Applied => JoiningState::Applied,
        v1::JoiningState::CodeRegistered => JoiningState::CodeRegistered,
        v1::JoiningState::NetworkReady => JoiningState::NetworkReady,
        v1::JoiningState::CertIssued => JoiningState::CertIssued,
        v1::JoiningState::AdapterInstalled => JoiningState::AdapterInstalled,
        v1::JoiningState::RegPending => JoiningState::RegPending,
        v1::JoiningState::RegisteredTest => JoiningState::RegisteredTest,
        v1::JoiningState::ConformancePassed => JoiningState::ConformancePassed,
        v1::JoiningState::Accepted => JoiningState::Accepted,
        v1::JoiningState::JoinedActive => JoiningState::Active,
        v1::JoiningState::JoinedSuspended => JoiningState::Suspended,
        v1::JoiningState::JoinedRevoked => JoiningState::Revoked,
        v1::JoiningState::JoinedMerged => JoiningState::Merged,
    }
}

/// The state on the wire.
pub fn joining_state_to_wire(state: JoiningState) -> v1::JoiningState {
    match state {
        JoiningState::Applied => v1::JoiningState::Applied,
        JoiningState::CodeRegistered => v1::JoiningState::CodeRegistered,
        JoiningState::NetworkReady => v1::JoiningState::NetworkReady,
        JoiningState::CertIssued => v1::JoiningState::CertIssued,
        JoiningState::AdapterInstalled => v1::JoiningState::AdapterInstalled,
        JoiningState::RegPending => v1::JoiningState::RegPending,
        JoiningState::RegisteredTest => v1::JoiningState::RegisteredTest,
        JoiningState::ConformancePassed => v1::JoiningState::ConformancePassed,
        JoiningState::Accepted => v1::JoiningState::Accepted,
        JoiningState::Active => v1::JoiningState::JoinedActive,
        JoiningState::Suspended => v1::JoiningState::JoinedSuspended,
        JoiningState::Revoked => v1::JoiningState::JoinedRevoked,
        JoiningState::Merged => v1::JoiningState::JoinedMerged,
    }
}

/// What a certificate is for.
pub fn certificate_use(usage: v1::CertificateUse) -> Option<CertificateUse> {
    match usage {
        v1::CertificateUse::Unspecified => None,
        v1::CertificateUse::Connection => Some(CertificateUse::Connection),
        v1::CertificateUse::Person => Some(CertificateUse::Person),
        v1::CertificateUse::Seal => Some(CertificateUse::Seal),
    }
}

/// The use on the wire.
pub fn certificate_use_to_wire(usage: CertificateUse) -> v1::CertificateUse {
    match usage {
        CertificateUse::Connection => v1::CertificateUse::Connection,
        CertificateUse::Person => v1::CertificateUse::Person,
        CertificateUse::Seal => v1::CertificateUse::Seal,
    }
}

/// Why a person decides on an application, in words; nothing where the hub may.
pub fn hold_name(hold: v1::Hold, language: Language) -> Option<&'static str> {
    let phrase = match hold {
        v1::Hold::Unspecified => return None,
        v1::Hold::CodeInUse => ProcedurePhrase::HeldCodeInUse,
        v1::Hold::SentBack => ProcedurePhrase::HeldSentBack,
        v1::Hold::TooMany => ProcedurePhrase::HeldTooMany,
    };
    Some(phrase.text(language))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_state_survives_the_wire() {
        for state in JoiningState::ALL {
            let mut application = v1::Application::default();
            application.set_state(joining_state_to_wire(state));
            assert_eq!(joining_state(&application), state);
        }
    }
}

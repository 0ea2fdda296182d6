//! Verdicts at one instant say nothing of another, earlier or later.

use jiff::SignedDuration;

use super::HEADER;
use super::SIGNED;
use super::organ;
use crate::model::Reason;
use crate::trust::Policy;
use crate::trust::verify_document;

const DAY: SignedDuration = SignedDuration::from_hours(24);

/// A clock that jumped and came back leaves nobody refused, and nobody accepted.
#[test]
fn no_verdict_outlives_the_instant_it_was_given_for() {
    let signed = &*SIGNED;
    let at = |at| {
        let policy = Policy::default();
        let verdict = verify_document(
            &signed.trust,
            &policy,
            HEADER,
            &signed.signature,
            organ(),
            at,
        );
        verdict.map_err(|refusal| refusal.reason()).map(|_| ())
    };
    let now = signed.now;
    assert_eq!(at(now), Ok(()));
    for _ in 0..2 {
        assert_eq!(at(now + DAY * 400), Err(Reason::CertificateExpired));
        assert_eq!(at(now + DAY * 30), Err(Reason::CertificateExpired));
        assert_eq!(at(now - DAY * 30), Err(Reason::CertificateNotYetValid));
        assert_eq!(at(now), Ok(()));
        // Within its validity, but before the signer says it signed.
        assert_eq!(
            at(now - SignedDuration::from_hours(1)),
            Err(Reason::ClockSkew)
        );
        assert_eq!(at(now), Ok(()));
    }
}

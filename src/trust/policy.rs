//! What is acceptable, where the law leaves it to us.

use jiff::SignedDuration;

/// The knobs of verification.
#[derive(Clone, Copy, Debug)]
pub struct Policy {
    /// How far a signing time may be ahead of the instant we trust. A provincial hub's settings
    /// tolerate ten minutes.
    pub clock_skew: SignedDuration,
    /// How far certificates are looked into.
    pub path: PathCheck,
}

/// How far the certificates of signers are looked into.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum PathCheck {
    /// A path to an anchor, validity, revocation.
    Full,
    /// Their key is taken as it is: only for measuring what the rest costs.
    KeyOnly,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            clock_skew: SignedDuration::from_mins(10),
            path: PathCheck::Full,
        }
    }
}

/// How long a revocation list is believed after its `nextUpdate`: a missed update must not stop the
/// axis at once, and must not be missed for ever.
pub(super) const CRL_GRACE: SignedDuration = SignedDuration::from_hours(24);

/// Chain verdicts kept. Two certificates for each of 10,000 agencies, and room for renewals.
pub(super) const VERDICTS_MAX: usize = 65_536;

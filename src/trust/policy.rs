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

/// Refusals of certificates kept: what somebody can repeat in a second on a few connections, in some
/// 2 MiB. Those that depend on the instant or on lists are not kept.
pub(super) const REFUSALS_MAX: usize = 4_096;

/// Bytes of one certificate that is looked at. One with RSA-8192 in it and above it has 3 KiB.
pub(super) const CERTIFICATE_BYTES_MAX: usize = 16 << 10;

/// Certificates in a connection's handshake: the holder's, the authority's above it, the root's, and
/// renewed ones beside them.
pub(super) const CHAIN_MAX: usize = 8;

/// Bytes of the certificates in a connection's handshake; they are kept while the connection lasts.
pub(super) const CHAIN_BYTES_MAX: usize = 16 << 10;

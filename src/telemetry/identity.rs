//! From a document's identity to the trace that follows it.
//!
//! ```text
//! SHA-256("000.00.00.H26,2019/06/03,1/VB-TN")
//!   bytes 0 to 15    trace
//!   bytes 16 to 23   root of the trace: the sender's span from writing to receipt
//! ```
//!
//! Every process that handles the document comes to the same two, so that nothing of tracing travels with
//! it. Whether the document is followed is decided from the trace alone, by the rule of OpenTelemetry's
//! `TraceIdRatioBased`: with one ratio everywhere, all follow it or none.

use std::str::FromStr;

use aws_lc_rs::digest::SHA256;
use aws_lc_rs::digest::digest;
use opentelemetry::trace::SpanId;
use opentelemetry::trace::TraceId;

/// The trace of one document.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Ids {
    pub(super) trace: TraceId,
    pub(super) root: SpanId,
}

impl Ids {
    pub(super) fn of(document: &str) -> Self {
        let digest = digest(&SHA256, document.as_bytes());
        let (trace, root) = digest.as_ref().split_at(16);
        let mut ids = ([0; 16], [0; 8]);
        ids.0.copy_from_slice(trace);
        ids.1.copy_from_slice(&root[..8]);
        Self {
            trace: TraceId::from_bytes(ids.0),
            root: SpanId::from_bytes(ids.1),
        }
    }
}

/// A share of documents, from none to all.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Ratio(f64);

/// A text that is no [`Ratio`].
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("not a share from 0 to 1")]
pub struct InvalidRatio;

impl Ratio {
    /// Every document.
    pub const ALL: Self = Self(1.0);

    /// Whether the document of this trace is among the share.
    pub(super) fn takes(self, trace: TraceId) -> bool {
        let [.., a, b, c, d, e, f, g, h] = trace.to_bytes();
        // 63 bits: the rule leaves the highest out.
        let number = u64::from_be_bytes([a, b, c, d, e, f, g, h]) >> 1;
        self.0 >= 1.0 || (number as f64) < self.0 * (1_u64 << 63) as f64
    }
}

impl FromStr for Ratio {
    type Err = InvalidRatio;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let share: f64 = text.parse().map_err(|_| InvalidRatio)?;
        if (0.0..=1.0).contains(&share) {
            Ok(Self(share))
        } else {
            Err(InvalidRatio)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ids_are_what_sha256sum_prints() {
        // printf '%s' '000.00.00.H26,2019/06/03,1/VB-TN' | sha256sum
        let ids = Ids::of("000.00.00.H26,2019/06/03,1/VB-TN");
        assert_eq!(ids.trace.to_string(), "499c5a904fafe2bbf8d10e854656fdcc");
        assert_eq!(ids.root.to_string(), "992fdc23b458b3a8");
    }

    #[test]
    fn a_ratio_takes_its_share_and_a_larger_one_takes_those_too() {
        let ratio = |text: &str| text.parse::<Ratio>().unwrap();
        let [none, some, more, all] = ["0", "0.1", "0.5", "1"].map(ratio);
        let mut counts = [0; 4];
        for number in 0..10_000 {
            let trace = Ids::of(&format!("000.00.00.H26,2019/06/03,{number}/VB-TN")).trace;
            let takes = [none, some, more, all].map(|ratio| ratio.takes(trace));
            assert!(takes.is_sorted(), "a larger share has all of the smaller");
            for (count, takes) in counts.iter_mut().zip(takes) {
                *count += u32::from(takes);
            }
        }
        assert_eq!((counts[0], counts[3]), (0, 10_000));
        assert!((900..1100).contains(&counts[1]), "{counts:?}");
        assert!((4800..5200).contains(&counts[2]), "{counts:?}");
    }

    #[test]
    fn what_is_no_share_is_refused() {
        for text in ["", "half", "1.1", "-0.1", "NaN", "inf"] {
            assert_eq!(text.parse::<Ratio>(), Err(InvalidRatio), "{text}");
        }
    }
}

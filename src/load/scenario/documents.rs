//! What documents of a scenario are like: sizes, priorities, what is about another, what is wrong.

use serde::Deserialize;

use crate::load::written;

/// Attachments: how many, how large (bytes).
#[derive(Clone, Copy, Debug, Deserialize, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct Attachments {
    /// Weights of 0, 1, 2 and 3 attachments.
    #[serde(deserialize_with = "written::weights")]
    pub counts: [f64; 4],
    /// Median of the log-normal size.
    pub median_bytes: u32,
    /// Its sigma.
    #[serde(deserialize_with = "written::positive")]
    pub sigma: f64,
    /// Larger ones are cut to this.
    pub most_bytes: u32,
    /// Documents with one large attachment instead.
    pub large_documents: u64,
    /// Smallest large attachment.
    pub large_from_bytes: u32,
    /// Largest large attachment.
    pub large_to_bytes: u32,
}

/// Weights of the five priorities, lowest first.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct Priorities {
    /// By level, 0 to 4.
    #[serde(deserialize_with = "written::weights")]
    pub weights: [f64; 5],
}

/// Documents about an earlier one of the same sender, to the same recipients. A small plan holds as
/// many as its documents allow.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct Business {
    /// Updates.
    pub updates: u64,
    /// Replacements.
    pub replacements: u64,
    /// Recalls.
    pub recalls: u64,
}

/// Documents their sender asks back by status 13.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct Recall {
    /// Share of all documents.
    #[serde(deserialize_with = "written::share")]
    pub share: f64,
    /// Earliest, in virtual minutes after sending.
    pub from_minutes: u32,
    /// Latest.
    pub to_minutes: u32,
}

/// How long a step takes, in virtual minutes.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct Delay {
    /// Shortest.
    pub least: u32,
    /// Half take at most this.
    pub median: u32,
    /// Longest.
    pub most: u32,
}

/// Documents that will be refused, by kind; extra to [`Scenario::documents`].
#[derive(Clone, Copy, Debug, Deserialize, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct Faults {
    /// The header changes after signing.
    pub tampered_header: u64,
    /// An attachment's content changes after signing.
    pub tampered_attachment: u64,
    /// Signed with another agency's keys.
    pub wrong_signer: u64,
    /// The header names an attachment that is not sent.
    pub missing_attachment: u64,
    /// A recipient is not in the directory.
    pub unknown_recipient: u64,
    /// The identity of an earlier document, with other content.
    pub duplicate_other_content: u64,
    /// A state secret.
    pub secret: u64,
    /// Dated ahead of time.
    pub future_date: u64,
}

/// What documents are about.
#[derive(Clone, Debug, Deserialize, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct Subjects {
    /// Put in place of `{topic}`.
    pub topics: Vec<String>,
}

/// A kind of document.
#[derive(Clone, Debug, Deserialize, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct DocumentType {
    /// One of the 29 of NĐ 30/2020, Art. 7.
    pub name: String,
    /// Its abbreviation in the notation; empty for letters (công văn), which name the unit instead.
    pub symbol: String,
    /// How frequent.
    #[serde(deserialize_with = "written::positive")]
    pub weight: f64,
    /// Subjects, with `{topic}`, `{province}`, `{month}` and `{quarter}` filled in.
    pub subjects: Vec<String>,
}

impl Faults {
    /// Nothing bad.
    pub fn none() -> Self {
        Self {
            tampered_header: 0,
            tampered_attachment: 0,
            wrong_signer: 0,
            missing_attachment: 0,
            unknown_recipient: 0,
            duplicate_other_content: 0,
            secret: 0,
            future_date: 0,
        }
    }

    pub(super) fn counts_mut(&mut self) -> [&mut u64; 8] {
        [
            &mut self.tampered_header,
            &mut self.tampered_attachment,
            &mut self.wrong_signer,
            &mut self.missing_attachment,
            &mut self.unknown_recipient,
            &mut self.duplicate_other_content,
            &mut self.secret,
            &mut self.future_date,
        ]
    }
}

impl Delay {
    /// The delay below which this share (0 to 1) of all delays lie: straight up to the median, then
    /// with a tail. Give it a uniform draw.
    pub fn at_quantile(&self, share: f64) -> u32 {
        let (low, high, position) = if share < 0.5 {
            (self.least, self.median, (share * 2.0).max(0.0))
        } else {
            (self.median, self.most, (share * 2.0 - 1.0).min(1.0).powi(3))
        };
        let span = f64::from(high.saturating_sub(low));
        low.saturating_add(crate::load::random::whole_u32(span * position))
    }
}

//! A recorded sequence of messages: who said what to whom, when, and what became of it.
//!
//! One record, three forms: letters for a terminal, JSON for programs, a drawing for a page. All
//! tell the same; the drawing alone is bounded and says what it leaves out. Whoever records keeps
//! messages in the order of time.

mod svg;
mod text;

use jiff::Timestamp;
use serde_json::Value;
use serde_json::json;

use crate::model::OrganId;
use crate::model::calendar::VIET_NAM;
use crate::text::JoiningPhrase;
use crate::text::Language;

/// Messages in the order they were sent.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Sequence {
    /// What the messages were for, in the words of whoever recorded them.
    pub title: String,
    /// In the order of time.
    pub messages: Vec<Message>,
}

/// One message, or something one side did by itself (`from` is `to`).
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Message {
    /// When it was sent.
    pub at: Timestamp,
    /// Who sent it.
    pub from: Lane,
    /// Who received it.
    pub to: Lane,
    /// What it says, short.
    pub what: String,
    /// What became of it.
    pub verdict: Verdict,
}

/// Who takes part.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Lane {
    /// Who joins.
    Locality,
    /// The hub of the axis.
    Hub,
    /// Who operates the axis and decides: the Government Office.
    Operator,
    /// Who issues certificates.
    Authority,
    /// Another participant.
    Agency(OrganId),
}

/// What became of a message.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Verdict {
    /// It did what it was for.
    Done,
    /// It did not.
    Refused {
        /// Why, in the language of whoever reads the record.
        reason: String,
        /// What to do so that the next attempt succeeds.
        remedy: String,
    },
    /// Nothing was asked for.
    Note,
}

impl Lane {
    /// What people call it.
    pub fn name(self, language: Language) -> String {
        let phrase = match self {
            Self::Locality => JoiningPhrase::LaneLocality,
            Self::Hub => JoiningPhrase::LaneHub,
            Self::Operator => JoiningPhrase::LaneOperator,
            Self::Authority => JoiningPhrase::LaneAuthority,
            Self::Agency(organ) => return organ.to_string(),
        };
        phrase.text(language).to_owned()
    }

    /// The name in reports for machines; an agency's is its code.
    pub fn key(self) -> String {
        let name = match self {
            Self::Locality => "locality",
            Self::Hub => "hub",
            Self::Operator => "operator",
            Self::Authority => "authority",
            Self::Agency(organ) => return organ.to_string(),
        };
        name.to_owned()
    }
}

impl Verdict {
    /// The name in reports for machines.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Refused { .. } => "refused",
            Self::Note => "note",
        }
    }

    /// One letter that says it.
    fn mark(&self) -> &'static str {
        match self {
            Self::Done => "✓",
            Self::Refused { .. } => "✗",
            Self::Note => "·",
        }
    }
}

impl Sequence {
    /// The sequence in letters, at most 100 columns wide: a drawing where there are at most four
    /// lanes, one message a line where there are more. Time is that of Viet Nam.
    pub fn text(&self, language: Language) -> String {
        text::written(self, language)
    }

    /// The sequence for programs. Names are a contract: some may be added, none renamed or removed.
    pub fn json(&self) -> Value {
        let lanes: Vec<String> = self.lanes().into_iter().map(Lane::key).collect();
        let messages: Vec<Value> = self.messages.iter().map(Message::json).collect();
        json!({"title": self.title, "lanes": lanes, "messages": messages})
    }

    /// The sequence as an SVG element for a page; of long ones the beginning, with a line that says
    /// how many messages are left out.
    pub fn svg(&self, language: Language) -> String {
        svg::drawn(self, language)
    }

    /// Who takes part, in the order they first do.
    pub fn lanes(&self) -> Vec<Lane> {
        let mut lanes = Vec::new();
        for lane in self
            .messages
            .iter()
            .flat_map(|message| [message.from, message.to])
        {
            if !lanes.contains(&lane) {
                lanes.push(lane);
            }
        }
        lanes
    }
}

impl Message {
    fn json(&self) -> Value {
        let mut value = json!({
            "at": self.at.display_with_offset(VIET_NAM).to_string(),
            "from": self.from.key(),
            "to": self.to.key(),
            "what": self.what,
            "verdict": self.verdict.as_str(),
        });
        if let Verdict::Refused { reason, remedy } = &self.verdict {
            value["reason"] = json!(reason);
            value["remedy"] = json!(remedy);
        }
        value
    }
}

#[cfg(test)]
mod tests;

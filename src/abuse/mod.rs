//! Abuse: what one participant, or somebody with no certificate at all, can do to all others, tried from
//! outside against a hub of one's own.
//!
//! ```text
//! case ── prepare ──▶ ready      before │ during │ after        one hub, one row
//!                       │        ▲      ▲        ▲
//!   quiet agency ═══ a document every 50 ms, latency from the moment it was due
//! ```
//!
//! Attackers are not our own client: they speak TLS and HTTP/2 by `rustls` and `h2` with none of the
//! limits a well-behaved client keeps, or write frames by hand where `h2` would not misbehave. Whatever a
//! hub does about them (a refusal, a reset, a closed connection) is a result that is counted by its name,
//! never an error. Only ever against a hub that was started for it, on loopback.

mod attacker;
mod calls;
mod case;
mod cases;
mod dial;
mod documents;
mod figures;
mod floods;
mod frames;
mod hostile;
mod judge;
mod outcome;
mod papers;
mod process;
mod quiet;
mod report;
mod run;
mod tally;
#[cfg(test)]
mod tests;
mod watch;

pub use case::Case;
pub use cases::all;
pub use figures::Attacker;
pub use figures::Memory;
pub use figures::Newcomers;
pub use figures::Phase;
pub use judge::Bounds;
pub use outcome::Outcome;
pub use outcome::QuietFigures;
pub use papers::Papers;
pub use quiet::COMMAND;
pub use quiet::QuietAgency;
pub use report::Header;
pub use report::legend;
pub use report::row;
pub use report::to_json;
pub use run::AbuseError;
pub use run::Range;
pub use run::Settings;

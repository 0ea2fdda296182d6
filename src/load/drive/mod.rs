//! The generator: documents made ahead, offered to a hub by a schedule that waits for nobody, and
//! every answer timed from the moment the document was due.
//!
//! ```text
//! corpus ──▶ clock thread ──due──▶ one sender per agency ═══ hub ═══ one subscriber per agency
//!               │ intended             │ sent, answered                    │ arrived, acknowledged
//!               └──────────────────────┴────────── tally, recorder ────────┘
//! ```
//!
//! What the hub counted is read before and after, never instead of counting.

mod agency;
mod clock_thread;
mod corpus;
mod counted;
mod crew;
mod making;
mod missing;
mod orders;
mod recorder;
mod run;
mod scan;
mod schedule;
mod sender;
mod subscriber;
mod tally;
mod watched;

pub use corpus::CHUNK;
pub use corpus::CorpusReader;
pub use corpus::Expected;
pub use corpus::Prepared;
pub use making::Heard;
pub use making::MakeError;
pub use making::Recipe;
pub use making::Signatures;
pub use making::Writers;
pub use making::make;
pub use recorder::BANDS_US;
pub use recorder::Counts;
pub use recorder::Histograms;
pub use recorder::Second;
pub use recorder::Totals;
pub use run::Abort;
pub use run::DriveError;
pub use run::Driven;
pub use run::Pace;
pub use run::Parts;
pub use run::Seen;
pub use run::drive;
pub use schedule::Moments;
pub use schedule::Schedule;
pub use sender::Transfer;

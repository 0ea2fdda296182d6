//! The locality's side of coming onto the axis and staying there: the steps, the tests, and what to do
//! when something does not work. The rules are the hub's; nothing is decided here.

mod doctor;

pub use doctor::Check;
pub use doctor::CheckName;
pub use doctor::Code;
pub use doctor::Diagnosis;
pub use doctor::HubAddress;
pub use doctor::InvalidHubAddress;
pub use doctor::Patient;
pub use doctor::Verdict;
pub use doctor::diagnose;

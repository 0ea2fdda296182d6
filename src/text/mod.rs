//! The only prose people read, in Vietnamese and English.
//!
//! Three kinds: [`describe`] puts the facts of one refusal into a sentence; [`explain`] says what a
//! reason means and what to do, from one file per reason in `reasons/`; [`Phrase`] labels reports.
//! Every text exists in both languages, and no look-up falls back to the other one. Facts that are
//! texts themselves (file names, a subject, the problem a parser found) are quoted as they came, so a
//! Vietnamese sentence may end in an English fact. This room formats nothing but refusals and knows
//! no protocol.

mod bilingual;
mod conditions;
mod conformance;
mod console_phrases;
mod doctor_phrases;
mod english;
mod explanation;
mod joining;
mod language;
mod load_phrases;
mod machine_phrases;
mod names;
mod number;
mod page_phrases;
mod phrases;
mod procedure_phrases;
mod rates_phrases;
mod steps;
mod validation_phrases;
mod vietnamese;

use crate::model::Refusal;

pub use bilingual::filled;
pub use conditions::condition_name;
pub use conditions::condition_remedy;
pub use conformance::basis_text;
pub use conformance::finding_text;
pub use conformance::test_asked;
pub use conformance::test_expected;
pub use conformance::test_remedy;
pub use conformance::test_title;
pub use console_phrases::ConsolePhrase;
pub use doctor_phrases::DoctorPhrase;
pub use explanation::Explanation;
pub use explanation::explain;
pub use joining::ACTIVITY_MAX;
pub use joining::JoiningActivity;
pub use joining::JoiningActor;
pub use joining::JoiningPhrase;
pub use joining::step_name;
pub use language::Language;
pub use language::UnknownLanguage;
pub use load_phrases::LoadPhrase;
pub use machine_phrases::MachinePhrase;
pub use names::actor_name;
pub use names::business_type_name;
pub use names::fault_name;
pub use names::stage_name;
pub use names::state_name;
pub use names::status_name;
pub use names::use_name;
pub use names::wire_stage_name;
pub use number::grouped;
pub use page_phrases::PagePhrase;
pub use phrases::Phrase;
pub use procedure_phrases::ProcedurePhrase;
pub use rates_phrases::RatesPhrase;
pub use steps::step_produces;
pub use steps::step_rule;
pub use steps::step_today;
pub use steps::step_what;
pub use validation_phrases::ValidationPhrase;

/// One sentence that carries the facts of this refusal. No full stop, fit to stand after a colon.
pub fn describe(refusal: &Refusal, language: Language) -> String {
    match language {
        Language::En => english::describe(refusal),
        Language::Vi => vietnamese::describe(refusal),
    }
}

#[cfg(test)]
mod tests;

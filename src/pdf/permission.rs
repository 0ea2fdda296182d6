//! What a signer allowed to be done to a document later: `DocMDP`, `FieldMDP` and the lock of the field
//! (ISO 32000-2, 12.8.2.2 and 12.8.2.4, table 237).

use super::field::text;
use super::revision::Revision;
use super::value::Dict;
use super::value::Value;

/// How far a document may be changed after a signature.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Level {
    /// Not at all; validation data and time stamps are no changes.
    Nothing,
    /// Forms may be filled in, and signed.
    Forms,
    /// Annotations may be made, too.
    Annotations,
}

/// Fields that signing locked.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
enum Locked {
    /// Nothing is said.
    #[default]
    Unsaid,
    All,
    These(Vec<String>),
    AllBut(Vec<String>),
}

/// What a signer allowed.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Permission {
    /// `DocMDP`, where it says so.
    pub level: Option<Level>,
    locked: Locked,
}

impl Permission {
    /// Reads it from a signature and the lock of its field.
    pub(super) fn of(revision: &Revision<'_>, signature: &Dict, lock: Option<&Dict>) -> Self {
        let mut found = Self::default();
        if let Some(lock) = lock {
            found.locked = locked(revision, lock);
            found.level = lock.integer(b"P").map(level);
        }
        let references = revision.get(signature, b"Reference").unwrap_or(Value::Null);
        for reference in references.as_array().unwrap_or_default() {
            let reference = revision.resolve(reference).unwrap_or(Value::Null);
            let Some(reference) = reference.as_dict() else {
                continue;
            };
            let parameters = revision.get(reference, b"TransformParams");
            let parameters = parameters.unwrap_or(Value::Null);
            let parameters = parameters.as_dict().cloned().unwrap_or_default();
            match reference.name(b"TransformMethod") {
                Some(b"DocMDP") => {
                    let said = level(parameters.integer(b"P").unwrap_or(2));
                    found.level = Some(found.level.map_or(said, |other| other.min(said)));
                }
                Some(b"FieldMDP") => found.locked = locked(revision, &parameters),
                _ => {}
            }
        }
        found
    }

    /// Whether it says of fields which are locked, so that the others are not.
    pub fn names_fields(&self) -> bool {
        self.locked != Locked::Unsaid
    }

    /// Whether signing locked the field of this name.
    pub(super) fn locks(&self, field: &str) -> bool {
        let is_in = |names: &[String]| {
            names.iter().any(|name| {
                let rest = field.strip_prefix(name.as_str());
                rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
            })
        };
        match &self.locked {
            Locked::Unsaid => false,
            Locked::All => true,
            Locked::These(names) => is_in(names),
            Locked::AllBut(names) => !is_in(names),
        }
    }
}

/// What is none of the three allows nothing.
fn level(number: i64) -> Level {
    match number {
        2 => Level::Forms,
        3 => Level::Annotations,
        _ => Level::Nothing,
    }
}

fn locked(revision: &Revision<'_>, parameters: &Dict) -> Locked {
    let fields = revision.get(parameters, b"Fields").unwrap_or(Value::Null);
    let names = fields.as_array().unwrap_or_default().iter();
    let names = names.filter_map(|name| name.as_text().map(text)).collect();
    match parameters.name(b"Action") {
        Some(b"Include") => Locked::These(names),
        Some(b"Exclude") => Locked::AllBut(names),
        _ => Locked::All,
    }
}

//! Who joins: what a locality says of itself, in a file or on the command line.
//!
//! ```toml
//! organ = "000.00.00.H62"
//! name = "Ủy ban nhân dân tỉnh Vĩnh Phúc"
//! short_name = "Vĩnh Phúc"
//! contact = "Trung tâm Hạ tầng thông tin"
//! documents_per_day = 500
//! keys = "rsa2048"
//! hub = "https://127.0.0.1:7443"
//! directory = "vinh-phuc"
//!
//! [[units]]
//! organ = "000.00.01.H62"
//! name = "Sở Nội vụ"
//! ```

use std::path::PathBuf;

use serde::Deserialize;

use crate::model::Directory;
use crate::model::OrganId;
use crate::trust::KeyKind;

/// Documents a working day, where nothing is said: what 86,000 documents in 112 working days make of
/// one of 95 agencies is 8; a province sends more, and a round number invites a real one.
const DOCUMENTS_PER_DAY: u32 = 500;

/// What a locality says of itself.
#[derive(Clone, Debug)]
pub struct Locality {
    /// Its code.
    pub organ: OrganId,
    /// Full name.
    pub name: String,
    /// Name for tables.
    pub short_name: String,
    /// Whom to ask.
    pub contact: String,
    /// Units below it: code and name.
    pub units: Vec<(String, String)>,
    /// Documents on a working day.
    pub documents_per_day: u32,
    /// Keys of person and seal.
    pub keys: KeyKind,
}

impl Locality {
    /// A locality of which only the code is known; the directory of 2019 says the rest.
    pub fn of(organ: OrganId) -> Self {
        let known = Directory::of_2019().find(organ);
        let name = known.map_or_else(|| organ.to_string(), |agency| agency.name.clone());
        let short = known.map_or_else(|| organ.to_string(), |agency| agency.short_name.clone());
        Self {
            organ,
            name,
            short_name: short,
            contact: String::new(),
            units: Vec::new(),
            documents_per_day: DOCUMENTS_PER_DAY,
            keys: KeyKind::Rsa2048,
        }
    }
}

/// A file that says what is to be: the declarative form of joining.
#[derive(Clone, Debug)]
pub struct Declaration {
    /// Who.
    pub locality: Locality,
    /// The hub; `None` for one of its own.
    pub hub: Option<String>,
    /// Where its papers lie.
    pub directory: Option<PathBuf>,
}

/// Why a file is not a declaration.
#[derive(Debug, thiserror::Error)]
pub enum InvalidDeclaration {
    /// A field holds something else.
    #[error("`{field}` is `{found}`: {problem}")]
    Field {
        /// The field.
        field: &'static str,
        /// What stands there.
        found: String,
        /// What is wrong with it.
        problem: String,
    },
    /// Not TOML, or unknown fields.
    #[error("{0}")]
    Toml(#[from] toml::de::Error),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    organ: String,
    name: Option<String>,
    short_name: Option<String>,
    contact: Option<String>,
    documents_per_day: Option<u32>,
    keys: Option<String>,
    hub: Option<String>,
    directory: Option<PathBuf>,
    #[serde(default)]
    units: Vec<Unit>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Unit {
    organ: String,
    name: String,
}

impl Declaration {
    /// Reads a declaration.
    ///
    /// # Errors
    /// [`InvalidDeclaration`], naming the field.
    pub fn parse(text: &str) -> Result<Self, InvalidDeclaration> {
        let file: File = toml::from_str(text)?;
        let bad = |field, found: &str, problem: &dyn std::fmt::Display| InvalidDeclaration::Field {
            field,
            found: found.to_owned(),
            problem: problem.to_string(),
        };
        let organ = file
            .organ
            .parse()
            .map_err(|error| bad("organ", &file.organ, &error))?;
        let mut locality = Locality::of(organ);
        if let Some(keys) = &file.keys {
            locality.keys = keys.parse().map_err(|error| bad("keys", keys, &error))?;
        }
        if let Some(name) = file.name {
            locality.short_name.clone_from(&name);
            locality.name = name;
        }
        locality.short_name = file.short_name.unwrap_or(locality.short_name);
        locality.contact = file.contact.unwrap_or_default();
        locality.documents_per_day = file.documents_per_day.unwrap_or(DOCUMENTS_PER_DAY);
        locality.units = file
            .units
            .into_iter()
            .map(|unit| (unit.organ, unit.name))
            .collect();
        Ok(Self {
            locality,
            hub: file.hub,
            directory: file.directory,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_declaration_says_what_the_directory_does_not_know() {
        let text = "organ = \"000.00.00.H62\"\ndocuments_per_day = 7\n\
                    [[units]]\norgan = \"000.00.01.H62\"\nname = \"Sở Nội vụ\"\n";
        let read = Declaration::parse(text).unwrap();
        assert_eq!(read.locality.short_name, "Vĩnh Phúc");
        assert_eq!(read.locality.documents_per_day, 7);
        assert_eq!(read.locality.units.len(), 1);
        assert_eq!(read.hub, None);
    }

    #[test]
    fn what_is_wrong_is_named() {
        let problem = |text: &str| Declaration::parse(text).unwrap_err().to_string();
        assert!(problem("organ = \"h 62\"").contains("`organ` is `h 62`"));
        assert!(problem("organ = \"000.00.00.H62\"\nkeys = \"dsa\"").contains("`keys` is `dsa`"));
        assert!(problem("organ = \"000.00.00.H62\"\nhubb = \"x\"").contains("hubb"));
    }
}

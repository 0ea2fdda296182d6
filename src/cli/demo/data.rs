//! Where the hub of a demonstration keeps its data.

use std::path::PathBuf;

use super::Arguments;
use crate::cli::exit::Failure;
use crate::store::Durability;

/// Where the hub keeps its data.
pub(super) enum Data {
    Given(PathBuf),
    Nowhere,
    Temporary(PathBuf),
}

impl Data {
    pub(super) fn choose(arguments: &Arguments) -> Result<Self, Failure> {
        if let Some(path) = &arguments.data {
            if path.join("VERSION").exists() {
                let problem = "it holds a hub's data already; a demonstration starts with nothing";
                return Err(Failure::input(&format!("use {}", path.display()), problem));
            }
            return Ok(Self::Given(path.clone()));
        }
        if arguments.durability == Durability::Memory {
            return Ok(Self::Nowhere);
        }
        let name = format!("docaxis-demo-{}", std::process::id());
        Ok(Self::Temporary(std::env::temp_dir().join(name)))
    }

    pub(super) fn path(&self) -> Option<&PathBuf> {
        match self {
            Self::Given(path) | Self::Temporary(path) => Some(path),
            Self::Nowhere => None,
        }
    }
}

impl Drop for Data {
    fn drop(&mut self) {
        if let Self::Temporary(path) = self {
            // A directory that never came to be needs no removing.
            let _ = std::fs::remove_dir_all(path);
        }
    }
}

//! Who is on the axis, as this hub knows it: an immutable snapshot that readers share and the commit
//! thread replaces.

use std::collections::HashMap;
use std::sync::Arc;

use super::record::AgencyRecord;
use crate::model::OrganId;

/// Number of an agency within one hub, dense from 0; never leaves the hub.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct AgencyNo(pub(super) u32);

impl AgencyNo {
    /// Position in dense tables.
    pub(super) fn index(self) -> usize {
        self.0 as usize
    }
}

/// Whether an agency may exchange documents.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum AgencyState {
    /// Sends and receives.
    Active,
    /// Locked by the operator.
    Suspended,
}

impl AgencyState {
    /// The word for logs and refusals.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Suspended => "suspended",
        }
    }

    pub(super) fn to_byte(self) -> u8 {
        match self {
            Self::Active => 1,
            Self::Suspended => 2,
        }
    }

    pub(super) fn from_byte(byte: u8) -> Option<Self> {
        match byte {
            1 => Some(Self::Active),
            2 => Some(Self::Suspended),
            _ => None,
        }
    }
}

/// One agency.
#[derive(Clone, Debug)]
pub struct Agency {
    /// Its code.
    pub organ: OrganId,
    /// Full name.
    pub name: String,
    /// Name for tables.
    pub short_name: String,
    /// Whether it may exchange documents.
    pub state: AgencyState,
}

/// Every agency, by number and by code.
#[derive(Clone, Debug, Default)]
pub struct Agencies {
    rows: Vec<Arc<Agency>>,
    by_organ: HashMap<OrganId, AgencyNo>,
}

impl Agencies {
    /// The agency with this code.
    pub(super) fn find(&self, organ: OrganId) -> Option<(AgencyNo, &Agency)> {
        let number = *self.by_organ.get(&organ)?;
        Some((number, self.rows.get(number.index())?))
    }

    /// The agency with this number. Numbers come from this table, so they are in it.
    pub(super) fn get(&self, number: AgencyNo) -> &Agency {
        &self.rows[number.index()]
    }

    /// Every agency in the order of registration.
    pub fn iter(&self) -> impl Iterator<Item = &Agency> {
        self.rows.iter().map(AsRef::as_ref)
    }

    /// How many there are.
    pub(super) fn count(&self) -> usize {
        self.rows.len()
    }

    /// Sets one agency. Numbers are dense: a new one is the next.
    pub(super) fn set(&mut self, record: &AgencyRecord) {
        let agency = Arc::new(Agency {
            organ: record.organ,
            name: record.name.clone(),
            short_name: record.short_name.clone(),
            state: record.state,
        });
        match self.rows.get_mut(record.number.index()) {
            Some(row) => *row = agency,
            None => self.rows.push(agency),
        }
        self.by_organ.insert(record.organ, record.number);
    }
}

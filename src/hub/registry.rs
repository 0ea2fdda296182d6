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
    /// On its way onto the axis.
    Joining,
    /// On the test axis: exchanges documents with others there only.
    Testing,
    /// Off the axis for good.
    Revoked,
    /// Absorbed by another agency.
    Merged,
}

impl AgencyState {
    /// Every state.
    pub(super) const ALL: [Self; 6] = [
        Self::Active,
        Self::Suspended,
        Self::Joining,
        Self::Testing,
        Self::Revoked,
        Self::Merged,
    ];

    /// The word for logs and refusals.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Suspended => "suspended",
            Self::Joining => "joining",
            Self::Testing => "testing",
            Self::Revoked => "revoked",
            Self::Merged => "merged",
        }
    }

    /// Whether a document goes from an agency in this state to one in the other. The test axis is
    /// the agencies that are testing: nothing leaves it and nothing enters. Candidates exchange with the
    /// agencies the hub plays, not with each other ([`admit`](super::admit)).
    pub(super) fn reaches(self, recipient: Self) -> bool {
        match self {
            Self::Active => recipient == Self::Active,
            Self::Testing => recipient == Self::Testing,
            Self::Suspended | Self::Joining | Self::Revoked | Self::Merged => false,
        }
    }

    /// Whether it sends documents at all.
    pub(super) fn may_send(self) -> bool {
        matches!(self, Self::Active | Self::Testing)
    }

    /// Whether it was locked or taken off the axis: what is open of such an agency ends.
    pub(super) fn is_off(self) -> bool {
        matches!(self, Self::Suspended | Self::Revoked | Self::Merged)
    }

    pub(super) fn to_byte(self) -> u8 {
        match self {
            Self::Active => 1,
            Self::Suspended => 2,
            Self::Joining => 3,
            Self::Testing => 4,
            Self::Revoked => 5,
            Self::Merged => 6,
        }
    }

    pub(super) fn from_byte(byte: u8) -> Option<Self> {
        match byte {
            1 => Some(Self::Active),
            2 => Some(Self::Suspended),
            3 => Some(Self::Joining),
            4 => Some(Self::Testing),
            5 => Some(Self::Revoked),
            6 => Some(Self::Merged),
            _ => None,
        }
    }
}

/// Where a document travels: nothing leaves the test axis and nothing enters it.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(super) enum Axis {
    /// The axis.
    #[default]
    National,
    /// The test axis: candidates and the agencies the hub plays.
    Test,
}

impl Axis {
    /// The axis a sender in this state is on.
    pub(super) fn of(sender: AgencyState) -> Self {
        if sender == AgencyState::Testing {
            Self::Test
        } else {
            Self::National
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
    /// Documents it may send on one day, where that is limited.
    pub daily_limit: Option<DailyLimit>,
    /// Merged: into whom.
    pub merged_into: Option<OrganId>,
}

/// How many documents an agency may send on one day.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct DailyLimit {
    /// So many.
    pub documents: u32,
    /// The day on which the first stage was granted, in days since 1970: what was sent in tests on that
    /// day does not count.
    pub(super) day: i32,
    /// Documents sent before, on that day.
    pub(super) before: u64,
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
            daily_limit: record.daily_limit,
            merged_into: record.merged_into,
        });
        match self.rows.get_mut(record.number.index()) {
            Some(row) => *row = agency,
            None => self.rows.push(agency),
        }
        self.by_organ.insert(record.organ, record.number);
    }
}

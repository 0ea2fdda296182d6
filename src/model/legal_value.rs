//! What a document is worth (NĐ 30/2020/NĐ-CP, Art. 5.1; QĐ 28/2018/QĐ-TTg, Art. 4).

/// Legal value of a document the hub accepted.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum LegalValue {
    /// Signed by the competent person and by the organisation: replaces paper (QĐ 28/2018, Art. 4.1).
    Full,
    /// Not signed by both: for information only (QĐ 28/2018, Art. 4.2).
    ReferenceOnly,
}

impl LegalValue {
    /// What a set of *valid* signatures earns. Both are needed (NĐ 30/2020, Art. 5.1).
    pub fn earned_by(person: bool, seal: bool) -> Self {
        if person && seal {
            Self::Full
        } else {
            Self::ReferenceOnly
        }
    }

    /// The name on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Full => "FULL",
            Self::ReferenceOnly => "REFERENCE_ONLY",
        }
    }
}

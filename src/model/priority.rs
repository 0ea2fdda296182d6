//! Urgency of a document, and the rule that nothing starves.

/// Urgency, 0 to 4 (QCVN 102 `OtherInfo.Priority`; NĐ 30/2020 knows the middle three as degrees).
#[derive(Clone, Copy, Debug, Default, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum Priority {
    /// Thường.
    #[default]
    Normal,
    /// Khẩn.
    Urgent,
    /// Thượng khẩn.
    VeryUrgent,
    /// Hỏa tốc.
    Express,
    /// Hỏa tốc hẹn giờ.
    ExpressTimed,
}

impl Priority {
    /// Every priority, lowest first.
    pub const ALL: [Self; 5] = [
        Self::Normal,
        Self::Urgent,
        Self::VeryUrgent,
        Self::Express,
        Self::ExpressTimed,
    ];

    /// Of this many entries taken from a mailbox, one is the oldest, whatever its priority: urgent
    /// traffic overtakes and can never stop the rest. Our rule; the law orders urgency only.
    pub const OLDEST_EVERY: u32 = 8;

    /// The number on the wire, 0 to 4.
    pub fn level(self) -> u8 {
        match self {
            Self::Normal => 0,
            Self::Urgent => 1,
            Self::VeryUrgent => 2,
            Self::Express => 3,
            Self::ExpressTimed => 4,
        }
    }

    /// The priority with this number; `None` above 4.
    pub fn from_level(level: u32) -> Option<Self> {
        usize::try_from(level)
            .ok()
            .and_then(|index| Self::ALL.get(index))
            .copied()
    }
}

//! Joining the axis: the steps an agency walks from a letter to all its documents.
//!
//! Which papers and tests law demands is QĐ 28/2018/QĐ-TTg, Art. 12 to 19; that there are these eight
//! steps, in this order, is our arrangement of them.

/// A step of joining, in the order they are walked.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum Step {
    /// The agency asks to be connected (Art. 14.1 and 15.2: by guidance of the Government Office).
    Application,
    /// Identifier codes of the agency and of its units (Art. 10.2a, 16.1, 19.1c).
    Codes,
    /// Keys and certificates of persons, seals and machines (Art. 18).
    Certificates,
    /// A connection that is encrypted and authenticated on both sides (Art. 12, 13.2).
    Connection,
    /// The agency is known on the test axis.
    Registration,
    /// Its software sends, receives and refuses as the rules say (Art. 14.2, 16.1).
    Conformance,
    /// It bears the load it will have, and is given a certificate of readiness.
    Capacity,
    /// Its documents go over the axis in stages: 1–30 %, 30–70 %, all (after Art. 21.1, a pilot).
    Activation,
}

impl Step {
    /// Every step, in order.
    pub const ALL: [Self; 8] = [
        Self::Application,
        Self::Codes,
        Self::Certificates,
        Self::Connection,
        Self::Registration,
        Self::Conformance,
        Self::Capacity,
        Self::Activation,
    ];

    /// The name in files and on the command line.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Application => "application",
            Self::Codes => "codes",
            Self::Certificates => "certificates",
            Self::Connection => "connection",
            Self::Registration => "registration",
            Self::Conformance => "conformance",
            Self::Capacity => "capacity",
            Self::Activation => "activation",
        }
    }
}

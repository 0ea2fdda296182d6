//! Status codes of the axis and the table of transitions, per document and recipient.
//!
//! The codes are those the axis' client libraries use; no official table of allowed transitions was
//! found, so the table is ours, derived from their meaning (and says so in ARCHITECTURE.md).

/// A status one party reports (codes 01–06, 13, 15, 16; there is no other).
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum StatusCode {
    /// 01 đã đến: the recipient's system has it. Automatic (QĐ 28/2018, Art. 6.3).
    Arrived,
    /// 02 từ chối tiếp nhận (trả lại), with a reason (QĐ 28/2018, Art. 5.4).
    Rejected,
    /// 03 đã tiếp nhận.
    Accepted,
    /// 04 phân công.
    Assigned,
    /// 05 đang xử lý.
    Processing,
    /// 06 hoàn thành.
    Finished,
    /// 13 thu hồi / lấy lại: the sender asks for it back.
    RecallRequested,
    /// 15 đồng ý cập nhật / lấy lại.
    ChangeAccepted,
    /// 16 từ chối cập nhật / lấy lại, with a reason.
    ChangeRejected,
}

/// Who may report a status.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum Party {
    /// The organisation the document was sent to.
    Recipient,
    /// The organisation that sent it.
    Sender,
}

/// Where one document stands at one recipient.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum Stage {
    /// At the hub, no status yet.
    Sent,
    /// 01.
    Arrived,
    /// 02; nothing follows.
    Rejected,
    /// 03.
    Accepted,
    /// 04.
    Assigned,
    /// 05.
    Processing,
    /// 06.
    Finished,
    /// 13 was reported; the stage before it is kept for an answer of 16.
    RecallRequested(Settled),
    /// An update (business type 2) was sent; waits for 15 or 16, or for a recall in its place.
    UpdateRequested(Settled),
    /// 15 after 13; nothing follows. The payload is destroyed, the trace remains.
    Recalled,
}

/// A stage to which a refused recall or update returns.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum Settled {
    /// Not arrived yet.
    Sent,
    /// 01.
    Arrived,
    /// 03.
    Accepted,
    /// 04.
    Assigned,
    /// 05.
    Processing,
    /// 06.
    Finished,
}

/// Why a status may not follow.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum TransitionError {
    /// The sender waits for an answer.
    #[error("the sender asked for a change: answer that first, with 15 or 16")]
    AnswerFirst,
    /// Nothing follows the present stage.
    #[error("nothing follows the present stage: what is to be corrected is sent as a new document")]
    Ended,
    /// Not from this stage.
    #[error("this status may not follow the present stage")]
    NotFromHere,
    /// 02 and 16 must say why.
    #[error("this status needs a description")]
    ReasonMissing,
    /// The recipient answered as many recalls and updates of one document as there may be.
    #[error(
        "a change of this document was asked for and answered {answered} times, at most {most} are taken"
    )]
    TooOften {
        /// Answers so far.
        answered: usize,
        /// As many as are taken of this kind.
        most: usize,
    },
    /// The other party reports this one.
    #[error("only the {0:?} may report this status")]
    WrongParty(Party),
}

impl StatusCode {
    /// Every code, in the order of the axis.
    pub const ALL: [Self; 9] = [
        Self::Arrived,
        Self::Rejected,
        Self::Accepted,
        Self::Assigned,
        Self::Processing,
        Self::Finished,
        Self::RecallRequested,
        Self::ChangeAccepted,
        Self::ChangeRejected,
    ];

    /// The number of the axis.
    pub fn number(self) -> u8 {
        match self {
            Self::Arrived => 1,
            Self::Rejected => 2,
            Self::Accepted => 3,
            Self::Assigned => 4,
            Self::Processing => 5,
            Self::Finished => 6,
            Self::RecallRequested => 13,
            Self::ChangeAccepted => 15,
            Self::ChangeRejected => 16,
        }
    }

    /// The code with this number; there is no 07–12 and no 14.
    pub fn from_number(number: u32) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|code| u32::from(code.number()) == number)
    }

    /// Who reports it.
    pub fn party(self) -> Party {
        match self {
            Self::RecallRequested => Party::Sender,
            Self::Arrived
            | Self::Rejected
            | Self::Accepted
            | Self::Assigned
            | Self::Processing
            | Self::Finished
            | Self::ChangeAccepted
            | Self::ChangeRejected => Party::Recipient,
        }
    }

    /// Whether it answers a recall or an update.
    pub fn is_answer(self) -> bool {
        matches!(self, Self::ChangeAccepted | Self::ChangeRejected)
    }

    /// Whether it must say why (02: QĐ 28/2018, Art. 5.4; 16: our rule, since Art. 9.2 obliges the
    /// recipient to destroy a recalled document).
    pub fn needs_reason(self) -> bool {
        matches!(self, Self::Rejected | Self::ChangeRejected)
    }
}

impl Settled {
    /// After 01.
    fn arrived(self) -> Option<Self> {
        self.stage().next(StatusCode::Arrived)?.settled()
    }

    fn stage(self) -> Stage {
        match self {
            Self::Sent => Stage::Sent,
            Self::Arrived => Stage::Arrived,
            Self::Accepted => Stage::Accepted,
            Self::Assigned => Stage::Assigned,
            Self::Processing => Stage::Processing,
            Self::Finished => Stage::Finished,
        }
    }
}

impl Stage {
    /// Every stage.
    pub fn all() -> impl Iterator<Item = Self> {
        (0..=u8::MAX).map_while(Self::from_byte)
    }

    /// The stage after `code`, reported by `party`. Repeating the present status changes nothing.
    ///
    /// # Errors
    /// [`TransitionError`]; the stage stays as it was.
    pub fn after(
        self,
        code: StatusCode,
        party: Party,
        description: &str,
    ) -> Result<Self, TransitionError> {
        if party != code.party() {
            return Err(TransitionError::WrongParty(code.party()));
        }
        if code.needs_reason() && description.trim().is_empty() {
            return Err(TransitionError::ReasonMissing);
        }
        self.next(code).ok_or_else(|| match (self, code) {
            (Self::Rejected | Self::Recalled, _) => TransitionError::Ended,
            (_, StatusCode::Arrived) => TransitionError::NotFromHere,
            _ if self.is_asked() => TransitionError::AnswerFirst,
            _ => TransitionError::NotFromHere,
        })
    }

    /// Whether the recipient is asked for an answer (15 or 16).
    pub fn is_asked(self) -> bool {
        matches!(self, Self::RecallRequested(_) | Self::UpdateRequested(_))
    }

    /// The stage when the sender's update (business type 2) reaches this recipient.
    pub fn after_update(self) -> Option<Self> {
        self.settled().map(Stage::UpdateRequested)
    }

    fn next(self, code: StatusCode) -> Option<Self> {
        use StatusCode as C;
        match (self, code) {
            (Self::Sent | Self::Arrived, C::Arrived) => Some(Self::Arrived),
            (Self::Arrived | Self::Rejected, C::Rejected) => Some(Self::Rejected),
            (Self::Arrived | Self::Accepted, C::Accepted) => Some(Self::Accepted),
            (Self::Accepted | Self::Assigned, C::Assigned) => Some(Self::Assigned),
            (Self::Accepted | Self::Assigned | Self::Processing, C::Processing) => {
                Some(Self::Processing)
            }
            (Self::Accepted | Self::Assigned | Self::Processing | Self::Finished, C::Finished) => {
                Some(Self::Finished)
            }
            // What arrives has arrived, whatever is asked meanwhile: 01 is reported by machines, once.
            (Self::RecallRequested(before), C::Arrived) => {
                before.arrived().map(Self::RecallRequested)
            }
            (Self::UpdateRequested(before), C::Arrived) => {
                before.arrived().map(Self::UpdateRequested)
            }
            (Self::RecallRequested(_), C::RecallRequested) => Some(self),
            // Asking the document back makes what was to change of it moot.
            (Self::UpdateRequested(before), C::RecallRequested) => {
                Some(Self::RecallRequested(before))
            }
            (_, C::RecallRequested) => self.settled().map(Self::RecallRequested),
            (Self::RecallRequested(_) | Self::Recalled, C::ChangeAccepted) => Some(Self::Recalled),
            (Self::UpdateRequested(before), C::ChangeAccepted | C::ChangeRejected)
            | (Self::RecallRequested(before), C::ChangeRejected) => Some(before.stage()),
            _ => None,
        }
    }

    fn settled(self) -> Option<Settled> {
        match self {
            Self::Sent => Some(Settled::Sent),
            Self::Arrived => Some(Settled::Arrived),
            Self::Accepted => Some(Settled::Accepted),
            Self::Assigned => Some(Settled::Assigned),
            Self::Processing => Some(Settled::Processing),
            Self::Finished => Some(Settled::Finished),
            Self::RecallRequested(_)
            | Self::UpdateRequested(_)
            | Self::Rejected
            | Self::Recalled => None,
        }
    }

    /// One byte for storage. Numbers once written are never reused.
    pub fn to_byte(self) -> u8 {
        // A test finds every stage in the list.
        (0..)
            .zip(Self::BYTES)
            .find(|(_, stage)| *stage == self)
            .map_or(0, |(byte, _)| byte)
    }

    /// The stage stored as this byte.
    pub fn from_byte(byte: u8) -> Option<Self> {
        Self::BYTES.get(usize::from(byte)).copied()
    }

    const BYTES: [Self; 20] = [
        Self::Sent,
        Self::Arrived,
        Self::Rejected,
        Self::Accepted,
        Self::Assigned,
        Self::Processing,
        Self::Finished,
        Self::Recalled,
        Self::RecallRequested(Settled::Sent),
        Self::RecallRequested(Settled::Arrived),
        Self::RecallRequested(Settled::Accepted),
        Self::RecallRequested(Settled::Assigned),
        Self::RecallRequested(Settled::Processing),
        Self::RecallRequested(Settled::Finished),
        Self::UpdateRequested(Settled::Sent),
        Self::UpdateRequested(Settled::Arrived),
        Self::UpdateRequested(Settled::Accepted),
        Self::UpdateRequested(Settled::Assigned),
        Self::UpdateRequested(Settled::Processing),
        Self::UpdateRequested(Settled::Finished),
    ];

    /// The name on the wire and in reports.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Sent => "SENT",
            Self::Arrived => "ARRIVED",
            Self::Rejected => "REJECTED",
            Self::Accepted => "ACCEPTED",
            Self::Assigned => "ASSIGNED",
            Self::Processing => "PROCESSING",
            Self::Finished => "FINISHED",
            Self::RecallRequested(_) => "RECALL_REQUESTED",
            Self::UpdateRequested(_) => "UPDATE_REQUESTED",
            Self::Recalled => "RECALLED",
        }
    }
}

#[cfg(test)]
mod tests;

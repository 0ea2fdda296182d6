//! A document's identity and its header: the fields of QCVN 102 / NĐ 30/2020 with their lengths.

use std::fmt;
use std::str::FromStr;

use jiff::civil::Date;

use super::attachment::AttachmentRef;
use super::organ::InvalidOrganId;
use super::organ::OrganId;
use super::priority::Priority;
use super::recipients::Recipients;

/// Identity of a document: `OrganId,yyyy/MM/dd,number/notation`, as the axis' clients write it
/// (`000.00.00.G22,2015/09/30,7816/VPCP-TTĐT`).
///
/// The law names organisation, year and running number (QĐ 28/2018, Art. 10.2b); practice carries the
/// whole date and the notation, and so do we.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct DocumentId {
    organ: OrganId,
    date: Date,
    code: DocumentCode,
}

/// Number and notation, `7816/VPCP-TTĐT`. Unique per agency and year (NĐ 30/2020, Art. 15.1).
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct DocumentCode {
    number: Box<str>,
    notation: Box<str>,
}

/// Why a text is not a [`DocumentId`].
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum InvalidDocumentId {
    /// The number is empty, too long, or has a character that would break the form.
    #[error("number must be 1 to 11 characters without `/`, `,` or control characters")]
    Number,
    /// The date is not `yyyy/MM/dd`.
    #[error("date is not yyyy/MM/dd")]
    Date,
    /// Not three parts separated by commas.
    #[error("expected three parts separated by commas, found {found}")]
    Parts {
        /// Parts found.
        found: usize,
    },
    /// The notation is empty, too long, or has a character that would break the form.
    #[error("notation must be 1 to 30 characters without `,` or control characters")]
    Notation,
    /// The first part is not an organisation's identifier.
    #[error("organisation is not well formed: {0}")]
    Organ(InvalidOrganId),
}

impl DocumentCode {
    /// Longest number, in characters (NĐ 30/2020, Phụ lục VI).
    pub const NUMBER_MAX: usize = 11;
    /// Longest notation, in characters (NĐ 30/2020, Phụ lục VI).
    pub const NOTATION_MAX: usize = 30;

    /// Checks both parts.
    ///
    /// # Errors
    /// [`InvalidDocumentId::Number`] or [`InvalidDocumentId::Notation`].
    pub fn new(number: &str, notation: &str) -> Result<Self, InvalidDocumentId> {
        let fits = |text: &str, max: usize| {
            let length = text.chars().count();
            length >= 1 && length <= max && !text.chars().any(|c| c == ',' || c.is_control())
        };
        if !fits(number, Self::NUMBER_MAX) || number.contains('/') {
            return Err(InvalidDocumentId::Number);
        }
        if !fits(notation, Self::NOTATION_MAX) {
            return Err(InvalidDocumentId::Notation);
        }
        Ok(Self {
            number: number.into(),
            notation: notation.into(),
        })
    }

    /// Running number of the year.
    pub fn number(&self) -> &str {
        &self.number
    }

    /// Notation, `VPCP-TTĐT`.
    pub fn notation(&self) -> &str {
        &self.notation
    }
}

impl DocumentId {
    /// Composes an identity.
    pub fn new(organ: OrganId, date: Date, code: DocumentCode) -> Self {
        Self { organ, date, code }
    }

    /// The issuing organisation.
    pub fn organ(&self) -> OrganId {
        self.organ
    }

    /// Date of promulgation.
    pub fn date(&self) -> Date {
        self.date
    }

    /// Number and notation.
    pub fn code(&self) -> &DocumentCode {
        &self.code
    }
}

impl FromStr for DocumentId {
    type Err = InvalidDocumentId;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut parts = text.splitn(3, ',');
        let (Some(organ), Some(date), Some(code)) = (parts.next(), parts.next(), parts.next())
        else {
            return Err(InvalidDocumentId::Parts {
                found: text.split(',').count(),
            });
        };
        let organ = organ.parse().map_err(InvalidDocumentId::Organ)?;
        let date = parse_date(date).ok_or(InvalidDocumentId::Date)?;
        let (number, notation) = code.split_once('/').ok_or(InvalidDocumentId::Number)?;
        Ok(Self {
            organ,
            date,
            code: DocumentCode::new(number, notation)?,
        })
    }
}

impl fmt::Display for DocumentCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.number, self.notation)
    }
}

impl fmt::Display for DocumentId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{},{},{}", self.organ, format_date(self.date), self.code)
    }
}

/// Reads `yyyy/MM/dd` (QCVN 102). `None` unless exactly that form and a day that exists.
pub fn parse_date(text: &str) -> Option<Date> {
    let bytes = text.as_bytes();
    if bytes.len() != 10 || bytes[4] != b'/' || bytes[7] != b'/' {
        return None;
    }
    let number = |range: std::ops::Range<usize>| {
        let digits = text.get(range)?;
        digits
            .bytes()
            .all(|b| b.is_ascii_digit())
            .then(|| digits.parse::<i16>().ok())?
    };
    let (month, day) = (
        i8::try_from(number(5..7)?).ok()?,
        i8::try_from(number(8..10)?).ok()?,
    );
    Date::new(number(0..4)?, month, day).ok()
}

/// Prints `yyyy/MM/dd` (QCVN 102).
pub fn format_date(date: Date) -> String {
    format!("{:04}/{:02}/{:02}", date.year(), date.month(), date.day())
}

/// What kind of business a message is (QCVN 102 `BussinessDocType`).
#[derive(Clone, Copy, Debug, Default, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum BusinessType {
    /// 0: a new document.
    #[default]
    New,
    /// 1: recall of the documents named in `response_for` (thu hồi).
    Recall,
    /// 2: update (cập nhật).
    Update,
    /// 3: replacement (thay thế).
    Replace,
}

impl BusinessType {
    /// The number on the wire.
    pub fn code(self) -> u8 {
        match self {
            Self::New => 0,
            Self::Recall => 1,
            Self::Update => 2,
            Self::Replace => 3,
        }
    }

    /// The type with this number.
    pub fn from_code(code: u32) -> Option<Self> {
        [Self::New, Self::Recall, Self::Update, Self::Replace]
            .get(usize::try_from(code).ok()?)
            .copied()
    }
}

/// Degree of secrecy. Anything but [`Secrecy::None`] is refused (QĐ 28/2018, Art. 1.2).
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Secrecy {
    /// Not a state secret.
    #[default]
    None,
    /// Mật.
    Confidential,
    /// Tối mật.
    Secret,
    /// Tuyệt mật.
    TopSecret,
}

impl Secrecy {
    /// The word people use.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Confidential => "Mật",
            Self::Secret => "Tối mật",
            Self::TopSecret => "Tuyệt mật",
        }
    }
}

/// Who signed: authority, position and full name.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Signer {
    /// TM., KT., TL., TUQ., Q. or empty.
    pub competence: String,
    /// Position, at most 100 characters.
    pub position: String,
    /// Full name, at most 50 characters.
    pub full_name: String,
}

/// A reference to an earlier document.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ResponseFor {
    /// Organisation that issued it.
    pub organ: OrganId,
    /// The document.
    pub document_id: DocumentId,
}

/// The header of one document, checked. Its bytes are what the signatures cover.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct DocumentHeader {
    /// Identity.
    pub document_id: DocumentId,
    /// Sender.
    pub from: OrganId,
    /// Recipients, in the order of the list.
    pub to: Recipients,
    /// Number and notation; equal to the identity's.
    pub code: DocumentCode,
    /// Day of promulgation in Viet Nam; equal to the identity's.
    pub promulgation_date: Date,
    /// Name of the document type, at most 100 characters (NĐ 30/2020, Art. 7).
    pub document_type: String,
    /// Trích yếu, at most 500 characters.
    pub subject: String,
    /// Who signed.
    pub signer: Signer,
    /// Urgency.
    pub priority: Priority,
    /// New, recall, update or replacement.
    pub business_type: BusinessType,
    /// Earlier documents this one answers, recalls, updates or replaces.
    pub response_for: Vec<ResponseFor>,
    /// Day by which an answer is due.
    pub due_date: Option<Date>,
    /// Degree of secrecy.
    pub secrecy: Secrecy,
    /// Attachments by digest.
    pub attachments: Vec<AttachmentRef>,
}

impl DocumentHeader {
    /// A new official letter (công văn) of normal urgency, without attachments; sender, number and day are
    /// those of its identity. What differs is set on it.
    pub fn letter(document_id: DocumentId, to: Recipients, subject: &str) -> Self {
        Self {
            from: document_id.organ(),
            to,
            code: document_id.code().clone(),
            promulgation_date: document_id.date(),
            document_id,
            document_type: "Công văn".to_owned(),
            subject: subject.to_owned(),
            signer: Signer::default(),
            priority: Priority::Normal,
            business_type: BusinessType::New,
            response_for: Vec::new(),
            due_date: None,
            secrecy: Secrecy::None,
            attachments: Vec::new(),
        }
    }
}

/// Longest texts of a header, in characters (NĐ 30/2020, Phụ lục VI, Phần II).
pub mod length {
    /// `document_type`.
    pub const DOCUMENT_TYPE: usize = 100;
    /// `subject`.
    pub const SUBJECT: usize = 500;
    /// `signer.competence`.
    pub const COMPETENCE: usize = 20;
    /// `signer.position`.
    pub const POSITION: usize = 100;
    /// `signer.full_name`.
    pub const FULL_NAME: usize = 50;
    /// `attachments.name`.
    pub const ATTACHMENT_NAME: usize = 500;
    /// `attachments.content_type`; ours, no source gives one.
    pub const CONTENT_TYPE: usize = 100;
    /// Attachments of one document; ours, so that a header stays bounded.
    pub const ATTACHMENTS: usize = 256;
    /// `response_for` entries; ours, for the same reason.
    pub const RESPONSE_FOR: usize = 64;
    /// Deliveries one recall or update may concern, documents times recipients: each is looked at by the
    /// one thread that commits.
    pub const CHANGED: usize = 4096;
}

/// Whether a character has no place in a text that people read: control characters but for the end of a
/// line and the tabulator, and those that turn the direction of what follows, so that a text reads
/// otherwise than it is written.
pub fn is_misleading(c: char) -> bool {
    let turns = matches!(c, '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}');
    turns || (c.is_control() && c != '\n' && c != '\t')
}

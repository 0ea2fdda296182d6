//! The fields of an accepted document's record; its payload follows them.

use jiff::Timestamp;

use crate::hub::bytes::Reader;
use crate::hub::bytes::Writer;
use crate::hub::registry::AgencyNo;
use crate::hub::registry::Axis;
use crate::model::BusinessType;
use crate::model::Digest;
use crate::model::DocumentId;
use crate::model::LegalValue;
use crate::model::Priority;

/// Flag in the byte of a document's legal value: digests of attachments follow.
const NAMES_UPLOADS: u8 = 0x80;

/// Flag in the same byte: the document is on the test axis.
const ON_TEST_AXIS: u8 = 0x40;
/// Flag in the same byte: a recall takes the place of an update that is not answered.
const SUPERSEDES: u8 = 0x20;

/// An accepted document, without its payload.
#[derive(Clone, Debug)]
pub(in crate::hub) struct DocumentRecord {
    pub(in crate::hub) sequence: u64,
    pub(in crate::hub) accepted_at: Timestamp,
    pub(in crate::hub) sender: AgencyNo,
    /// Always the axis itself in older journals.
    pub(in crate::hub) axis: Axis,
    pub(in crate::hub) legal_value: LegalValue,
    pub(in crate::hub) priority: Priority,
    pub(in crate::hub) business_type: BusinessType,
    pub(in crate::hub) recipients: Vec<Addressee>,
    pub(in crate::hub) document_id: DocumentId,
    pub(in crate::hub) header_digest: Digest,
    /// Sequences of the documents a recall or update concerns.
    pub(in crate::hub) earlier: Vec<u64>,
    /// Whether a recall takes the place of an update that is not answered. Not in records of before that
    /// was the rule: their answers were to the update.
    pub(in crate::hub) supersedes: bool,
    /// Digests of the attachments that do not travel inside; each once. None in records of before
    /// uploads had owners.
    pub(in crate::hub) attachments: Vec<Digest>,
}

/// One recipient of a document.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(in crate::hub) struct Addressee {
    pub(in crate::hub) agency: AgencyNo,
    pub(in crate::hub) standing: Standing,
}

/// Whether a recipient could be served when the document came.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(in crate::hub) enum Standing {
    Open,
    Locked,
}

impl DocumentRecord {
    pub(in crate::hub) fn write(&self, w: &mut Writer) {
        w.u64(self.sequence)
            .instant(self.accepted_at)
            .u32(self.sender.0);
        let legal_value = match self.legal_value {
            LegalValue::Full => 1,
            LegalValue::ReferenceOnly => 2,
        };
        let names_uploads = match self.attachments.as_slice() {
            [] => 0,
            _ => NAMES_UPLOADS,
        };
        let on_test_axis = match self.axis {
            Axis::National => 0,
            Axis::Test => ON_TEST_AXIS,
        };
        let supersedes = if self.supersedes { SUPERSEDES } else { 0 };
        w.u8(legal_value | names_uploads | on_test_axis | supersedes);
        w.u8(self.priority.level()).u8(self.business_type.code());
        w.count(self.recipients.len());
        for recipient in &self.recipients {
            w.u32(recipient.agency.0).u8(match recipient.standing {
                Standing::Open => 0,
                Standing::Locked => 1,
            });
        }
        w.text(&self.document_id.to_string())
            .digest(&self.header_digest);
        w.count(self.earlier.len());
        for sequence in &self.earlier {
            w.u64(*sequence);
        }
        if !self.attachments.is_empty() {
            w.count(self.attachments.len());
            for digest in &self.attachments {
                w.digest(digest);
            }
        }
    }

    pub(in crate::hub) fn read(r: &mut Reader<'_>) -> Option<Self> {
        let (sequence, accepted_at, sender) = (r.u64()?, r.instant()?, AgencyNo(r.u32()?));
        let flags = r.u8()?;
        let axis = match flags & ON_TEST_AXIS {
            0 => Axis::National,
            _ => Axis::Test,
        };
        let legal_value = match flags & !(NAMES_UPLOADS | ON_TEST_AXIS | SUPERSEDES) {
            1 => LegalValue::Full,
            2 => LegalValue::ReferenceOnly,
            _ => return None,
        };
        let priority = Priority::from_level(u32::from(r.u8()?))?;
        let business_type = BusinessType::from_code(u32::from(r.u8()?))?;
        let recipients = (0..r.count()?)
            .map(|_| Addressee::read(r))
            .collect::<Option<_>>()?;
        let document_id = r.text()?.parse().ok()?;
        let header_digest = r.digest()?;
        let earlier = (0..r.count()?).map(|_| r.u64()).collect::<Option<_>>()?;
        let attachments = match flags & NAMES_UPLOADS {
            0 => Vec::new(),
            _ => (0..r.count()?).map(|_| r.digest()).collect::<Option<_>>()?,
        };
        Some(Self {
            sequence,
            accepted_at,
            sender,
            axis,
            legal_value,
            priority,
            business_type,
            recipients,
            document_id,
            header_digest,
            earlier,
            supersedes: flags & SUPERSEDES != 0,
            attachments,
        })
    }
}

impl Addressee {
    fn read(r: &mut Reader<'_>) -> Option<Self> {
        let agency = AgencyNo(r.u32()?);
        let standing = match r.u8()? {
            0 => Standing::Open,
            1 => Standing::Locked,
            _ => return None,
        };
        Some(Self { agency, standing })
    }
}

//! Document headers between protobuf and `model`: every rule of form is checked here, once.

use jiff::Timestamp;
use prost::Message as _;

use super::limits;
use super::v1;
use crate::model::ATTACHMENT_MAX;
use crate::model::AttachmentRef;
use crate::model::BusinessType;
use crate::model::Digest;
use crate::model::DocumentCode;
use crate::model::DocumentHeader;
use crate::model::DocumentId;
use crate::model::FieldViolation;
use crate::model::LegalValue;
use crate::model::OrganId;
use crate::model::Priority;
use crate::model::Recipients;
use crate::model::Refusal;
use crate::model::ResponseFor;
use crate::model::Secrecy;
use crate::model::Signer;
use crate::model::format_date;
use crate::model::length;
use crate::model::parse_date;

/// Reads and checks a serialised `DocumentHeader`.
///
/// # Errors
/// `HEADER_INVALID` with every rule that is broken, `SECRET_REFUSED` for a document marked secret,
/// `TOO_LARGE` for an attachment above [`ATTACHMENT_MAX`].
pub fn decode_header(bytes: &[u8]) -> Result<DocumentHeader, Refusal> {
    limits::check_header(bytes)?;
    let header = v1::DocumentHeader::decode(bytes).map_err(|error| {
        Refusal::field(
            "header",
            format!("is not a serialised DocumentHeader: {error}"),
        )
    })?;
    let mut check = Check::default();
    let document_id = check.parsed::<DocumentId>("document_id", &header.document_id);
    let from = check.parsed::<OrganId>("from", &header.from);
    let to = recipients(&mut check, &header.to);
    let code = match DocumentCode::new(&header.code_number, &header.code_notation) {
        Ok(code) => Some(code),
        Err(error) => check.broken("code_number", error.to_string()),
    };
    let promulgation_date = check.date("promulgation_date", &header.promulgation_date);
    if let Some(id) = &document_id {
        check.same("from", from.as_ref(), &id.organ());
        check.same("promulgation_date", promulgation_date.as_ref(), &id.date());
        check.same("code_number", code.as_ref(), id.code());
    }
    let document_type = check.text(
        "document_type",
        header.document_type,
        1,
        length::DOCUMENT_TYPE,
    );
    let subject = check.text("subject", header.subject, 1, length::SUBJECT);
    let signer = header.signer.unwrap_or_default();
    let signer = Signer {
        competence: check.text(
            "signer.competence",
            signer.competence,
            0,
            length::COMPETENCE,
        ),
        position: check.text("signer.position", signer.position, 0, length::POSITION),
        full_name: check.text("signer.full_name", signer.full_name, 0, length::FULL_NAME),
    };
    let priority = match u32::try_from(header.priority)
        .ok()
        .and_then(Priority::from_level)
    {
        Some(priority) => Some(priority),
        None => check.broken(
            "priority",
            format!("is {}, allowed are 0 to 4", header.priority),
        ),
    };
    let business_type = match u32::try_from(header.business_type)
        .ok()
        .and_then(BusinessType::from_code)
    {
        Some(business_type) => Some(business_type),
        None => check.broken(
            "business_type",
            format!("is {}, allowed are 0 to 3", header.business_type),
        ),
    };
    let response_for = response_for(&mut check, &header.response_for);
    if business_type.is_some_and(|kind| kind != BusinessType::New) && header.response_for.is_empty()
    {
        check.broken::<()>(
            "response_for",
            "a recall, update or replacement names its document",
        );
    }
    let changes = matches!(
        business_type,
        Some(BusinessType::Recall | BusinessType::Update)
    );
    let changed = header.response_for.len() * header.to.len();
    if changes && changed > length::CHANGED {
        let most = length::CHANGED;
        let problem = format!("concerns {changed} deliveries, at most {most} are taken");
        check.broken::<()>("response_for", problem);
    }
    let due_date = match header.due_date.as_str() {
        "" => None,
        text => check.date("due_date", text),
    };
    let secrecy = match header.secrecy {
        0 => Some(Secrecy::None),
        1 => Some(Secrecy::Confidential),
        2 => Some(Secrecy::Secret),
        3 => Some(Secrecy::TopSecret),
        other => check.broken("secrecy", format!("is {other}, allowed are 0 to 3")),
    };
    let attachments = attachments(&mut check, header.attachments)?;
    // Secrecy first: whatever else is wrong with it, a secret must not be looked at further.
    if let Some(secrecy) = secrecy.filter(|secrecy| *secrecy != Secrecy::None) {
        return Err(Refusal::SecretRefused {
            secrecy: secrecy.as_str().to_owned(),
        });
    }
    check.finish()?;
    let complete = (|| {
        Some(DocumentHeader {
            document_id: document_id?,
            from: from?,
            to: to?,
            code: code?,
            promulgation_date: promulgation_date?,
            document_type,
            subject,
            signer,
            priority: priority?,
            business_type: business_type?,
            response_for,
            due_date,
            secrecy: secrecy?,
            attachments,
        })
    })();
    complete.ok_or_else(|| Refusal::field("header", "is incomplete"))
}

/// Serialises a header. What comes out is what gets signed.
pub fn encode_header(header: &DocumentHeader) -> Vec<u8> {
    v1::DocumentHeader {
        document_id: header.document_id.to_string(),
        from: header.from.to_string(),
        to: header
            .to
            .as_slice()
            .iter()
            .map(ToString::to_string)
            .collect(),
        code_number: header.code.number().to_owned(),
        code_notation: header.code.notation().to_owned(),
        promulgation_date: format_date(header.promulgation_date),
        document_type: header.document_type.clone(),
        subject: header.subject.clone(),
        signer: Some(v1::Signer {
            competence: header.signer.competence.clone(),
            position: header.signer.position.clone(),
            full_name: header.signer.full_name.clone(),
        }),
        priority: i32::from(header.priority.level()),
        business_type: i32::from(header.business_type.code()),
        response_for: header
            .response_for
            .iter()
            .map(|earlier| v1::ResponseFor {
                organ_id: earlier.organ.to_string(),
                document_id: earlier.document_id.to_string(),
            })
            .collect(),
        due_date: header.due_date.map(format_date).unwrap_or_default(),
        secrecy: match header.secrecy {
            Secrecy::None => 0,
            Secrecy::Confidential => 1,
            Secrecy::Secret => 2,
            Secrecy::TopSecret => 3,
        },
        attachments: header
            .attachments
            .iter()
            .map(|attachment| v1::AttachmentRef {
                name: attachment.name.clone(),
                content_type: attachment.content_type.clone(),
                size: attachment.size,
                sha256: attachment.sha256.as_bytes().to_vec().into(),
            })
            .collect(),
    }
    .encode_to_vec()
}

/// An instant on the wire.
pub fn timestamp(instant: Timestamp) -> prost_types::Timestamp {
    prost_types::Timestamp {
        seconds: instant.as_second(),
        nanos: instant.subsec_nanosecond(),
    }
}

/// An instant from the wire; `None` outside the calendar.
pub fn timestamp_from_wire(instant: &prost_types::Timestamp) -> Option<Timestamp> {
    Timestamp::new(instant.seconds, instant.nanos).ok()
}

/// Legal value on the wire.
pub fn legal_value_to_wire(value: LegalValue) -> v1::LegalValue {
    match value {
        LegalValue::Full => v1::LegalValue::Full,
        LegalValue::ReferenceOnly => v1::LegalValue::ReferenceOnly,
    }
}

/// Legal value from the wire; `None` where unspecified.
pub fn legal_value_from_wire(value: v1::LegalValue) -> Option<LegalValue> {
    match value {
        v1::LegalValue::Full => Some(LegalValue::Full),
        v1::LegalValue::ReferenceOnly => Some(LegalValue::ReferenceOnly),
        v1::LegalValue::Unspecified => None,
    }
}

fn recipients(check: &mut Check, to: &[String]) -> Option<Recipients> {
    let organs: Option<Vec<OrganId>> = to
        .iter()
        .enumerate()
        .map(|(index, organ)| check.parsed(&format!("to[{index}]"), organ))
        .collect();
    match Recipients::try_from(organs?) {
        Ok(recipients) => Some(recipients),
        Err(error) => check.broken("to", error.to_string()),
    }
}

fn response_for(check: &mut Check, earlier: &[v1::ResponseFor]) -> Vec<ResponseFor> {
    let mut found = Vec::with_capacity(earlier.len());
    for (index, entry) in earlier.iter().enumerate() {
        let organ = check.parsed(&format!("response_for[{index}].organ_id"), &entry.organ_id);
        let id = check.parsed(
            &format!("response_for[{index}].document_id"),
            &entry.document_id,
        );
        if let (Some(organ), Some(document_id)) = (organ, id) {
            found.push(ResponseFor { organ, document_id });
        }
    }
    found
}

fn attachments(
    check: &mut Check,
    named: Vec<v1::AttachmentRef>,
) -> Result<Vec<AttachmentRef>, Refusal> {
    let mut found = Vec::with_capacity(named.len());
    for (index, entry) in named.into_iter().enumerate() {
        let path = |field: &str| format!("attachments[{index}].{field}");
        if entry.size > ATTACHMENT_MAX {
            return Err(Refusal::TooLarge {
                what: path("size"),
                found: entry.size,
                limit: ATTACHMENT_MAX,
            });
        }
        let name = check.text(&path("name"), entry.name, 1, length::ATTACHMENT_NAME);
        let content_type = check.text(
            &path("content_type"),
            entry.content_type,
            1,
            length::CONTENT_TYPE,
        );
        match Digest::try_from(entry.sha256.as_ref()) {
            Ok(sha256) => {
                found.push(AttachmentRef {
                    name,
                    content_type,
                    size: entry.size,
                    sha256,
                });
            }
            Err(error) => {
                check.broken::<()>(&path("sha256"), error.to_string());
            }
        }
    }
    Ok(found)
}

/// Collects every broken rule, so that a sender mends them in one go.
#[derive(Default)]
struct Check {
    violations: Vec<FieldViolation>,
}

impl Check {
    fn broken<T>(&mut self, field: &str, problem: impl Into<String>) -> Option<T> {
        self.violations.push(FieldViolation::new(field, problem));
        None
    }

    fn parsed<T>(&mut self, field: &str, text: &str) -> Option<T>
    where
        T: std::str::FromStr,
        T::Err: std::fmt::Display,
    {
        match text.parse() {
            Ok(value) => Some(value),
            Err(error) => self.broken(field, T::Err::to_string(&error)),
        }
    }

    fn date(&mut self, field: &str, text: &str) -> Option<jiff::civil::Date> {
        match parse_date(text) {
            Some(date) => Some(date),
            None => self.broken(field, "is not a day in the form yyyy/MM/dd"),
        }
    }

    fn text(&mut self, field: &str, text: String, min: usize, max: usize) -> String {
        let found = text.chars().count();
        if found < min || found > max {
            self.broken::<()>(
                field,
                format!("{found} characters, allowed are {min} to {max}"),
            );
        } else if text
            .chars()
            .any(|c| c.is_control() && c != '\n' && c != '\t')
        {
            self.broken::<()>(field, "has a control character");
        }
        text
    }

    fn same<T: PartialEq>(&mut self, field: &str, found: Option<&T>, in_identity: &T) {
        if found.is_some_and(|found| found != in_identity) {
            self.broken::<()>(field, "differs from the same part of document_id");
        }
    }

    fn finish(self) -> Result<(), Refusal> {
        if self.violations.is_empty() {
            Ok(())
        } else {
            Err(Refusal::HeaderInvalid {
                violations: self.violations,
            })
        }
    }
}

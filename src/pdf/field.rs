//! The signature fields of a form (ISO 32000-2, 12.7.4 and 12.7.5.5). What a field inherits counts as if it
//! stood in it.

use std::collections::BTreeSet;

use super::revision::Revision;
use super::revision::Trouble;
use super::value::Dict;
use super::value::Value;

/// Fields of one form, with their parts.
const FIELDS_MAX: usize = 1_000_000;

/// Fields inside fields.
const DEPTH_MAX: usize = 32;

/// Bytes of a field's full name. Never cut: a lock goes by names.
const NAME_MAX: usize = 4096;

/// A signature field that has a value.
#[derive(Clone, Debug)]
pub(super) struct SignedField {
    /// Its full name.
    pub(super) name: String,
    /// Its value as it stands there: a dictionary, or a reference to one.
    pub(super) value: Value,
    /// What it says that is locked by signing.
    pub(super) lock: Option<Dict>,
}

/// The form of one revision.
#[derive(Debug, Default)]
pub(super) struct Form {
    pub(super) signed: Vec<SignedField>,
    /// Every object that is a field or a part of one.
    pub(super) members: BTreeSet<u32>,
    /// Those of signature fields.
    pub(super) of_signatures: BTreeSet<u32>,
    /// Fields that cannot be read.
    pub(super) unreadable: Vec<u32>,
}

/// A field that is to be visited, with what it inherits.
struct Pending {
    field: Value,
    name: String,
    kind: Option<Vec<u8>>,
    value: Option<Value>,
    depth: usize,
}

/// Text as people read it: in UTF-16 where it says so.
pub(super) fn text(bytes: &[u8]) -> String {
    match bytes.strip_prefix(&[0xfe, 0xff]) {
        Some(wide) => {
            let units = wide
                .chunks_exact(2)
                .map(|two| u16::from_be_bytes([two[0], two[1]]));
            char::decode_utf16(units)
                .map(|letter| letter.unwrap_or(char::REPLACEMENT_CHARACTER))
                .collect()
        }
        None => String::from_utf8_lossy(bytes).into_owned(),
    }
}

/// A field's full name: its parents' and its own.
///
/// # Errors
/// [`Trouble::Work`]: it is longer than is read.
pub(super) fn full_name(parents: &str, field: &Dict) -> Result<String, Trouble> {
    let own = field.get(b"T").and_then(Value::as_text);
    let name = match own {
        None => return Ok(parents.to_owned()),
        Some(own) if own.len() > NAME_MAX => return Err(Trouble::Work),
        Some(own) if parents.is_empty() => text(own),
        Some(own) => format!("{parents}.{}", text(own)),
    };
    if name.len() > NAME_MAX {
        return Err(Trouble::Work);
    }
    Ok(name)
}

impl Form {
    /// Reads the form of a revision.
    pub(super) fn of(revision: &Revision<'_>, catalog: &Dict) -> Result<Self, Trouble> {
        let mut found = Self::default();
        let form = revision.get(catalog, b"AcroForm")?;
        let Some(form) = form.as_dict() else {
            return Ok(found);
        };
        let fields = revision.get(form, b"Fields")?;
        let first = |field: &Value| Pending {
            field: field.clone(),
            name: String::new(),
            kind: None,
            value: None,
            depth: 0,
        };
        let fields = fields.as_array().unwrap_or_default();
        let mut pending: Vec<Pending> = fields.iter().rev().map(first).collect();
        let mut visited = 0;
        while let Some(next) = pending.pop() {
            visited += 1;
            if visited > FIELDS_MAX {
                return Err(Trouble::Work);
            }
            found.visit(revision, next, &mut pending)?;
        }
        Ok(found)
    }

    fn visit(
        &mut self,
        revision: &Revision<'_>,
        next: Pending,
        pending: &mut Vec<Pending>,
    ) -> Result<(), Trouble> {
        let number = next.field.as_reference();
        if let Some(number) = number
            && !self.members.insert(number)
        {
            return Ok(());
        }
        let field = match revision.resolve(&next.field) {
            Ok(field) => field,
            Err(Trouble::Object(object)) => {
                self.unreadable.push(object);
                return Ok(());
            }
            Err(work) => return Err(work),
        };
        let Some(field) = field.as_dict() else {
            return Ok(());
        };
        let kind = match field.get(b"FT") {
            None => next.kind,
            Some(kind) => revision.resolve(kind)?.as_name().map(<[u8]>::to_vec),
        };
        let is_signature = kind.as_deref() == Some(b"Sig");
        if is_signature && let Some(number) = number {
            self.of_signatures.insert(number);
        }
        let name = full_name(&next.name, field)?;
        let mut value = field.get(b"V").cloned().or(next.value);
        if is_signature && let Some(value) = value.take() {
            let lock = revision.get(field, b"Lock").ok();
            self.signed.push(SignedField {
                name: name.clone(),
                value,
                lock: lock.and_then(|lock| lock.as_dict().cloned()),
            });
        }
        let kids = revision.get(field, b"Kids").unwrap_or(Value::Null);
        if next.depth < DEPTH_MAX {
            let inside = |kid: &Value| Pending {
                field: kid.clone(),
                name: name.clone(),
                kind: kind.clone(),
                value: value.clone(),
                depth: next.depth + 1,
            };
            let kids = kids.as_array().unwrap_or_default();
            pending.extend(kids.iter().rev().map(inside));
        } else if kids.as_array().is_some_and(|kids| !kids.is_empty()) {
            return Err(Trouble::Work);
        }
        Ok(())
    }
}

//! Where the signatures of a PDF stand, and what each covers.
//!
//! Signatures are the values of the form's signature fields, as the newest revision has them. A field
//! whose value cannot be used is a signature all the same: one that failed.

use jiff::Timestamp;

use super::changes::Changes;
use super::changes::changes;
use super::field::Form;
use super::field::SignedField;
use super::parse::unhex;
use super::permission::Permission;
use super::revision::Budget;
use super::revision::Revision;
use super::revision::Trouble;
use super::security_store::ValidationData;
use super::value::Dict;
use super::value::Value;
use super::xref::NoTables;

/// Signatures of one file; each covers all before it, so the work grows with their square.
const SIGNATURES_MAX: usize = 32;

/// Bytes of one signature, with its certificates and lists.
const CMS_MAX: usize = 4 << 20;

/// Bytes from the start of a file within which its header must stand, as readers allow.
const HEADER_WITHIN: usize = 1024;

/// One signature of a PDF.
#[derive(Clone, Debug)]
pub struct PdfSignature {
    /// The name of its field.
    pub field: String,
    /// What it says of its kind: `ETSI.CAdES.detached`, `adbe.pkcs7.detached`, …
    pub sub_filter: String,
    /// When the signer says it signed, by the entry `M`.
    pub signing_time: Option<Timestamp>,
    /// What the signer allowed to be done to the document later.
    pub permission: Permission,
    /// Bytes covered before the signature's own string.
    before: usize,
    /// Where the bytes covered behind it begin.
    behind: usize,
    /// End of what is covered, in bytes from the start of the file.
    pub signed_to: usize,
}

/// A signature field whose value is no signature.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct BrokenSignature {
    /// The name of its field.
    pub field: String,
    /// What is wrong.
    pub problem: SignatureProblem,
}

/// What is wrong with the value of a signature field.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum SignatureProblem {
    /// It does not cover what it must.
    #[error("its ByteRange {found:?} {problem}")]
    ByteRange {
        /// As it stands there.
        found: Vec<i64>,
        /// What is wrong with it.
        problem: &'static str,
    },
    /// It has no string of hexadecimal digits where its range says.
    #[error("between the bytes that it covers there is not its own string alone")]
    Contents,
    /// Something it needs is not there.
    #[error("it has no {0}")]
    Missing(&'static str),
    /// It says something twice.
    #[error("an entry of it stands twice")]
    Twice,
    /// It is no dictionary.
    #[error("it is no dictionary")]
    NoDictionary,
    /// It cannot be read.
    #[error("object {0} cannot be read")]
    Unreadable(u32),
}

/// Why a PDF cannot be looked at here. None of it says that something is wrong with a signature.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum PdfError {
    /// It is encrypted.
    #[error("it is encrypted, and encrypted PDFs are not read here")]
    Encrypted,
    /// It cannot be read as a PDF.
    #[error("its structure cannot be read: {0}")]
    Structure(&'static str),
    /// It has more signatures than are looked at.
    #[error("it has more than {SIGNATURES_MAX} signatures; no more are looked at")]
    TooMany,
    /// It would take more work than is done for one file.
    #[error("it has more objects, or larger ones, than are looked at")]
    TooLarge,
}

/// A PDF whose signatures are known.
#[derive(Debug)]
pub struct SignedPdf<'a> {
    file: &'a [u8],
    header: usize,
    budget: Budget,
    data: ValidationData,
    /// The signatures, in the order they were made; those that failed come last.
    pub signatures: Vec<Result<PdfSignature, BrokenSignature>>,
    /// Whether its tables are damaged, so that programs may show different things.
    pub is_damaged: bool,
}

/// Whether a file says near its beginning that it is a PDF.
pub fn is_pdf(file: &[u8]) -> bool {
    header(file).is_some()
}

/// Where the header stands.
fn header(file: &[u8]) -> Option<usize> {
    let start = &file[..file.len().min(HEADER_WITHIN + 5)];
    start.windows(5).position(|found| found == b"%PDF-")
}

impl<'a> SignedPdf<'a> {
    /// Finds the signatures of a file.
    ///
    /// # Errors
    /// [`PdfError`].
    pub fn read(file: &'a [u8]) -> Result<Self, PdfError> {
        let header = header(file).ok_or(PdfError::Structure("it has no header"))?;
        let budget = Budget::new();
        let newest = Revision::read(file, header, &budget).map_err(|problem| match problem {
            NoTables::Broken => PdfError::Structure("there is no table of its objects"),
            NoTables::TooMany => PdfError::TooLarge,
        })?;
        if newest.tables.is_encrypted {
            return Err(PdfError::Encrypted);
        }
        let catalog = newest.catalog();
        let catalog = catalog.ok_or(PdfError::Structure("it has no catalogue"))?;
        let form = Form::of(&newest, &catalog).map_err(|trouble| match trouble {
            Trouble::Object(_) => PdfError::Structure("its form cannot be read"),
            Trouble::Filter => PdfError::Structure("objects are compressed in a way not read here"),
            Trouble::Work => PdfError::TooLarge,
        })?;
        if form.signed.len() > SIGNATURES_MAX {
            return Err(PdfError::TooMany);
        }
        let mut signatures = Vec::new();
        for field in &form.signed {
            let found = signature(file, &newest, field);
            signatures.push(found.map_err(|problem| BrokenSignature {
                field: field.name.clone(),
                problem,
            }));
        }
        signatures.extend(form.unreadable.iter().take(SIGNATURES_MAX).map(|object| {
            Err(BrokenSignature {
                field: format!("({object})"),
                problem: SignatureProblem::Unreadable(*object),
            })
        }));
        signatures.sort_by_key(|found| {
            let end = found.as_ref().map(|signature| signature.signed_to);
            end.unwrap_or(usize::MAX)
        });
        let is_damaged = newest.tables.is_rebuilt;
        let data = ValidationData::of(&newest, &catalog);
        drop(newest);
        let mut found = Self {
            file,
            header,
            budget,
            data,
            signatures,
            is_damaged,
        };
        found.inherit_permissions();
        Ok(found)
    }

    /// Who signs a certified document signs under what its author allows.
    fn inherit_permissions(&mut self) {
        let mut allowed = None;
        for signature in self.signatures.iter_mut().flatten() {
            match signature.permission.level {
                None => signature.permission.level = allowed,
                own => allowed = allowed.or(own),
            }
        }
    }

    /// Certificates and revocation lists (DER) that were stored with the document (its DSS).
    pub fn validation_data(&self) -> (Vec<Vec<u8>>, Vec<Vec<u8>>) {
        (self.data.certificates.clone(), self.data.lists.clone())
    }

    /// What was done to the document since it was signed.
    pub fn changes_since(&self, signature: &PdfSignature) -> Changes {
        let later = self.signatures.iter().flatten();
        let mut ends: Vec<usize> = later
            .map(|later| later.signed_to)
            .filter(|end| *end > signature.signed_to)
            .chain([self.file.len()])
            .collect();
        ends.dedup();
        changes(self.file, self.header, &self.budget, signature, &ends)
    }
}

/// What is read of a signature's dictionary, and must not be there in two versions.
const READ_OF_SIGNATURES: [&[u8]; 6] = [
    b"ByteRange",
    b"Contents",
    b"Filter",
    b"M",
    b"Reference",
    b"SubFilter",
];

/// Reads the value of a signature field. Everything is taken from the dictionary itself: what it refers to
/// need not be signed with it.
fn signature(
    file: &[u8],
    newest: &Revision<'_>,
    field: &SignedField,
) -> Result<PdfSignature, SignatureProblem> {
    let value = newest.resolve(&field.value).map_err(|trouble| {
        let named = field.value.as_reference();
        SignatureProblem::Unreadable(match trouble {
            Trouble::Object(object) => object,
            Trouble::Work | Trouble::Filter => named.unwrap_or(0),
        })
    })?;
    let dict = value.as_dict().ok_or(SignatureProblem::NoDictionary)?;
    if dict.has_one_twice(&READ_OF_SIGNATURES) {
        return Err(SignatureProblem::Twice);
    }
    let contents = dict
        .get(b"Contents")
        .ok_or(SignatureProblem::Missing("Contents"))?;
    let contents = contents.as_text().ok_or(SignatureProblem::Contents)?;
    let [before, behind, signed_to] = range(file, dict)?;
    // What is left out is the very string that the dictionary has.
    if unhex(&file[before..behind]).as_deref() != Some(contents) {
        return Err(SignatureProblem::Contents);
    }
    let text = |name: &[u8]| match dict.get(name) {
        Some(Value::Name(bytes) | Value::Text(bytes)) => {
            String::from_utf8_lossy(bytes).into_owned()
        }
        _ => String::new(),
    };
    Ok(PdfSignature {
        field: field.name.clone(),
        sub_filter: text(b"SubFilter"),
        signing_time: date(&text(b"M")),
        permission: Permission::of(newest, dict, field.lock.as_ref()),
        before,
        behind,
        signed_to,
    })
}

/// What a signature covers: up to its string, from behind it, to where.
fn range(file: &[u8], dict: &Dict) -> Result<[usize; 3], SignatureProblem> {
    let range = dict.get(b"ByteRange");
    let range = range.ok_or(SignatureProblem::Missing("ByteRange"))?;
    let range: Vec<i64> = range
        .as_array()
        .unwrap_or_default()
        .iter()
        .map(|number| number.as_integer().unwrap_or(-1))
        .collect();
    let wrong = |problem| SignatureProblem::ByteRange {
        found: range.iter().copied().take(8).collect(),
        problem,
    };
    let numbers: Vec<usize> = range
        .iter()
        .filter_map(|number| usize::try_from(*number).ok())
        .collect();
    let [start, before, behind, length] = numbers[..] else {
        return Err(wrong("is not four numbers"));
    };
    if range.len() != 4 || start != 0 {
        return Err(wrong("does not begin at the first byte of the file"));
    }
    let signed_to = behind
        .checked_add(length)
        .filter(|end| *end <= file.len() && before < behind)
        .ok_or_else(|| wrong("does not fit the file"))?;
    if behind - before > 2 * CMS_MAX {
        return Err(wrong("leaves out more than a signature needs"));
    }
    Ok([before, behind, signed_to])
}

impl PdfSignature {
    /// What is signed of the file it was found in.
    pub fn content(&self, file: &[u8]) -> Vec<u8> {
        [&file[..self.before], &file[self.behind..self.signed_to]].concat()
    }

    /// The signature, and zeros behind it.
    pub fn cms(&self, file: &[u8]) -> Vec<u8> {
        unhex(&file[self.before..self.behind]).unwrap_or_default()
    }

    /// Whether it is a CMS over the bytes it covers.
    pub fn is_detached_cms(&self) -> bool {
        ["ETSI.CAdES.detached", "adbe.pkcs7.detached"].contains(&self.sub_filter.as_str())
    }

    /// Whether it is a time stamp over the bytes it covers.
    pub fn is_time_stamp(&self) -> bool {
        self.sub_filter == "ETSI.RFC3161"
    }
}

/// A date of PDF, `D:20190312081530+07'00'` (ISO 32000-2, 7.9.4).
fn date(text: &str) -> Option<Timestamp> {
    let plain = text.replace('\'', "").replace('Z', "+");
    let (instant, offset) = plain.split_at_checked(16)?;
    let offset = match offset {
        "" | "+" => "+0000",
        "+00" | "+0000" => "+0000",
        given => given,
    };
    Timestamp::strptime("D:%Y%m%d%H%M%S%z", format!("{instant}{offset}")).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_read_as_programs_write_them() {
        let expected = "2019-03-12T01:15:30Z".parse().ok();
        assert_eq!(date("D:20190312081530+07'00'"), expected);
        assert_eq!(date("D:20190312081530+07'00"), expected);
        assert_eq!(date("D:20190312011530Z"), expected);
        assert_eq!(date("D:20190312011530Z00'00'"), expected);
        assert_eq!(date("D:20190312"), None);
        assert_eq!(date("yesterday"), None);
        assert_eq!(date("D:2019031201153đ+07"), None);
    }
}

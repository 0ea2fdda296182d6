//! Where the signatures of a PDF stand, and what each covers.

use jiff::Timestamp;
use lopdf::Dictionary;
use lopdf::Document;
use lopdf::LoadOptions;
use lopdf::Object;

/// Bytes a compressed table of the objects' places may expand to. Nothing else is expanded.
const EXPANDED_MAX: usize = 16 << 20;

/// Signatures of one file; each covers all before it, so the work grows with their square.
const SIGNATURES_MAX: usize = 32;

/// Bytes of one signature, with its certificates and lists.
const CMS_MAX: usize = 4 << 20;

/// Bytes from the start of a file within which its header must stand. Readers allow 1024, where the PDF
/// inside a small document would stand, too.
const HEADER_WITHIN: usize = 64;

/// One signature of a PDF.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct PdfSignature {
    /// What it says of its kind: `ETSI.CAdES.detached`, `adbe.pkcs7.detached`, …
    pub sub_filter: String,
    /// When the signer says it signed, by the entry `M`.
    pub signing_time: Option<Timestamp>,
    /// Bytes covered before the signature's own string.
    before: usize,
    /// Where the bytes covered behind it begin.
    behind: usize,
    /// End of what is covered, in bytes from the start of the file.
    pub signed_to: usize,
}

/// Why a PDF cannot be looked at.
#[derive(Debug, thiserror::Error)]
pub enum PdfError {
    /// A signature does not cover what it must.
    #[error("a signature's ByteRange {found:?} {problem}")]
    ByteRange {
        /// As it stands there.
        found: Vec<i64>,
        /// What is wrong with it.
        problem: &'static str,
    },
    /// A signature has no string of hexadecimal digits where its range says.
    #[error("between the bytes that a signature covers there is not its own string alone")]
    Contents,
    /// It is encrypted.
    #[error("it is encrypted")]
    Encrypted,
    /// It cannot be read as a PDF.
    #[error("its structure is broken: {0}")]
    Structure(#[from] lopdf::Error),
    /// It has more signatures than are looked at.
    #[error("it has more than {SIGNATURES_MAX} signatures")]
    TooMany,
}

/// Whether a file says near its beginning that it is a PDF.
pub fn is_pdf(file: &[u8]) -> bool {
    let start = &file[..file.len().min(HEADER_WITHIN)];
    start.windows(5).any(|found| found == b"%PDF-")
}

/// The signatures of a file, in the order they were made.
///
/// # Errors
/// [`PdfError`]: one signature whose range is wrong makes the file one that cannot be judged.
pub fn signatures(file: &[u8]) -> Result<Vec<PdfSignature>, PdfError> {
    if has_name(file, b"Encrypt") {
        return Err(PdfError::Encrypted);
    }
    let options = LoadOptions {
        filter: Some(|id, object| is_of_signature(object).then(|| (id, object.clone()))),
        max_decompressed_size: Some(EXPANDED_MAX),
        ..LoadOptions::default()
    };
    let document = Document::load_mem_with_options(file, options)?;
    let mut found = Vec::new();
    for object in document.objects.values() {
        let Ok(dictionary) = object.as_dict() else {
            continue;
        };
        // A signature that stands inside its field instead of on its own is as good.
        let inside = dictionary.get(b"V").ok().and_then(|v| v.as_dict().ok());
        for dictionary in [Some(dictionary), inside].into_iter().flatten() {
            if dictionary.has(b"ByteRange") && dictionary.has(b"Contents") {
                found.push(signature(file, dictionary)?);
            }
        }
        if found.len() > SIGNATURES_MAX {
            return Err(PdfError::TooMany);
        }
    }
    found.sort_by_key(|signature| signature.signed_to);
    Ok(found)
}

/// Whether an object may hold a signature. The places in a signature are places in the file, so it
/// cannot stand in a compressed stream of objects, and none is expanded.
fn is_of_signature(object: &Object) -> bool {
    let Object::Dictionary(dictionary) = object else {
        return false;
    };
    let inside = dictionary.get(b"V").ok().and_then(|v| v.as_dict().ok());
    [Some(dictionary), inside]
        .into_iter()
        .flatten()
        .any(|dictionary| dictionary.has(b"ByteRange"))
}

/// Whether this name stands anywhere in a file, its letters written as they are or by their numbers
/// (ISO 32000-2, 7.3.5).
fn has_name(file: &[u8], name: &[u8]) -> bool {
    let starts = file.split(|byte| *byte == b'/').skip(1);
    starts.into_iter().any(|mut rest| {
        for letter in name {
            let (found, after) = match rest {
                [b'#', high, low, after @ ..] => (pair(*high, *low), after),
                [found, after @ ..] => (Some(*found), after),
                [] => return false,
            };
            if found != Some(*letter) {
                return false;
            }
            rest = after;
        }
        !rest.first().is_some_and(u8::is_ascii_alphanumeric)
    })
}

/// Everything is taken from the dictionary itself: what it refers to need not be signed with it.
fn signature(file: &[u8], dictionary: &Dictionary) -> Result<PdfSignature, PdfError> {
    let range = dictionary.get(b"ByteRange").and_then(Object::as_array);
    let range: Vec<i64> = range
        .map(Vec::as_slice)
        .unwrap_or_default()
        .iter()
        .map(|number| number.as_i64().unwrap_or(-1))
        .collect();
    let wrong = |problem| PdfError::ByteRange {
        found: range.clone(),
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
    let text = |name: &[u8]| match dictionary.get(name) {
        Ok(Object::Name(bytes) | Object::String(bytes, _)) => {
            String::from_utf8_lossy(bytes).into_owned()
        }
        _ => String::new(),
    };
    Ok(PdfSignature {
        sub_filter: text(b"SubFilter"),
        signing_time: date(&text(b"M")),
        before,
        behind,
        signed_to,
    })
}

impl PdfSignature {
    /// What is signed of the file it was found in.
    pub fn content(&self, file: &[u8]) -> Vec<u8> {
        [&file[..self.before], &file[self.behind..self.signed_to]].concat()
    }

    /// The signature, and zeros behind it.
    ///
    /// # Errors
    /// [`PdfError::Contents`].
    pub fn cms(&self, file: &[u8]) -> Result<Vec<u8>, PdfError> {
        unhex(&file[self.before..self.behind]).ok_or(PdfError::Contents)
    }

    /// Whether it is a CMS over the bytes it covers.
    pub fn is_detached_cms(&self) -> bool {
        ["ETSI.CAdES.detached", "adbe.pkcs7.detached"].contains(&self.sub_filter.as_str())
    }
}

/// The bytes of `<…>`, and nothing else around it.
fn unhex(string: &[u8]) -> Option<Vec<u8>> {
    let digits = string.strip_prefix(b"<")?.strip_suffix(b">")?;
    digits
        .chunks(2)
        .map(|digits| match digits {
            [high, low] => pair(*high, *low),
            _ => None,
        })
        .collect()
}

/// A byte of two hexadecimal digits.
fn pair(high: u8, low: u8) -> Option<u8> {
    let digit = |byte: u8| char::from(byte).to_digit(16);
    u8::try_from(digit(high)? << 4 | digit(low)?).ok()
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

    #[test]
    fn a_name_is_found_however_it_is_written() {
        for file in [
            "<</Encrypt 5 0 R>>",
            "/Encrypt/X",
            "/#45ncr#79pt<<",
            "/Encrypt",
        ] {
            assert!(has_name(file.as_bytes(), b"Encrypt"), "{file}");
        }
        for file in ["/EncryptMetadata", "Encrypt", "/Encryp", "/#zzncrypt", ""] {
            assert!(!has_name(file.as_bytes(), b"Encrypt"), "{file}");
        }
    }

    #[test]
    fn a_string_is_all_digits_or_nothing() {
        assert_eq!(unhex(b"<0aFf>"), Some(vec![0x0a, 0xff]));
        assert_eq!(unhex(b"<0a>>"), None);
        assert_eq!(unhex(b"<0aF>"), None);
        assert_eq!(unhex(b"(0a)"), None);
    }
}

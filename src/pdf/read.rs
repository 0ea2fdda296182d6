//! Where the signatures of a PDF stand, and what each covers.

use jiff::Timestamp;
use lopdf::Dictionary;
use lopdf::Document;
use lopdf::LoadOptions;
use lopdf::Object;

/// Bytes of a file that is looked at: documents are far smaller, and it is held in memory.
const FILE_MAX: usize = 64 << 20;

/// Bytes any compressed stream of the structure may expand to.
const EXPANDED_MAX: usize = 64 << 20;

/// Signatures of one file; each covers all before it, so the work grows with their square.
const SIGNATURES_MAX: usize = 32;

/// Bytes from the start of a file within which its header must stand.
const HEADER_WITHIN: usize = 1024;

/// One signature of a PDF.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct PdfSignature {
    /// What it says of its kind: `ETSI.CAdES.detached`, `adbe.pkcs7.detached`, …
    pub sub_filter: String,
    /// When the signer says it signed, by the entry `M`.
    pub signing_time: Option<Timestamp>,
    /// The signature, and zeros behind it.
    pub cms: Vec<u8>,
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
    /// It cannot be read as a PDF.
    #[error("it cannot be read as a PDF: {0}")]
    Structure(#[from] lopdf::Error),
    /// It is larger than is looked at.
    #[error("it has {found} bytes, at most {FILE_MAX} are looked at")]
    TooLarge {
        /// Its size in bytes.
        found: usize,
    },
    /// It has more signatures than are looked at.
    #[error("it has more than {SIGNATURES_MAX} signatures")]
    TooMany,
}

/// Whether a file says that it is a PDF.
pub fn is_pdf(file: &[u8]) -> bool {
    let start = &file[..file.len().min(HEADER_WITHIN)];
    start.windows(5).any(|found| found == b"%PDF-")
}

/// The signatures of a file, in the order they were made.
///
/// # Errors
/// [`PdfError`]: one signature whose range is wrong makes the file one that cannot be judged.
pub fn signatures(file: &[u8]) -> Result<Vec<PdfSignature>, PdfError> {
    if file.len() > FILE_MAX {
        return Err(PdfError::TooLarge { found: file.len() });
    }
    let options = LoadOptions {
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
                found.push(signature(file, &document, dictionary)?);
            }
        }
        if found.len() > SIGNATURES_MAX {
            return Err(PdfError::TooMany);
        }
    }
    found.sort_by_key(|signature| signature.signed_to);
    Ok(found)
}

fn signature(
    file: &[u8],
    document: &Document,
    dictionary: &Dictionary,
) -> Result<PdfSignature, PdfError> {
    let follow = |object: &Object| {
        let found = document.dereference(object).ok()?;
        Some(found.1.clone())
    };
    let entry = |name: &[u8]| dictionary.get(name).ok().and_then(follow);
    let range: Vec<i64> = entry(b"ByteRange")
        .and_then(|range| Some(range.as_array().ok()?.clone()))
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
    let cms = unhex(&file[before..behind]).ok_or(PdfError::Contents)?;
    let text = |name: &[u8]| match entry(name) {
        Some(Object::Name(bytes) | Object::String(bytes, _)) => {
            String::from_utf8_lossy(&bytes).into_owned()
        }
        _ => String::new(),
    };
    Ok(PdfSignature {
        sub_filter: text(b"SubFilter"),
        signing_time: date(&text(b"M")),
        cms,
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

    /// Whether it is a CMS over the bytes it covers.
    pub fn is_detached_cms(&self) -> bool {
        ["ETSI.CAdES.detached", "adbe.pkcs7.detached"].contains(&self.sub_filter.as_str())
    }
}

/// The bytes of `<…>`, and nothing else around it.
fn unhex(string: &[u8]) -> Option<Vec<u8>> {
    let digits = string.strip_prefix(b"<")?.strip_suffix(b">")?;
    let digit = |byte: u8| {
        char::from(byte)
            .to_digit(16)
            .and_then(|d| u8::try_from(d).ok())
    };
    digits
        .chunks(2)
        .map(|pair| match pair {
            [high, low] => Some(digit(*high)? << 4 | digit(*low)?),
            _ => None,
        })
        .collect()
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
    fn a_string_is_all_digits_or_nothing() {
        assert_eq!(unhex(b"<0aFf>"), Some(vec![0x0a, 0xff]));
        assert_eq!(unhex(b"<0a>>"), None);
        assert_eq!(unhex(b"<0aF>"), None);
        assert_eq!(unhex(b"(0a)"), None);
    }
}

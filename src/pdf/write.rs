//! A one-page letter with the seal's signature (PAdES baseline B, ETSI EN 319 142-1).
//!
//! The file is written with blanks for what is known only at the end: how long it is, and the signature
//! itself. Both are then filled in without moving a byte.

use jiff::Timestamp;
use pdf_writer::Content;
use pdf_writer::Finish as _;
use pdf_writer::Name;
use pdf_writer::Pdf;
use pdf_writer::Rect;
use pdf_writer::Ref;
use pdf_writer::Str;
use pdf_writer::TextStr;
use pdf_writer::types::AnnotationFlags;
use pdf_writer::types::FieldType;
use pdf_writer::types::SigFlags;

use super::font::Letters;
use crate::model::calendar::local;
use crate::trust::Credential;
use crate::trust::SignError;

/// What stands on the page.
#[derive(Clone, Copy, Debug)]
pub struct Letter<'a> {
    /// The organisation it is of.
    pub organ: &'a str,
    /// Number and notation.
    pub code: &'a str,
    /// Name of the document type.
    pub document_type: &'a str,
    /// Trích yếu.
    pub subject: &'a str,
    /// Who signs: position, name.
    pub signer: [&'a str; 2],
}

const CATALOG: Ref = Ref::new(1);
const PAGES: Ref = Ref::new(2);
const PAGE: Ref = Ref::new(3);
const TEXT: Ref = Ref::new(4);
const FONT: Ref = Ref::new(5);
const UNICODE: Ref = Ref::new(6);
const FIELD: Ref = Ref::new(7);
const SIGNATURE: Ref = Ref::new(8);
const FACTS: Ref = Ref::new(9);
const METRICS: Ref = Ref::new(10);

/// A4, in points.
const WIDTH: f32 = 595.0;
const HEIGHT: f32 = 842.0;

/// Room for a number of a `ByteRange`: ten digits.
const UNKNOWN: i32 = i32::MAX;

/// A PDF of one page, signed by the organisation's seal.
///
/// # Errors
/// [`SignError`].
pub fn signed_letter(
    letter: &Letter<'_>,
    seal: &Credential,
    at: Timestamp,
) -> Result<Vec<u8>, SignError> {
    let room = seal.signature_bytes_max();
    let mut file = unsigned(letter, at, room);
    let contents = place(&file, b"/Contents <") + "/Contents ".len();
    let behind = contents + room * 2 + 2;
    let range = format!("0 {contents} {behind} {}", file.len() - behind);
    let unknown = format!("0 {UNKNOWN} {UNKNOWN} {UNKNOWN}");
    let at_range = place(&file, unknown.as_bytes());
    let padded = format!("{range:<width$}", width = unknown.len());
    file[at_range..][..unknown.len()].copy_from_slice(padded.as_bytes());
    let signed = [&file[..contents], &file[behind..]].concat();
    let signature = seal.sign_pdf(&signed)?;
    let digits = file[contents + 1..behind - 1].chunks_exact_mut(2);
    let bytes = signature.iter().copied().chain(std::iter::repeat(0));
    for (digits, byte) in digits.zip(bytes) {
        digits.copy_from_slice(format!("{byte:02x}").as_bytes());
    }
    Ok(file)
}

/// Where the blanks begin with these bytes. The signature is written last; before it the same bytes may
/// stand in a subject.
fn place(file: &[u8], what: &[u8]) -> usize {
    let mut windows = file.windows(what.len());
    windows.rposition(|found| found == what).unwrap_or_default()
}

fn unsigned(letter: &Letter<'_>, at: Timestamp, room: usize) -> Vec<u8> {
    let mut letters = Letters::default();
    let content = page(letter, at, &mut letters);
    let mut pdf = Pdf::new();
    pdf.set_version(1, 7);
    let mut catalog = pdf.catalog(CATALOG);
    catalog.pages(PAGES);
    catalog.lang(TextStr("vi-VN"));
    catalog
        .form()
        .fields([FIELD])
        .sig_flags(SigFlags::SIGNATURES_EXIST | SigFlags::APPEND_ONLY);
    catalog.finish();
    pdf.document_info(FACTS)
        .title(TextStr(letter.subject))
        .author(TextStr(letter.organ))
        .creator(TextStr("docaxis"));
    pdf.pages(PAGES).kids([PAGE]).count(1);
    let mut page = pdf.page(PAGE);
    page.parent(PAGES)
        .media_box(Rect::new(0.0, 0.0, WIDTH, HEIGHT))
        .contents(TEXT)
        .annotations([FIELD]);
    page.resources().fonts().pair(Name(b"F"), FONT);
    page.finish();
    pdf.stream(TEXT, &content);
    letters.write(&mut pdf, [FONT, METRICS, UNICODE]);
    let mut field = pdf.form_field(FIELD);
    field
        .field_type(FieldType::Signature)
        .partial_name(TextStr("Seal"))
        .pair(Name(b"V"), SIGNATURE);
    field
        .into_annotation()
        .rect(Rect::new(0.0, 0.0, 0.0, 0.0))
        .flags(AnnotationFlags::PRINT | AnnotationFlags::LOCKED)
        .pair(Name(b"P"), PAGE);
    let mut signature = pdf.indirect(SIGNATURE).dict();
    signature.pair(Name(b"Type"), Name(b"Sig"));
    signature.pair(Name(b"Filter"), Name(b"Adobe.PPKLite"));
    signature.pair(Name(b"SubFilter"), Name(b"ETSI.CAdES.detached"));
    let mut range = signature.insert(Name(b"ByteRange")).array();
    range.item(0).item(UNKNOWN).item(UNKNOWN).item(UNKNOWN);
    range.finish();
    // Not text, so it is written in hexadecimal.
    signature.pair(Name(b"Contents"), Str(&vec![0xff; room]));
    let time = local(at).strftime("D:%Y%m%d%H%M%S+07'00'").to_string();
    signature.pair(Name(b"M"), Str(time.as_bytes()));
    signature.finish();
    pdf.finish()
}

/// The page as NĐ 30/2020/NĐ-CP, Phụ lục I lays a letter out, roughly.
fn page(letter: &Letter<'_>, at: Timestamp, letters: &mut Letters) -> Vec<u8> {
    let date = local(at);
    let place = format!(
        "ngày {} tháng {} năm {}",
        date.day(),
        date.month(),
        date.year()
    );
    let number = format!("Số: {}", letter.code);
    let (left, right, middle) = (160.0, 420.0, WIDTH / 2.0);
    let mut lines: Vec<(f32, f32, f32, &str)> = vec![
        (left, 780.0, 11.0, letter.organ),
        (right, 780.0, 11.0, "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM"),
        (right, 764.0, 12.0, "Độc lập - Tự do - Hạnh phúc"),
        (left, 740.0, 12.0, &number),
        (right, 740.0, 12.0, &place),
        (middle, 690.0, 14.0, letter.document_type),
    ];
    let subject = wrapped(letter.subject, 70);
    let mut y = 668.0;
    for line in &subject {
        lines.push((middle, y, 12.0, line));
        y -= 16.0;
    }
    lines.push((
        middle,
        y - 30.0,
        11.0,
        "Văn bản mô phỏng, không có giá trị thật.",
    ));
    lines.push((right, y - 80.0, 12.0, letter.signer[0]));
    lines.push((right, y - 140.0, 12.0, letter.signer[1]));
    let mut content = Content::new();
    for (x, y, size, text) in lines {
        let (codes, width) = letters.set(text);
        let from = x - width * size / 2.0;
        content
            .begin_text()
            .set_font(Name(b"F"), size)
            .set_text_matrix([1.0, 0.0, 0.0, 1.0, from.max(30.0), y])
            .show(Str(&codes))
            .end_text();
    }
    content.finish().to_vec()
}

/// Lines of at most so many characters, broken at blanks and where the text breaks them.
fn wrapped(text: &str, most: usize) -> Vec<String> {
    text.lines()
        .flat_map(|line| wrapped_line(line, most))
        .collect()
}

fn wrapped_line(text: &str, most: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split_whitespace() {
        let line = lines.last_mut().map_or(0, |line| line.chars().count());
        if line > 0 && line + 1 + word.chars().count() > most {
            lines.push(String::new());
        }
        if let Some(line) = lines.last_mut() {
            if !line.is_empty() {
                line.push(' ');
            }
            line.push_str(word);
        }
    }
    lines
}

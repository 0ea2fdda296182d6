//! The forms in which people have signature files: PEM with or without text around it, bare base64, mail
//! (S/MIME). What comes out is the CMS, and what it signs where that is in the file.

use crate::trust::base64;

/// A CMS out of a file that is more than that.
#[derive(Debug, Eq, PartialEq)]
pub(super) struct Carried {
    pub(super) cms: Vec<u8>,
    /// What is signed, of a mail whose signature stands apart.
    pub(super) content: Option<Vec<u8>>,
}

/// id-signedData, as it stands in the first bytes of each CMS that is signed.
const SIGNED_DATA: &[u8] = &[0x06, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 7, 2];

/// The beginnings of the identifiers of every CMS: of PKCS #7, and of S/MIME.
const OTHER_DATA: [&[u8]; 2] = [
    &[0x06, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 7],
    &[0x06, 11, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 9, 0x10, 1],
];

/// Bytes of the headers of a mail, or of one of its parts.
const HEADERS_MAX: usize = 64 << 10;

/// The CMS in a file of text; `None` if there is none, or more than one.
pub(super) fn carried(file: &[u8]) -> Option<Carried> {
    let file = file.strip_prefix(b"\xef\xbb\xbf").unwrap_or(file);
    if let Some(mail) = mail(file) {
        return Some(mail);
    }
    let cms = if contains(file, b"-----BEGIN ") {
        pem(file)?
    } else {
        base64::decode(file).filter(|cms| is_cms(cms))?
    };
    Some(Carried { cms, content: None })
}

fn find(bytes: &[u8], what: &[u8]) -> Option<usize> {
    bytes.windows(what.len()).position(|found| found == what)
}

fn contains(bytes: &[u8], what: &[u8]) -> bool {
    find(bytes, what).is_some()
}

/// Whether bytes say near their beginning that they are signed data.
fn is_signed_data(bytes: &[u8]) -> bool {
    contains(&bytes[..bytes.len().min(64)], SIGNED_DATA)
}

/// Whether bytes say near their beginning that they are a CMS of some kind.
fn is_cms(bytes: &[u8]) -> bool {
    let start = &bytes[..bytes.len().min(64)];
    OTHER_DATA.iter().any(|name| contains(start, name))
}

/// The one section of a PEM file that is signed data, whatever its label; where there is none, the one that is
/// another CMS.
fn pem(file: &[u8]) -> Option<Vec<u8>> {
    let (mut found, mut other, mut others) = (None, None, 0);
    let mut rest = file;
    while let Some(at) = find(rest, b"-----BEGIN ") {
        let section = &rest[at + 11..];
        let label = find(section, b"-----")?;
        let section = &section[label + 5..];
        let Some(end) = find(section, b"-----END ") else {
            break;
        };
        rest = &section[end..];
        let body = &section[..end];
        let Some(bytes) = base64::decode(body) else {
            continue;
        };
        if is_signed_data(&bytes) {
            if found.replace(bytes).is_some() {
                return None;
            }
        } else if is_cms(&bytes) {
            others += 1;
            other = Some(bytes);
        }
    }
    found.or_else(|| other.filter(|_| others == 1))
}

/// Headers, with their lines put together and in small letters, and what follows them.
fn headers(part: &[u8]) -> Option<(String, String, &[u8])> {
    let start = &part[..part.len().min(HEADERS_MAX)];
    let ends = [(find(start, b"\r\n\r\n"), 4), (find(start, b"\n\n"), 2)];
    let end = ends
        .into_iter()
        .filter_map(|(at, length)| Some((at?, length)))
        .min()?;
    // What is read of them is ASCII, whatever else stands there.
    let text = String::from_utf8_lossy(&part[..end.0]);
    let unfolded = text
        .replace("\r\n", "\n")
        .replace("\n ", " ")
        .replace("\n\t", " ");
    Some((
        unfolded.to_ascii_lowercase(),
        unfolded,
        &part[end.0 + end.1..],
    ))
}

/// The value of a header.
fn header<'h>(headers: &'h str, name: &str) -> Option<&'h str> {
    let mut lines = headers.lines();
    lines.find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))
}

/// The CMS of a mail (RFC 8551, 3.4 and 3.5).
fn mail(file: &[u8]) -> Option<Carried> {
    let file = file.trim_ascii_start();
    let (lower, written, body) = headers(file)?;
    let kind = header(&lower, "content-type")?.trim();
    let is_mime = |kind: &str| {
        ["application/pkcs7-mime", "application/x-pkcs7-mime"]
            .iter()
            .any(|name| kind.starts_with(name))
    };
    if is_mime(kind) {
        return Some(Carried {
            cms: decoded(&lower, body)?,
            content: None,
        });
    }
    if !kind.starts_with("multipart/signed") {
        return None;
    }
    // Boundaries are told apart by the size of their letters.
    let at = lower.find("boundary=")? + "boundary=".len();
    let boundary = written.get(at..)?.lines().next()?;
    let boundary = match boundary.strip_prefix('"') {
        Some(quoted) => quoted.split('"').next()?,
        None => boundary.split([';', ' ']).next()?,
    };
    let delimiter = format!("--{boundary}");
    let mut parts = parts(body, delimiter.as_bytes()).into_iter();
    let (content, signature) = (parts.next()?, parts.next()?);
    let (lower, _, signature) = headers(signature)?;
    Some(Carried {
        cms: decoded(&lower, signature)?,
        content: Some(with_line_ends(content)),
    })
}

/// The bytes of a part, by its encoding.
fn decoded(headers: &str, body: &[u8]) -> Option<Vec<u8>> {
    let encoding = header(headers, "content-transfer-encoding").map(str::trim);
    if encoding == Some("base64") {
        base64::decode(body)
    } else if body.first() == Some(&0x30) {
        Some(body.to_vec())
    } else {
        None
    }
}

/// The parts of a body, without the line ends before each delimiter, which belong to it.
fn parts<'b>(body: &'b [u8], delimiter: &[u8]) -> Vec<&'b [u8]> {
    let mut parts = Vec::new();
    let mut begins: Option<usize> = None;
    let mut line = 0;
    while line < body.len() && parts.len() < 2 {
        let length = body[line..].iter().position(|byte| *byte == b'\n');
        let next = line + length.map_or(body.len() - line, |length| length + 1);
        if body[line..].starts_with(delimiter) {
            if let Some(begins) = begins {
                let part = &body[begins..line.max(begins)];
                let part = part.strip_suffix(b"\n").unwrap_or(part);
                parts.push(part.strip_suffix(b"\r").unwrap_or(part));
            }
            begins = Some(next);
        }
        line = next;
    }
    parts
}

/// The same with lines that end as mail's do: so they were signed (RFC 8551, 3.1.1).
fn with_line_ends(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len() + text.len() / 32);
    let mut before = 0;
    for byte in text.iter().copied() {
        if byte == b'\n' && before != b'\r' {
            out.push(b'\r');
        }
        out.push(byte);
        before = byte;
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The beginning of signed data.
    const CMS: &[u8] = &[
        0x30, 0x0d, 0x06, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 7, 2, 5, 0,
    ];
    const WRITTEN: &str = "MA0GCSqGSIb3DQEHAgUA";

    fn found(file: &str) -> Option<Carried> {
        carried(file.as_bytes())
    }

    #[test]
    fn pem_is_found_with_whatever_label_and_text_around_it() {
        let plain = Some(Carried {
            cms: CMS.to_vec(),
            content: None,
        });
        for (before, label) in [
            ("", "CMS"),
            ("\u{feff}", "PKCS7"),
            ("Chữ ký:\r\n", "PKCS #7 SIGNED DATA"),
            (
                "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
                "CMS",
            ),
        ] {
            let file =
                format!("{before}-----BEGIN {label}-----\r\n{WRITTEN}\r\n-----END {label}-----");
            assert_eq!(found(&file), plain, "{file}");
        }
        assert_eq!(found(WRITTEN), plain);
        assert_eq!(
            found(&format!("\u{feff}{}\n{}", &WRITTEN[..7], &WRITTEN[7..])),
            plain
        );
    }

    /// What is no signature is told so by whoever reads the CMS; one beside it is what was meant.
    #[test]
    fn other_kinds_of_cms_are_found_where_there_is_no_signature() {
        let mut enveloped = CMS.to_vec();
        enveloped[12] = 3;
        let mut written = base64_of(&enveloped);
        let expected = Some(Carried {
            cms: enveloped,
            content: None,
        });
        assert_eq!(found(&written), expected);
        written = format!("-----BEGIN CMS-----\n{written}\n-----END CMS-----\n");
        assert_eq!(found(&written), expected);
        assert_eq!(found(&written.repeat(2)), None);
        let signed = format!("-----BEGIN CMS-----\n{WRITTEN}\n-----END CMS-----\n");
        let both = found(&format!("{written}{signed}")).unwrap();
        assert_eq!(both.cms, CMS);
    }

    fn base64_of(bytes: &[u8]) -> String {
        ::base64::Engine::encode(&::base64::prelude::BASE64_STANDARD, bytes)
    }

    #[test]
    fn headers_of_mail_may_be_in_any_letters() {
        let mail = format!(
            "Content-Type: application/pkcs7-mime\nContent-Transfer-Encoding: base64\n\n{WRITTEN}\n"
        );
        let mail = [b"From: H\xf6gger\n", mail.as_bytes()].concat();
        assert_eq!(
            carried(&mail).map(|carried| carried.cms),
            Some(CMS.to_vec())
        );
    }

    #[test]
    fn two_signatures_and_none_are_no_signature() {
        let one = format!("-----BEGIN CMS-----\n{WRITTEN}\n-----END CMS-----\n");
        assert_eq!(found(&one.repeat(2)), None);
        for file in [
            "",
            "text",
            "-----BEGIN CMS-----\n",
            "-----BEGIN ",
            "MA0",
            "====",
            "\n\n",
        ] {
            assert_eq!(found(file), None, "{file}");
        }
    }

    #[test]
    fn mail_gives_its_signature_and_what_it_signs() {
        let opaque = format!(
            "MIME-Version: 1.0\nContent-Type: application/x-pkcs7-mime; smime-type=signed-data;\n \
             name=\"smime.p7m\"\nContent-Transfer-Encoding: base64\n\n{WRITTEN}\n"
        );
        assert_eq!(
            found(&opaque).map(|carried| carried.cms),
            Some(CMS.to_vec())
        );
        let apart = format!(
            "Subject: x\nContent-Type: multipart/signed; micalg=\"sha-256\"; boundary=\"--aB\"\n\n\
             A preamble\n\n----aB\nContent-Type: text/plain\n\none\r\ntwo\n\n----aB\n\
             Content-Type: application/pkcs7-signature\nContent-Transfer-Encoding: base64\n\n\
             {WRITTEN}\n\n----aB--\n"
        );
        let carried = found(&apart).unwrap();
        assert_eq!(carried.cms, CMS);
        let content = b"Content-Type: text/plain\r\n\r\none\r\ntwo\r\n";
        assert_eq!(carried.content.unwrap(), content);
    }
}

//! The one door for certificates and revocation lists in files: DER, PEM of any label with a BOM or text
//! around it, base64 without lines around it, PKCS #7.

use std::borrow::Cow;

use super::base64;
use super::certificate::SignedCertificate;
use super::cms::to_der;
use super::der::CONTEXT_0;
use super::der::CONTEXT_1;
use super::der::INTEGER;
use super::der::OID;
use super::der::Reader;
use super::der::SEQUENCE;
use super::der::SET;

/// Certificates or lists of one file.
const TAKEN_MAX: usize = 10_000;

/// Why nothing was taken from a file.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum NothingTaken {
    /// There is nothing of the kind in it.
    #[error("there is no {0} in it (DER, PEM, or PKCS #7)")]
    NoneOfKind(&'static str),
    /// It is empty, or white space.
    #[error("it is empty")]
    Nothing,
    /// A block between BEGIN and END is not base64.
    #[error("block {0} of it is not base64")]
    NotBase64(usize),
    /// A block that is labelled as one of the kind, or any that is cut short, cannot be read.
    #[error("block {0} of it cannot be read")]
    Broken(usize),
    /// More than is taken.
    #[error("there are more than {TAKEN_MAX} in it")]
    TooMany,
}

/// The certificates in a file, DER; at least one.
///
/// # Errors
/// [`NothingTaken`].
pub fn certificates(file: &[u8]) -> Result<Vec<Vec<u8>>, NothingTaken> {
    let is_certificate = |der: &[u8]| {
        let whole = first(der)?;
        SignedCertificate::parse(whole)
            .is_some()
            .then(|| whole.to_vec())
    };
    taken(file, "certificate", CONTEXT_0, is_certificate)
}

/// The revocation lists in a file, DER; at least one.
///
/// # Errors
/// [`NothingTaken`].
pub fn revocation_lists(file: &[u8]) -> Result<Vec<Vec<u8>>, NothingTaken> {
    let is_list = |der: &[u8]| {
        let whole = first(der)?;
        let list = super::lists::List::read(String::new(), whole.into());
        list.is_some().then(|| whole.to_vec())
    };
    taken(file, "revocation list", CONTEXT_1, is_list)
}

/// A file of certificates as PEM of the usual form, whatever form it has. One without certificates stays as
/// it is, so that whoever reads it next says what is wrong with it.
pub fn certificates_pem(file: &[u8]) -> String {
    let Ok(all) = certificates(file) else {
        return String::from_utf8_lossy(file).into_owned();
    };
    let mut out = String::new();
    for der in all {
        out.push_str("-----BEGIN CERTIFICATE-----\n");
        for line in base64::encode(&der).as_bytes().chunks(64) {
            out.extend(line.iter().copied().map(char::from));
            out.push('\n');
        }
        out.push_str("-----END CERTIFICATE-----\n");
    }
    out
}

/// A revocation list, DER, from a file of whatever form; what is none stays as it is.
pub fn revocation_list_der(file: Vec<u8>) -> Vec<u8> {
    match revocation_lists(&file).as_deref() {
        Ok([only]) => only.clone(),
        _ => file,
    }
}

fn taken(
    file: &[u8],
    kind: &'static str,
    tag: u8,
    read: impl Fn(&[u8]) -> Option<Vec<u8>>,
) -> Result<Vec<Vec<u8>>, NothingTaken> {
    if file.iter().all(u8::is_ascii_whitespace) {
        return Err(NothingTaken::Nothing);
    }
    let mut all = Vec::new();
    for (number, block) in (1..).zip(blocks(file)?) {
        let before = all.len();
        match read(&block.der) {
            Some(one) => all.push(one),
            None => all.extend(inside_pkcs7(&block.der, tag, &read).unwrap_or_default()),
        }
        if all.len() == before && block.is_broken(tag) {
            return Err(NothingTaken::Broken(number));
        }
        if all.len() > TAKEN_MAX {
            return Err(NothingTaken::TooMany);
        }
    }
    if all.is_empty() {
        return Err(NothingTaken::NoneOfKind(kind));
    }
    Ok(all)
}

/// The first element of some bytes, and nothing of what follows it (`TRUSTED CERTIFICATE`).
fn first(der: &[u8]) -> Option<&[u8]> {
    let mut reader = Reader(der);
    Some(reader.expect(SEQUENCE)?.whole)
}

/// Certificates (`[0]`) or lists (`[1]`) of a SignedData, DER or BER, as far as they can be read.
fn inside_pkcs7(
    file: &[u8],
    tag: u8,
    read: impl Fn(&[u8]) -> Option<Vec<u8>>,
) -> Option<Vec<Vec<u8>>> {
    let (der, _) = to_der(file)?;
    let mut info = Reader(&der).only(SEQUENCE)?;
    let _kind = info.expect(OID)?;
    let mut data = info.only(CONTEXT_0)?.only(SEQUENCE)?;
    data.expect(INTEGER)?;
    data.expect(SET)?;
    data.expect(SEQUENCE)?;
    let (mut certificates, mut lists) = (data.enter(CONTEXT_0), data.enter(CONTEXT_1));
    let wanted = if tag == CONTEXT_0 {
        certificates.as_mut()
    } else {
        lists.as_mut()
    }?;
    let mut all = Vec::new();
    while !wanted.is_empty() {
        all.extend(read(wanted.any()?.whole));
    }
    Some(all)
}

/// A block between BEGIN and END lines, or a file without them.
#[derive(Debug, Eq, PartialEq)]
struct Block<'a> {
    /// What its lines call it; empty where there are none.
    label: &'a [u8],
    der: Cow<'a, [u8]>,
}

impl<'a> Block<'a> {
    /// One without lines around it.
    fn bare(der: Cow<'a, [u8]>) -> Self {
        Self { label: b"", der }
    }

    /// Whether a block from which nothing of a kind was taken should have had something.
    fn is_broken(&self, tag: u8) -> bool {
        let says = match tag {
            CONTEXT_0 => b"CERTIFICATE".as_slice(),
            _ => b"CRL",
        };
        !self.label.is_empty() && (self.label.ends_with(says) || first(&self.der).is_none())
    }
}

/// What a file holds, in binary: every block between BEGIN and END lines, or all of it.
fn blocks(file: &[u8]) -> Result<Vec<Block<'_>>, NothingTaken> {
    const BEGIN: &[u8] = b"-----BEGIN ";
    const END: &[u8] = b"-----END ";
    // A DER element starts so, and may well have such words in it.
    if file.first() == Some(&SEQUENCE) {
        let elements = elements(file).into_iter().map(Cow::Borrowed);
        return Ok(elements.map(Block::bare).collect());
    }
    let mut blocks = Vec::new();
    let mut rest = file;
    while let Some(at) = find(rest, BEGIN) {
        rest = &rest[at + BEGIN.len()..];
        let Some(label) = find(rest, b"-----") else {
            break;
        };
        let is_key = find(&rest[..label], b"KEY").is_some();
        let (label, behind) = rest.split_at(label);
        rest = &behind[5..];
        let Some(end) = find(rest, END) else {
            break;
        };
        let body = &rest[..end];
        rest = &rest[end + END.len()..];
        if !is_key {
            let number = blocks.len() + 1;
            let der = base64::decode(body).ok_or(NothingTaken::NotBase64(number))?;
            let der = Cow::Owned(der);
            blocks.push(Block { label, der });
        }
    }
    if blocks.is_empty() {
        let bare = file.strip_prefix(b"\xef\xbb\xbf").unwrap_or(file);
        if let Some(der) = base64::decode(bare) {
            let elements = elements(&der).into_iter();
            blocks.extend(elements.map(|one| Block::bare(Cow::Owned(one.to_vec()))));
        }
    }
    Ok(blocks)
}

/// The elements that stand one behind the other in a file without labels; all of it where they do not.
fn elements(file: &[u8]) -> Vec<&[u8]> {
    let mut reader = Reader(file);
    let mut all = Vec::new();
    while let Some(found) = reader.expect(SEQUENCE) {
        all.push(found.whole);
    }
    if all.is_empty() {
        all.push(file);
    }
    all
}

fn find(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    bytes
        .windows(wanted.len())
        .position(|found| found == wanted)
}

#[cfg(test)]
mod tests {
    use super::NothingTaken;
    use super::blocks;
    use super::certificates;
    use super::certificates_pem;
    use crate::trust::Authority;

    #[test]
    fn blocks_are_found_behind_text_and_keys_are_left_alone() {
        let file = "\u{feff}note\n-----BEGIN ANY THING-----\nMAA=\n-----END ANY THING-----\n\
                    -----BEGIN EC PRIVATE KEY-----\nMAE=\n-----END EC PRIVATE KEY-----\n\
                    -----BEGIN X-----\nMAI=\n-----END X-----";
        let found: Vec<_> = blocks(file.as_bytes())
            .unwrap()
            .into_iter()
            .map(|block| (block.label, block.der.into_owned()))
            .collect();
        let expected = [
            (&b"ANY THING"[..], b"0\x00".to_vec()),
            (b"X", b"0\x02".to_vec()),
        ];
        assert_eq!(found, expected);
    }

    #[test]
    fn a_certificate_that_is_broken_is_not_passed_over() {
        let now = "2026-06-01T00:00:00Z".parse().unwrap();
        let pem = Authority::create(now).unwrap().anchors_pem();
        let all = certificates(pem.as_bytes()).unwrap();
        assert_eq!(certificates(&all.concat()).as_ref(), Ok(&all));
        assert_eq!(
            certificates_pem(&all.concat()).replace('\r', ""),
            pem.replace('\r', "")
        );
        for (intact, broken) in [("MII", "MIJ"), ("MII", "MIA"), ("MII", "AII")] {
            let broken = pem.replacen(intact, broken, 1);
            assert_eq!(
                certificates(broken.as_bytes()),
                Err(NothingTaken::Broken(1)),
                "{broken}"
            );
        }
    }
}

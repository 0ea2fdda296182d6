//! Reading a `SignedData` of any origin, for reports: what is not verified here is told apart from what is
//! wrong. Everything is a slice of the input; nothing is trusted yet.

use std::collections::HashSet;

use super::any_attributes::AnyAttributes;
use super::oid;
use super::parse::SignerIdentifier;
use super::parse::algorithm_within;
use super::parse::digest_of;
use super::parse::identifier;
use super::parse::scheme;
use crate::trust::der::CONTEXT_0;
use crate::trust::der::CONTEXT_1;
use crate::trust::der::INTEGER;
use crate::trust::der::OCTET_STRING;
use crate::trust::der::OID;
use crate::trust::der::Reader;
use crate::trust::der::SEQUENCE;
use crate::trust::der::SET;
use crate::trust::engine::DigestAlgorithm;
use crate::trust::engine::SignatureAlgorithm;

/// Signers of one signature that are looked at.
const SIGNERS_MAX: usize = 64;

/// Certificates, and lists, of one signature that are looked at.
const EMBEDDED_MAX: usize = 256;

/// Bytes of one certificate that is looked at: reading one takes some twenty times as many.
pub(in crate::trust) const CERTIFICATE_MAX: usize = 1 << 20;

/// Values of unsigned attributes of one signer that are looked at, of those that say something to us. Nobody
/// answers for them, so what is beyond is passed over.
const UNSIGNED_MAX: usize = 256;

/// A signature of any kind: with or without its content, some of its signers perhaps of a kind that is not
/// verified here.
#[derive(Debug)]
pub(in crate::trust) struct AnySignedData<'a> {
    pub(in crate::trust) certificates: Vec<&'a [u8]>,
    pub(in crate::trust) revocation_lists: Vec<&'a [u8]>,
    /// `encapContentInfo`, `certificates` and `crls` as they stand there; empty where one does not.
    pub(in crate::trust) fields: [&'a [u8]; 3],
    /// The kind of what is signed.
    pub(in crate::trust) content_type: &'a [u8],
    /// What was signed, where the signature carries it.
    pub(in crate::trust) content: Option<&'a [u8]>,
    /// The signers; for each that breaks the format, why.
    pub(in crate::trust) signers: Vec<Result<AnySigner<'a>, &'static str>>,
}

/// Why a CMS is not looked at.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum NotExamined {
    /// It is no CMS at all.
    NotCms,
    /// Nothing in it is signed.
    Unsigned(&'static str),
    /// It goes beyond what is read here.
    Limit(&'static str),
    /// It breaks the format.
    Malformed(&'static str),
}

/// One signer, as it describes itself.
#[derive(Debug)]
pub(in crate::trust) struct AnySigner<'a> {
    pub(in crate::trust) identifier: SignerIdentifier<'a>,
    /// Digest and algorithm; or why they are not verified here.
    pub(in crate::trust) scheme: Result<(DigestAlgorithm, SignatureAlgorithm), &'static str>,
    /// What it signs beside the content; `None`: the content alone.
    pub(in crate::trust) attributes: Option<AnyAttributes<'a>>,
    pub(in crate::trust) signature: &'a [u8],
    /// Its fields as they stand there: those before the unsigned attributes, and these.
    pub(in crate::trust) fields: [&'a [u8]; 2],
    /// What came with the signature and is not signed with it: kind and value of each attribute.
    pub(in crate::trust) unsigned: Vec<(&'a [u8], &'a [u8])>,
}

impl<'a> AnySignedData<'a> {
    /// Reads a DER `ContentInfo` that holds `SignedData`.
    ///
    /// # Errors
    /// [`NotExamined`].
    pub(in crate::trust) fn parse(der: &'a [u8]) -> Result<Self, NotExamined> {
        let mut info = Reader(der).only(SEQUENCE).ok_or(NotExamined::NotCms)?;
        let kind = info.expect(OID).ok_or(NotExamined::NotCms)?.content;
        if kind != oid::SIGNED_DATA {
            return Err(match kind {
                oid::ENVELOPED_DATA => NotExamined::Unsigned("EnvelopedData: it is encrypted"),
                _ if kind.starts_with(oid::PKCS7) || kind.starts_with(oid::SMIME_CT) => {
                    NotExamined::Unsigned("the CMS content is not SignedData")
                }
                _ => NotExamined::NotCms,
            });
        }
        let malformed = NotExamined::Malformed("not a SignedData (RFC 5652)");
        let mut data = info
            .only(CONTEXT_0)
            .and_then(|inside| inside.only(SEQUENCE))
            .ok_or(malformed)?;
        data.expect(INTEGER).ok_or(malformed)?;
        data.expect(SET).ok_or(malformed)?;
        let whole = data.expect(SEQUENCE).ok_or(malformed)?;
        let mut encapsulated = Reader(whole.content);
        let content_type = encapsulated.expect(OID).ok_or(malformed)?.content;
        let content = if encapsulated.is_empty() {
            None
        } else {
            let mut inside = encapsulated.only(CONTEXT_0).ok_or(malformed)?;
            // PKCS #7 had anything here, and signed it without its tag and length.
            let value = inside.any().filter(|_| inside.is_empty());
            let value = value.ok_or(malformed)?;
            if value.tag != OCTET_STRING && content_type == oid::DATA {
                return Err(malformed);
            }
            Some(value.content)
        };
        let along = [CONTEXT_0, CONTEXT_1].map(|tag| data.expect(tag));
        let [certificates, lists] = along.map(|found| found.map_or(&[][..], |found| found.content));
        let certificates = embedded(Reader(certificates)).map_err(|found| {
            found.unwrap_or(NotExamined::Limit(
                "more than 256 certificates are embedded",
            ))
        })?;
        if certificates.iter().any(|der| der.len() > CERTIFICATE_MAX) {
            return Err(NotExamined::Limit(
                "a certificate of more than 1 MiB is embedded",
            ));
        }
        let revocation_lists = embedded(Reader(lists)).map_err(|found| {
            found.unwrap_or(NotExamined::Limit(
                "more than 256 revocation lists are embedded",
            ))
        })?;
        let mut infos = data.only(SET).ok_or(malformed)?;
        let mut signers = Vec::new();
        while !infos.is_empty() {
            if signers.len() == SIGNERS_MAX {
                return Err(NotExamined::Limit("more than 64 signers"));
            }
            let info = infos.enter(SEQUENCE).ok_or(malformed)?;
            signers.push(AnySigner::parse(info, content_type));
        }
        if signers.is_empty() {
            return Err(NotExamined::Unsigned(
                "the CMS has certificates or lists, and no signer",
            ));
        }
        Ok(Self {
            certificates,
            revocation_lists,
            fields: [Some(whole), along[0], along[1]]
                .map(|found| found.map_or(&[][..], |found| found.whole)),
            content_type,
            content,
            signers,
        })
    }
}

/// The sequences that stand there. An error without a reason: there are too many.
fn embedded(mut inside: Reader<'_>) -> Result<Vec<&[u8]>, Option<NotExamined>> {
    let (mut found, mut known) = (Vec::new(), HashSet::new());
    while !inside.is_empty() {
        let malformed = NotExamined::Malformed("a certificate or list in it is malformed");
        let element = inside.any().ok_or(Some(malformed))?;
        if element.tag == SEQUENCE && known.insert(element.whole) {
            found.push(element.whole);
        }
        if found.len() > EMBEDDED_MAX {
            return Err(None);
        }
    }
    Ok(found)
}

impl<'a> AnySigner<'a> {
    fn parse(mut info: Reader<'a>, content_type: &[u8]) -> Result<Self, &'static str> {
        let malformed = "a SignerInfo is malformed";
        let whole = info.0;
        info.expect(INTEGER).ok_or(malformed)?;
        let identifier = identifier(&mut info).ok_or(malformed)?;
        let digest_name = info.expect(SEQUENCE).ok_or(malformed)?;
        let signed = info.enter(CONTEXT_0);
        let algorithm = info.expect(SEQUENCE).ok_or(malformed)?;
        let signature = info.expect(OCTET_STRING).ok_or(malformed)?.content;
        let fields = &whole[..whole.len() - info.0.len()];
        let unsigned = info.enter(CONTEXT_1).unwrap_or(Reader(&[]));
        if !info.is_empty() {
            return Err(malformed);
        }
        let digest = algorithm_within(digest_name).ok_or(malformed)?;
        let mut named = Reader(algorithm.content);
        let name = named.expect(OID).ok_or(malformed)?.content;
        let scheme = match digest_of(digest) {
            None => Err("the digest algorithm is none of SHA-256, SHA-384 and SHA-512"),
            Some(digest) => match scheme(name, digest, named) {
                None => Err("the signature algorithm is not supported, or not with this digest"),
                Some(algorithm) => Ok((digest, algorithm)),
            },
        };
        let attributes = signed.map(AnyAttributes::parse).transpose()?;
        if let Some(attributes) = &attributes {
            attributes.fit(content_type, digest_name, algorithm)?;
        }
        Ok(Self {
            identifier,
            scheme,
            attributes,
            signature,
            fields: [fields, unsigned.0],
            unsigned: values_of(unsigned),
        })
    }
}

/// Kind and value of each unsigned attribute that says something to us, up to the first that is none: nobody
/// answers for them, so that one that is broken says nothing of the signature.
fn values_of(mut attributes: Reader<'_>) -> Vec<(&[u8], &[u8])> {
    let mut found = Vec::new();
    while let Some(mut attribute) = attributes.enter(SEQUENCE) {
        let Some(kind) = attribute.expect(OID) else {
            break;
        };
        if !oid::UNSIGNED.contains(&kind.content) {
            continue;
        }
        let mut values = attribute.enter(SET).unwrap_or(Reader(&[]));
        while let Some(value) = values.any() {
            if found.len() == UNSIGNED_MAX {
                return found;
            }
            found.push((kind.content, value.whole));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::trust::der::element;
    use crate::trust::der::wrap;

    #[test]
    fn unsigned_values_are_taken_by_number_and_only_those_that_say_something() {
        let attribute = |kind: &[u8], count: usize| {
            let values = [5, 0].repeat(count);
            wrap(SEQUENCE, &[&element(OID, kind), &element(SET, &values)])
        };
        let all = [
            attribute(oid::SHA256, 100_000),
            attribute(oid::SIGNATURE_STAMP, 10),
            attribute(oid::REVOCATION_VALUES, 100_000),
        ];
        let found = values_of(Reader(&all.concat())).len();
        assert_eq!(found, UNSIGNED_MAX);
        let two = all[..2].concat();
        assert_eq!(
            values_of(Reader(&two)),
            [(oid::SIGNATURE_STAMP, &[5, 0][..]); 10]
        );
    }

    #[test]
    fn what_is_embedded_again_counts_once_and_more_than_is_read_is_a_limit() {
        let inside = |each: usize, kinds: u16| {
            let one = |kind: u16| element(SEQUENCE, &kind.to_be_bytes());
            let all: Vec<u8> = (0..kinds).flat_map(|kind| one(kind).repeat(each)).collect();
            all
        };
        let read = |bytes: &[u8]| embedded(Reader(bytes)).map(|found| found.len());
        assert_eq!(read(&inside(1_000, 256)), Ok(256));
        assert_eq!(read(&inside(1, 257)), Err(None));
    }

    #[test]
    fn a_certificate_larger_than_is_read_is_a_limit() {
        let read = |bytes: usize| {
            let header = 5;
            let certificate = element(SEQUENCE, &vec![0; bytes - header]);
            assert_eq!(certificate.len(), bytes);
            let parts = [
                element(INTEGER, &[1]),
                element(SET, &[]),
                element(SEQUENCE, &element(OID, oid::DATA)),
                element(CONTEXT_0, &certificate),
                element(SET, &element(SEQUENCE, &[])),
            ];
            let data = element(CONTEXT_0, &element(SEQUENCE, &parts.concat()));
            let whole = wrap(SEQUENCE, &[&element(OID, oid::SIGNED_DATA), &data]);
            AnySignedData::parse(&whole).map(|data| data.certificates.len())
        };
        assert_eq!(read(CERTIFICATE_MAX), Ok(1));
        assert!(matches!(
            read(CERTIFICATE_MAX + 1),
            Err(NotExamined::Limit(_))
        ));
    }
}

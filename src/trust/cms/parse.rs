//! Reading a `SignedData`. Everything is a slice of the input; nothing is trusted yet.

use jiff::Timestamp;

use super::attributes::ATTRIBUTES_MAX;
use super::attributes::Attributes;
use super::ber::is_der;
use super::oid;
use crate::model::SIGNATURE_MAX;
use crate::trust::der::CONTEXT_0;
use crate::trust::der::CONTEXT_0_PRIMITIVE;
use crate::trust::der::CONTEXT_1;
use crate::trust::der::CONTEXT_2;
use crate::trust::der::CONTEXT_3;
use crate::trust::der::Element;
use crate::trust::der::INTEGER;
use crate::trust::der::OCTET_STRING;
use crate::trust::der::OID;
use crate::trust::der::Reader;
use crate::trust::der::SEQUENCE;
use crate::trust::der::SET;
use crate::trust::engine::DigestAlgorithm;
use crate::trust::engine::SignatureAlgorithm;

/// Signers of one document; two are needed, more than this is an attack on our time.
const SIGNERS_MAX: usize = 8;

/// Certificates embedded in one signature: those of eight signers and of an authority each.
const CERTIFICATES_MAX: usize = 16;

/// Bytes of the signed attributes of one signer of a document; ours have 160.
const SIGNED_ATTRIBUTES_BYTES_MAX: usize = 8 << 10;

/// Bytes of the unsigned attributes of one signer of a document: a time stamp with its certificates has some
/// six KiB, and may stand beside another.
const UNSIGNED_ATTRIBUTES_BYTES_MAX: usize = 32 << 10;

/// A parsed signature.
#[derive(Debug)]
pub(in crate::trust) struct SignedData<'a> {
    pub(in crate::trust) certificates: Vec<&'a [u8]>,
    pub(in crate::trust) signers: Vec<SignerInfo<'a>>,
}

/// A signature as it stands there, before its limits are asked for.
#[derive(Debug)]
struct Unlimited<'a> {
    certificates: Vec<&'a [u8]>,
    /// What was signed, where the signature carries it.
    content: Option<&'a [u8]>,
    /// The signers; for each that is not verified here, why.
    signers: Vec<Result<SignerInfo<'a>, &'static str>>,
}

/// One signer, as it describes itself.
#[derive(Debug)]
pub(in crate::trust) struct SignerInfo<'a> {
    pub(in crate::trust) identifier: SignerIdentifier<'a>,
    pub(in crate::trust) digest: DigestAlgorithm,
    pub(in crate::trust) algorithm: SignatureAlgorithm,
    /// The attributes' content, without the implicit tag: what is signed is this in a `SET OF`.
    pub(in crate::trust) signed_attributes: &'a [u8],
    pub(in crate::trust) message_digest: &'a [u8],
    pub(in crate::trust) signing_time: Option<Timestamp>,
    /// Digest of the certificate, where signing-certificate-v2 names it.
    pub(in crate::trust) certificate_hash: Option<(DigestAlgorithm, &'a [u8])>,
    pub(in crate::trust) signature: &'a [u8],
    /// Content of the unsigned attributes; empty without any.
    unsigned_attributes: &'a [u8],
}

/// How a signer names its certificate.
#[derive(Clone, Copy, Debug)]
pub(in crate::trust) enum SignerIdentifier<'a> {
    IssuerAndSerial { issuer: &'a [u8], serial: &'a [u8] },
    SubjectKey(&'a [u8]),
}

impl<'a> SignedData<'a> {
    /// Reads a DER `ContentInfo` that holds a detached `SignedData`, all of whose signers can be verified.
    ///
    /// # Errors
    /// What is wrong, for a person.
    pub(in crate::trust) fn parse(der: &'a [u8]) -> Result<Self, &'static str> {
        if der.len() > SIGNATURE_MAX {
            return Err("the signature has more than 64 KiB");
        }
        if !is_der(der) {
            return Err("it is not DER throughout, or elements stand in more than 24 others");
        }
        let read = Unlimited::parse(der)?;
        if read.content.is_some() {
            return Err("the signature is not detached: it carries content of its own");
        }
        let signers: Result<Vec<SignerInfo<'a>>, &'static str> = read.signers.into_iter().collect();
        let signers = signers?;
        // Nobody's default for documents, and verified one at a time in arrays: too slow for a hub.
        let is_slow =
            |info: &SignerInfo<'_>| matches!(info.algorithm, SignatureAlgorithm::RsaPss { .. });
        if signers.iter().any(is_slow) {
            return Err(
                "RSASSA-PSS is taken with SHA-256, MGF1 with SHA-256 and a salt of 32 bytes",
            );
        }
        signers.iter().try_for_each(SignerInfo::within_limits)?;
        Ok(Self {
            certificates: read.certificates,
            signers,
        })
    }
}

impl<'a> Unlimited<'a> {
    /// Reads a DER `ContentInfo` that holds `SignedData`.
    ///
    /// # Errors
    /// What is wrong, for a person.
    fn parse(der: &'a [u8]) -> Result<Self, &'static str> {
        let malformed = "not a DER SignedData (RFC 5652)";
        let mut info = Reader(der).only(SEQUENCE).ok_or(malformed)?;
        if info.expect(OID).ok_or(malformed)?.content != oid::SIGNED_DATA {
            return Err("the CMS content is not SignedData");
        }
        let mut data = info
            .only(CONTEXT_0)
            .and_then(|inside| inside.only(SEQUENCE))
            .ok_or(malformed)?;
        data.expect(INTEGER).ok_or(malformed)?;
        data.expect(SET).ok_or(malformed)?;
        let mut encapsulated = data.enter(SEQUENCE).ok_or(malformed)?;
        if encapsulated.expect(OID).ok_or(malformed)?.content != oid::DATA {
            return Err("the signed content is not plain data");
        }
        let content = if encapsulated.is_empty() {
            None
        } else {
            let inside = encapsulated.only(CONTEXT_0);
            let octets = inside.and_then(|inside| inside.only(OCTET_STRING));
            Some(octets.ok_or(malformed)?.0)
        };
        let mut certificates = Vec::new();
        if let Some(mut embedded) = data.enter(CONTEXT_0) {
            while !embedded.is_empty() {
                let element = embedded.any().ok_or(malformed)?;
                if element.tag == SEQUENCE {
                    certificates.push(element.whole);
                }
                if certificates.len() > CERTIFICATES_MAX {
                    return Err("more than 16 certificates are embedded");
                }
            }
        }
        // The hub does not use them: it has its own.
        let mut revocation_lists = 0;
        if let Some(mut embedded) = data.enter(CONTEXT_1) {
            while !embedded.is_empty() {
                let element = embedded.any().ok_or(malformed)?;
                revocation_lists += usize::from(element.tag == SEQUENCE);
                if revocation_lists > CERTIFICATES_MAX {
                    return Err("more than 16 revocation lists are embedded");
                }
            }
        }
        let mut infos = data.enter(SET).ok_or(malformed)?;
        let mut signers = Vec::new();
        while !infos.is_empty() {
            if signers.len() == SIGNERS_MAX {
                return Err("more than 8 signers");
            }
            let info = infos.enter(SEQUENCE).ok_or(malformed)?;
            signers.push(SignerInfo::parse(info));
        }
        if signers.is_empty() {
            return Err("the CMS has no signer");
        }
        if !data.is_empty() {
            return Err(malformed);
        }
        Ok(Self {
            certificates,
            content,
            signers,
        })
    }
}

impl<'a> SignerInfo<'a> {
    fn parse(mut info: Reader<'a>) -> Result<Self, &'static str> {
        let malformed = "a SignerInfo is malformed";
        info.expect(INTEGER).ok_or(malformed)?;
        let identifier = identifier(&mut info).ok_or(malformed)?;
        let digest = digest_of(algorithm(&mut info).ok_or(malformed)?)
            .ok_or("the digest algorithm is none of SHA-256, SHA-384 and SHA-512")?;
        let attributes = info
            .enter(CONTEXT_0)
            .ok_or("a signer has no signed attributes")?;
        let mut named = info.enter(SEQUENCE).ok_or(malformed)?;
        let algorithm = scheme(named.expect(OID).ok_or(malformed)?.content, digest, named)
            .ok_or("the signature algorithm is not supported, or not with this digest")?;
        let signature = info.expect(OCTET_STRING).ok_or(malformed)?.content;
        // Unsigned attributes may follow (time stamps); they prove nothing here.
        let unsigned_attributes = info.enter(CONTEXT_1).map_or(&[][..], |unsigned| unsigned.0);
        if !info.is_empty() {
            return Err(malformed);
        }
        let attributes = Attributes::parse(attributes)?;
        Ok(Self {
            identifier,
            digest,
            algorithm,
            signed_attributes: attributes.bytes,
            message_digest: attributes
                .message_digest
                .ok_or("message-digest is missing")?,
            signing_time: attributes.signing_time,
            certificate_hash: attributes.certificate_hash,
            signature,
            unsigned_attributes,
        })
    }

    /// Whether a document's signer says no more than there is reason to.
    fn within_limits(&self) -> Result<(), &'static str> {
        if self.signed_attributes.len() > SIGNED_ATTRIBUTES_BYTES_MAX {
            return Err("a signer has more than 8 KiB of signed attributes");
        }
        if self.unsigned_attributes.len() > UNSIGNED_ATTRIBUTES_BYTES_MAX {
            return Err("a signer has more than 32 KiB of unsigned attributes");
        }
        let mut unsigned = Reader(self.unsigned_attributes);
        let count = std::iter::from_fn(|| unsigned.any())
            .take(ATTRIBUTES_MAX + 1)
            .count();
        if count > ATTRIBUTES_MAX {
            return Err("a signer has more than 32 unsigned attributes");
        }
        Ok(())
    }
}

pub(super) fn identifier<'a>(info: &mut Reader<'a>) -> Option<SignerIdentifier<'a>> {
    if info.peek()? == CONTEXT_0_PRIMITIVE {
        return info
            .any()
            .map(|element| SignerIdentifier::SubjectKey(element.content));
    }
    let mut pair = info.enter(SEQUENCE)?;
    let issuer = pair.expect(SEQUENCE)?.whole;
    let serial = pair.expect(INTEGER)?.content;
    Some(SignerIdentifier::IssuerAndSerial { issuer, serial })
}

fn algorithm<'a>(reader: &mut Reader<'a>) -> Option<&'a [u8]> {
    algorithm_within(reader.expect(SEQUENCE)?)
}

/// The name in an `AlgorithmIdentifier`.
pub(super) fn algorithm_within(identifier: Element<'_>) -> Option<&[u8]> {
    let mut inside = Reader(identifier.content);
    inside.expect(OID).map(|oid| oid.content)
}

/// The digest of this name.
pub(super) fn digest_of(oid: &[u8]) -> Option<DigestAlgorithm> {
    match oid {
        oid::SHA256 => Some(DigestAlgorithm::Sha256),
        oid::SHA384 => Some(DigestAlgorithm::Sha384),
        oid::SHA512 => Some(DigestAlgorithm::Sha512),
        _ => None,
    }
}

/// The algorithm of this name with this digest and these parameters.
pub(super) fn scheme(
    oid: &[u8],
    digest: DigestAlgorithm,
    parameters: Reader<'_>,
) -> Option<SignatureAlgorithm> {
    use DigestAlgorithm as D;
    use SignatureAlgorithm as A;
    match (oid, digest) {
        (oid::RSA | oid::RSA_SHA256, D::Sha256) => Some(A::RsaPkcs1Sha256),
        (oid::RSA | oid::RSA_SHA384, D::Sha384) => Some(A::RsaPkcs1Sha384),
        (oid::RSA | oid::RSA_SHA512, D::Sha512) => Some(A::RsaPkcs1Sha512),
        (oid::ECDSA_SHA256, D::Sha256) => Some(A::EcdsaSha256),
        (oid::ECDSA_SHA384, D::Sha384) => Some(A::EcdsaSha384),
        (oid::ECDSA_SHA512, D::Sha512) => Some(A::EcdsaSha512),
        // RFC 8419, 3.1: with signed attributes no other digest.
        (oid::ED25519, D::Sha512) => Some(A::Ed25519),
        (oid::RSA_PSS, _) => match (digest, pss_salt(parameters, digest)?) {
            (D::Sha256, 32) => Some(A::RsaPssSha256),
            (_, salt) => Some(A::RsaPss { digest, salt }),
        },
        _ => None,
    }
}

/// Length of the salt that `RSASSA-PSS-params` (RFC 4055, 3.1) name, if they name this digest for the
/// message and for MGF1; their defaults are SHA-1, which is not accepted.
fn pss_salt(mut named: Reader<'_>, digest: DigestAlgorithm) -> Option<usize> {
    let mut parameters = named.enter(SEQUENCE)?;
    let hash = algorithm(&mut parameters.enter(CONTEXT_0)?)?;
    let mut mask = parameters.enter(CONTEXT_1)?.only(SEQUENCE)?;
    let generator = mask.expect(OID)?.content;
    let mask_hash = algorithm(&mut mask)?;
    let salt = match parameters.enter(CONTEXT_2) {
        None => 20,
        Some(salt) => match salt.only(INTEGER)?.0 {
            [short] if *short < 0x80 => usize::from(*short),
            [0, byte] if *byte >= 0x80 => usize::from(*byte),
            [high, low] if (1..0x80).contains(high) => {
                usize::from(u16::from_be_bytes([*high, *low]))
            }
            _ => return None,
        },
    };
    let trailer = parameters.enter(CONTEXT_3);
    let is_usual = trailer.is_none_or(|trailer| trailer.only(INTEGER).is_some_and(|t| t.0 == [1]));
    let hashes_fit = [hash, mask_hash]
        .iter()
        .all(|oid| digest_of(oid) == Some(digest));
    (hashes_fit && generator == oid::MGF1 && is_usual && parameters.is_empty()).then_some(salt)
}

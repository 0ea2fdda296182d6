//! CMS `SignedData` (RFC 5652) with CAdES signed attributes: parsed without copying, built with one
//! signer for the competent person and one for the organisation.

mod any;
mod any_attributes;
mod attributes;
mod ber;
mod build;
mod parse;

pub(super) use any::AnySignedData;
pub(super) use any::AnySigner;
pub(super) use any::CERTIFICATE_MAX;
pub use any::NotExamined;
pub(super) use any_attributes::Meant;
pub(super) use ber::to_der;
pub use build::Credential;
pub use build::CredentialError;
pub use build::DocumentSigner;
pub use build::SignError;
pub(super) use parse::SignedData;
pub(super) use parse::SignerIdentifier;
pub(super) use parse::SignerInfo;

/// Object identifiers as DER content bytes.
pub(super) mod oid {
    /// id-data.
    pub(in crate::trust) const DATA: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 7, 1];
    /// id-signedData.
    pub(in crate::trust) const SIGNED_DATA: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 7, 2];
    /// Attribute content-type.
    pub(in crate::trust) const CONTENT_TYPE: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 9, 3];
    /// Attribute message-digest.
    pub(in crate::trust) const MESSAGE_DIGEST: &[u8] =
        &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 9, 4];
    /// Attribute signing-time.
    pub(in crate::trust) const SIGNING_TIME: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 9, 5];
    /// Attribute signing-certificate-v2 (RFC 5035).
    pub(in crate::trust) const SIGNING_CERTIFICATE_V2: &[u8] =
        &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 9, 16, 2, 47];
    /// SHA-256.
    pub(in crate::trust) const SHA256: &[u8] = &[0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, 1];
    /// SHA-384.
    pub(in crate::trust) const SHA384: &[u8] = &[0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, 2];
    /// SHA-512.
    pub(in crate::trust) const SHA512: &[u8] = &[0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, 3];
    /// id-mgf1.
    pub(in crate::trust) const MGF1: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 8];
    /// id-RSASSA-PSS.
    pub(in crate::trust) const RSA_PSS: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 10];
    /// id-Ed25519.
    pub(in crate::trust) const ED25519: &[u8] = &[0x2b, 0x65, 0x70];
    /// rsaEncryption, which stands for PKCS#1 v1.5 with the signer's digest algorithm.
    pub(in crate::trust) const RSA: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 1];
    /// sha256WithRSAEncryption.
    pub(in crate::trust) const RSA_SHA256: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 11];
    /// sha384WithRSAEncryption.
    pub(in crate::trust) const RSA_SHA384: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 12];
    /// sha512WithRSAEncryption.
    pub(in crate::trust) const RSA_SHA512: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 13];
    /// ecdsa-with-SHA256.
    pub(in crate::trust) const ECDSA_SHA256: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, 2];
    /// ecdsa-with-SHA384.
    pub(in crate::trust) const ECDSA_SHA384: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, 3];
    /// ecdsa-with-SHA512.
    pub(in crate::trust) const ECDSA_SHA512: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, 4];
    /// pkcs-7: the kinds of content are below it.
    pub(in crate::trust) const PKCS7: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0xd, 1, 7];
    /// id-smime ct: more kinds of content.
    pub(in crate::trust) const SMIME_CT: &[u8] =
        &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0xd, 1, 9, 0x10, 1];
    /// id-envelopedData.
    pub(in crate::trust) const ENVELOPED_DATA: &[u8] =
        &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0xd, 1, 7, 3];
    /// Attribute signing-certificate (RFC 2634).
    pub(in crate::trust) const SIGNING_CERTIFICATE: &[u8] =
        &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0xd, 1, 9, 0x10, 2, 0xc];
    /// id-ct-TSTInfo: what a time stamp says (RFC 3161).
    pub(in crate::trust) const TST_INFO: &[u8] =
        &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0xd, 1, 9, 0x10, 1, 4];
    /// Attribute signature-time-stamp (RFC 3161, appendix A).
    pub(in crate::trust) const SIGNATURE_STAMP: &[u8] =
        &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0xd, 1, 9, 0x10, 2, 14];
    /// Attribute content-time-stamp (ETSI EN 319 122-1, 5.2.8).
    pub(in crate::trust) const CONTENT_STAMP: &[u8] =
        &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0xd, 1, 9, 0x10, 2, 20];
    /// Attribute certificate-values (ETSI EN 319 122-1, 5.4.2).
    pub(in crate::trust) const CERTIFICATE_VALUES: &[u8] =
        &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0xd, 1, 9, 0x10, 2, 23];
    /// Attribute revocation-values (ETSI EN 319 122-1, 5.4.2).
    pub(in crate::trust) const REVOCATION_VALUES: &[u8] =
        &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0xd, 1, 9, 0x10, 2, 24];
    /// Attribute complete-certificate-references (ETSI TS 101 733, 6.2.1).
    pub(in crate::trust) const CERTIFICATE_REFERENCES: &[u8] =
        &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0xd, 1, 9, 0x10, 2, 21];
    /// Attribute complete-revocation-references (ETSI TS 101 733, 6.2.2).
    pub(in crate::trust) const REVOCATION_REFERENCES: &[u8] =
        &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0xd, 1, 9, 0x10, 2, 22];
    /// Attribute CAdES-C-timestamp (ETSI TS 101 733, 6.3.5).
    pub(in crate::trust) const COMPLETE_STAMP: &[u8] =
        &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0xd, 1, 9, 0x10, 2, 25];
    /// Attribute time-stamped-certs-crls-references (ETSI TS 101 733, 6.3.6).
    pub(in crate::trust) const REFERENCES_STAMP: &[u8] =
        &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0xd, 1, 9, 0x10, 2, 26];
    /// Attribute archive-time-stamp, the first version (RFC 5126, 6.4.1).
    pub(in crate::trust) const ARCHIVE_STAMP: &[u8] =
        &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0xd, 1, 9, 0x10, 2, 27];
    /// Attribute archive-time-stamp, the second version (RFC 5126, 6.4.1).
    pub(in crate::trust) const ARCHIVE_STAMP_V2: &[u8] =
        &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0xd, 1, 9, 0x10, 2, 48];
    /// Attribute archive-time-stamp-v3 (ETSI EN 319 122-1, 5.5.3).
    pub(in crate::trust) const ARCHIVE_STAMP_V3: &[u8] = &[4, 0, 0x8d, 0x45, 2, 4];
    /// Attribute ats-hash-index, the first version (ETSI TS 101 733, 6.4.2).
    pub(in crate::trust) const HASH_INDEX: &[u8] = &[4, 0, 0x8d, 0x45, 2, 5];
    /// Attribute ats-hash-index-v2 (ETSI EN 319 122-1 of 2016, 5.5.2).
    pub(in crate::trust) const HASH_INDEX_V2: &[u8] = &[4, 0, 0x81, 0x95, 0x32, 1, 4];
    /// Attribute ats-hash-index-v3 (ETSI EN 319 122-1, 5.5.2).
    pub(in crate::trust) const HASH_INDEX_V3: &[u8] = &[4, 0, 0x81, 0x95, 0x32, 1, 5];
    /// Unsigned attributes that say something to us.
    pub(in crate::trust) const UNSIGNED: [&[u8]; 11] = [
        SIGNATURE_STAMP,
        CERTIFICATE_VALUES,
        REVOCATION_VALUES,
        COMPLETE_STAMP,
        REFERENCES_STAMP,
        ARCHIVE_STAMP,
        ARCHIVE_STAMP_V2,
        ARCHIVE_STAMP_V3,
        HASH_INDEX,
        HASH_INDEX_V2,
        HASH_INDEX_V3,
    ];
    /// Attribute adbe-revocationInfoArchival (ISO 32000-2, 12.8.3.3.2).
    pub(in crate::trust) const ADOBE_REVOCATION: &[u8] =
        &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x2f, 1, 1, 8];
    /// Attribute CMSAlgorithmProtection (RFC 6211).
    pub(in crate::trust) const ALGORITHM_PROTECTION: &[u8] =
        &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0xd, 1, 9, 0x34];
    /// SHA-1.
    pub(in crate::trust) const SHA1: &[u8] = &[0x2b, 0xe, 3, 2, 0x1a];
    /// SHA-224.
    pub(in crate::trust) const SHA224: &[u8] = &[0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, 4];
    /// SHA-512/256.
    pub(in crate::trust) const SHA512_256: &[u8] = &[0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, 6];
    /// SHA3-256.
    pub(in crate::trust) const SHA3_256: &[u8] = &[0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, 8];
    /// SHA3-384.
    pub(in crate::trust) const SHA3_384: &[u8] = &[0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, 9];
    /// SHA3-512.
    pub(in crate::trust) const SHA3_512: &[u8] = &[0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, 0xa];
}

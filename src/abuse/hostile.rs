//! Certificates and signatures that are made to be expensive: graphs of authorities in which a path never
//! ends, signatures that are mostly padding.

use rcgen::BasicConstraints;
use rcgen::CertificateParams;
use rcgen::DistinguishedName;
use rcgen::DnType;
use rcgen::IsCa;
use rcgen::Issuer;
use rcgen::KeyPair;
use rcgen::KeyUsagePurpose;
use rcgen::SanType;

use crate::model::CertificateUse;
use crate::model::OrganId;

const SEQUENCE: u8 = 0x30;
const SET: u8 = 0x31;
const OCTET_STRING: u8 = 0x04;
/// `[1]`, as unsigned attributes stand in a `SignerInfo`.
const CONTEXT_1: u8 = 0xa1;
/// 1.2.3.4: an attribute nobody knows.
const UNKNOWN_OID: &[u8] = &[0x06, 0x03, 0x2a, 0x03, 0x04];

/// Authorities that vouch for each other and lead to no anchor: `names` of them, each with `keys` keys,
/// every certificate of one name issued under the next.
///
/// One name and eight keys is a full graph of eight; eight names with one key each are a ring; three with
/// three a ladder that closes. A path builder that goes by names tries every combination.
#[derive(Clone, Copy, Debug)]
pub(super) struct Graph {
    pub(super) names: usize,
    pub(super) keys: usize,
}

/// A certificate below such a graph, for an organisation that never asked for it: chain and key, PEM.
///
/// # Errors
/// Of the library.
pub(super) fn certificate_below(
    graph: Graph,
    organ: OrganId,
    usage: CertificateUse,
) -> Result<(String, String), rcgen::Error> {
    let Graph { names, keys } = graph;
    let key = || KeyPair::generate_for(&rcgen::PKCS_ECDSA_P256_SHA256);
    let all: Vec<KeyPair> = (0..names * keys).map(|_| key()).collect::<Result<_, _>>()?;
    let at = |name: usize, number: usize| &all[name % names * keys + number % keys];
    let mut chain = Vec::new();
    for name in 0..names {
        let params = authority(name);
        let above = authority((name + 1) % names);
        for number in 0..keys {
            let issuer = Issuer::from_params(&above, at(name + 1, number + 1));
            chain.push(params.signed_by(at(name, number), &issuer)?.pem());
        }
    }
    let leaf_key = key()?;
    let mut leaf = CertificateParams::default();
    leaf.distinguished_name = named(organ.as_str());
    for uri in [
        format!("urn:docaxis:organ:{organ}"),
        format!("urn:docaxis:use:{}", usage.as_str()),
    ] {
        leaf.subject_alt_names
            .push(SanType::URI(uri.as_str().try_into()?));
    }
    leaf.is_ca = IsCa::ExplicitNoCa;
    let first = authority(0);
    let leaf = leaf.signed_by(&leaf_key, &Issuer::from_params(&first, at(0, 0)))?;
    chain.insert(0, leaf.pem());
    Ok((chain.concat(), leaf_key.serialize_pem()))
}

fn authority(name: usize) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name = named(&format!("X{name}"));
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
    params
}

fn named(name: &str) -> DistinguishedName {
    let mut distinguished = DistinguishedName::new();
    distinguished.push(DnType::CommonName, name);
    distinguished
}

/// A CMS whose first signer has an attribute of so many bytes that nobody signed; `None` where it is none.
pub(super) fn padded(cms: &[u8], bytes: usize) -> Option<Vec<u8>> {
    let (_, content_info, _) = element(cms)?;
    let (kind, rest) = split(content_info)?;
    let (context, signed_data, _) = element(rest)?;
    let (_, fields, _) = element(signed_data)?;
    // Version, digests, content, certificates; the signers are last.
    let mut before = 0;
    let mut infos = fields;
    while let (_, rest) = split(infos)?
        && !rest.is_empty()
    {
        before += infos.len() - rest.len();
        infos = rest;
    }
    let (_, signers, _) = element(infos)?;
    let (first, others) = split(signers)?;
    let (_, first, _) = element(first)?;
    let value = wrap(SET, &[&wrap(OCTET_STRING, &[&vec![0x5a; bytes]])]);
    let attributes = wrap(CONTEXT_1, &[&wrap(SEQUENCE, &[UNKNOWN_OID, &value])]);
    let first = wrap(SEQUENCE, &[first, &attributes]);
    let signers = wrap(SET, &[&first, others]);
    let signed_data = wrap(SEQUENCE, &[&fields[..before], &signers]);
    Some(wrap(SEQUENCE, &[kind, &wrap(context, &[&signed_data])]))
}

/// Tag, content and what follows.
fn element(der: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (tag, first) = (*der.first()?, *der.get(1)?);
    let (length, header) = if first < 0x80 {
        (usize::from(first), 2)
    } else {
        let octets = usize::from(first & 0x7f);
        let bytes = der.get(2..2 + octets)?;
        let length = bytes
            .iter()
            .fold(0, |length, byte| (length << 8) | usize::from(*byte));
        (length, 2 + octets)
    };
    let content = der.get(header..header + length)?;
    Some((tag, content, &der[header + length..]))
}

/// The first element whole, and what follows.
fn split(der: &[u8]) -> Option<(&[u8], &[u8])> {
    let (_, _, rest) = element(der)?;
    Some(der.split_at(der.len() - rest.len()))
}

fn wrap(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
    let length: usize = parts.iter().map(|part| part.len()).sum();
    let mut out = vec![tag];
    match u8::try_from(length) {
        Ok(short) if short < 0x80 => out.push(short),
        _ => {
            // Four bytes where fewer would do are BER; nobody's signature covers them.
            let bytes = u32::try_from(length).unwrap_or(u32::MAX).to_be_bytes();
            let zeros = bytes.iter().take_while(|byte| **byte == 0).count();
            out.push(0x84 - u8::try_from(zeros).unwrap_or(0));
            out.extend_from_slice(&bytes[zeros..]);
        }
    }
    parts.iter().for_each(|part| out.extend_from_slice(part));
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::trust::Credential;
    use crate::trust::DocumentSigner;

    #[test]
    fn a_graph_has_a_certificate_for_each_name_and_key_and_a_leaf_that_signs() {
        let organ = OrganId::government_office();
        let graph = Graph { names: 2, keys: 3 };
        let usage = CertificateUse::Seal;
        let (chain, key) = certificate_below(graph, organ, usage).unwrap();
        assert_eq!(chain.matches("BEGIN CERTIFICATE").count(), 1 + 2 * 3);
        let signer = DocumentSigner::seal_only(Credential::from_pem(&chain, &key).unwrap());
        let at = "2019-06-03T02:00:00Z".parse().unwrap();
        assert!(!signer.sign(b"header", at).unwrap().is_empty());
    }

    #[test]
    fn a_padded_signature_is_the_same_but_for_an_attribute_nobody_signed() {
        let organ = OrganId::government_office();
        let graph = Graph { names: 1, keys: 1 };
        let usage = CertificateUse::Seal;
        let (chain, key) = certificate_below(graph, organ, usage).unwrap();
        let signer = DocumentSigner::seal_only(Credential::from_pem(&chain, &key).unwrap());
        let at = "2019-06-03T02:00:00Z".parse().unwrap();
        let cms = signer.sign(b"header", at).unwrap();
        let padded = padded(&cms, 100_000).unwrap();
        assert!(padded.len() > cms.len() + 100_000);
        let (_, content, rest) = element(&padded).unwrap();
        assert!(
            rest.is_empty(),
            "one element, {} bytes inside",
            content.len()
        );
        let (_, original, _) = element(&cms).unwrap();
        assert_eq!(split(content).unwrap().0, split(original).unwrap().0);
    }
}

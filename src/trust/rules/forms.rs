//! Forms of certificates: all that the rules look at where no authority constrains names. Certificates of one
//! form below the same authorities differ in name, number, key, validity and signature alone, so that the
//! rules are asked once for all of them, not once for each.
//!
//! What is not plainly so has no form, and is asked about each time.

use std::collections::HashSet;
use std::sync::Mutex;
use std::sync::PoisonError;

use super::Broken;
use super::PolicyInputs;
use super::check;
use crate::trust::certificate::SignedCertificate;
use crate::trust::der::BIT_STRING;
use crate::trust::der::OCTET_STRING;
use crate::trust::der::Reader;
use crate::trust::der::SEQUENCE;
use crate::trust::names;
use crate::trust::sha256;

/// Forms that are remembered. An authority issues some three: for persons, seals and connections.
const FORMS_MAX: usize = 256;

/// Bytes of the longest serial number (RFC 5280, 4.1.2.2).
const SERIAL_MAX: usize = 20;

/// Content of the identifiers of extensions whose values are a certificate's own: its names (RFC 5280,
/// 4.2.1.6), and the name of its key (4.2.1.2).
const ALTERNATIVE_NAMES: &[u8] = &[0x55, 0x1d, 0x11];
const KEY_IDENTIFIER: &[u8] = &[0x55, 0x1d, 0x0e];

/// Content of the identifier of constraints on names (4.2.1.10).
const NAME_CONSTRAINTS: &[u8] = &[0x55, 0x1d, 0x1e];

/// The forms that keep the rules, by their digests, authorities included.
#[derive(Debug, Default)]
pub(in crate::trust) struct Forms(Mutex<HashSet<[u8; 32]>>);

impl Forms {
    /// Checks one chain, DER, signer first, anchor last, whose signatures were verified and whose signer has a key
    /// that can be read. Nothing is asked of policies.
    ///
    /// # Errors
    /// The first rule that is broken.
    pub(in crate::trust) fn check(&self, chain: &[&[u8]]) -> Result<(), Broken> {
        let forms = || self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let form = form(chain);
        if form.is_some_and(|form| forms().contains(&form)) {
            return Ok(());
        }
        check(chain, &PolicyInputs::default())?;
        if let Some(form) = form {
            let mut forms = forms();
            if forms.len() >= FORMS_MAX {
                forms.clear();
            }
            forms.insert(form);
        }
        Ok(())
    }
}

/// The digest of a signer's form and the certificates above it.
fn form(chain: &[&[u8]]) -> Option<[u8; 32]> {
    let (signer, authorities) = chain.split_first()?;
    let mut all = Vec::new();
    let mut add = |part: &[u8]| {
        all.extend_from_slice(&part.len().to_be_bytes());
        all.extend_from_slice(part);
    };
    for der in authorities {
        let extensions = SignedCertificate::parse(der)?.extensions()?;
        if extensions
            .iter()
            .any(|(kind, ..)| *kind == NAME_CONSTRAINTS)
        {
            return None;
        }
        add(der);
    }
    let signer = SignedCertificate::parse(signer)?;
    let is_plain = is_plain_number(signer.serial)
        && names::is_plain(signer.subject)
        // A signer of its issuer's name may be taken for one that signed itself.
        && names::canonical(signer.subject) != names::canonical(signer.issuer)
        && !signer.has_unique_identifiers();
    is_plain.then_some(())?;
    let mut key = Reader(signer.key).only(SEQUENCE)?;
    add(key.expect(SEQUENCE)?.content);
    matches!(key.only(BIT_STRING)?.0, [0, _, ..]).then_some(())?;
    for part in [signer.version, signer.algorithm, signer.issuer] {
        add(part);
    }
    for (kind, is_critical, value) in signer.extensions()? {
        add(kind);
        add(&[u8::from(is_critical)]);
        match kind {
            ALTERNATIVE_NAMES => are_plain_names(value).then_some(())?,
            KEY_IDENTIFIER => drop(Reader(value).only(OCTET_STRING)?),
            _ => add(value),
        }
    }
    Some(*sha256(&all).as_bytes())
}

/// Whether a serial number is positive, and written as short as it can be.
fn is_plain_number(number: &[u8]) -> bool {
    let is_short = match number {
        [0, next, ..] => *next >= 0x80,
        [first, ..] => (1..0x80).contains(first),
        [] => false,
    };
    is_short && number.len() <= SERIAL_MAX
}

/// Whether alternative names are addresses of mail, hosts or URIs, of letters that everybody reads alike.
fn are_plain_names(value: &[u8]) -> bool {
    const MAIL: u8 = 0x81;
    const HOST: u8 = 0x82;
    const URI: u8 = 0x86;
    let Some(mut names) = Reader(value).only(SEQUENCE) else {
        return false;
    };
    let mut count = 0;
    while let Some(name) = names.any() {
        let is_plain = matches!(name.tag, MAIL | HOST | URI)
            && name.content.iter().all(u8::is_ascii_graphic)
            && !name.content.is_empty();
        if !is_plain {
            return false;
        }
        count += 1;
    }
    names.is_empty() && count > 0
}

#[cfg(test)]
mod tests;

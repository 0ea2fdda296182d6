//! What may complete paths: certificates and lists that came with signatures and with their time stamps.
//! Nobody believes them for that.

use std::collections::HashSet;

use super::Stamped;
use crate::trust::cms::CERTIFICATE_MAX;
use crate::trust::cms::oid;
use crate::trust::der::CONTEXT_0;
use crate::trust::der::Reader;
use crate::trust::der::SEQUENCE;
use crate::trust::path::CERTIFICATES_MAX;
use crate::trust::path::LISTS_MAX;

/// Certificates and lists that came with signatures and with their time stamps, each once; one more than are
/// followed, so that it is told that there are more.
#[derive(Default)]
pub(in crate::trust) struct Evidence<'a> {
    pub(in crate::trust) certificates: Vec<&'a [u8]>,
    pub(in crate::trust) lists: Vec<&'a [u8]>,
    known: HashSet<&'a [u8]>,
}

impl<'a> Evidence<'a> {
    /// Adds what came apart from the signature.
    pub(in crate::trust) fn add(&mut self, certificates: &'a [Vec<u8>], lists: &'a [Vec<u8>]) {
        for der in certificates {
            self.certificate(der);
        }
        for der in lists {
            self.list(der);
        }
    }

    fn certificate(&mut self, der: &'a [u8]) {
        let is_read = self.certificates.len() <= CERTIFICATES_MAX && der.len() <= CERTIFICATE_MAX;
        if is_read && self.known.insert(der) {
            self.certificates.push(der);
        }
    }

    fn list(&mut self, der: &'a [u8]) {
        if self.lists.len() <= LISTS_MAX && self.known.insert(der) {
            self.lists.push(der);
        }
    }

    /// Takes what a signature and its time stamps carry.
    pub(in crate::trust) fn take(&mut self, stamped: &Stamped<'a>) {
        for der in &stamped.data.certificates {
            self.certificate(der);
        }
        for der in &stamped.data.revocation_lists {
            self.list(der);
        }
        for info in stamped.data.signers.iter().flatten() {
            let revocation = info.attributes.as_ref().and_then(|all| all.revocation);
            for list in revocation.into_iter().flat_map(revocation_values) {
                self.list(list);
            }
            for (kind, value) in &info.unsigned {
                match *kind {
                    oid::CERTIFICATE_VALUES => {
                        let inside = Reader(value).only(SEQUENCE);
                        for der in inside.into_iter().flat_map(sequences) {
                            self.certificate(der);
                        }
                    }
                    oid::REVOCATION_VALUES => {
                        for der in revocation_values(value) {
                            self.list(der);
                        }
                    }
                    _ => {}
                }
            }
        }
        let inside = stamped.stamps.iter().flatten();
        for (_, inside) in inside.flat_map(|token| &token.read) {
            self.take(inside);
        }
    }
}

/// The sequences that stand one after another.
fn sequences(mut inside: Reader<'_>) -> impl Iterator<Item = &[u8]> {
    std::iter::from_fn(move || inside.expect(SEQUENCE).map(|one| one.whole))
}

/// The lists in revocation-values, or in what Adobe's programs have for it.
fn revocation_values(value: &[u8]) -> impl Iterator<Item = &[u8]> {
    let inside = Reader(value).only(SEQUENCE);
    let lists = inside.and_then(|mut inside| inside.enter(CONTEXT_0)?.only(SEQUENCE));
    lists.into_iter().flat_map(sequences)
}

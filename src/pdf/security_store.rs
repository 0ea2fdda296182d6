//! What a document has been given to validate its signatures later: the document security store
//! (ISO 32000-2, 12.8.4.3). Nobody signed it; it is used as if it had come along.

use super::filter;
use super::revision::Revision;
use super::value::Dict;
use super::value::Value;

/// Certificates, and lists, that are taken.
const EACH_MAX: usize = 256;

/// Bytes of them all.
const BYTES_MAX: usize = 16 << 20;

/// Certificates and lists, in DER.
#[derive(Debug, Default)]
pub(super) struct ValidationData {
    pub(super) certificates: Vec<Vec<u8>>,
    pub(super) lists: Vec<Vec<u8>>,
}

impl ValidationData {
    /// Reads them; what cannot be read is not there.
    pub(super) fn of(revision: &Revision<'_>, catalog: &Dict) -> Self {
        let store = revision.get(catalog, b"DSS").unwrap_or(Value::Null);
        let Some(store) = store.as_dict() else {
            return Self::default();
        };
        let mut left = BYTES_MAX;
        let mut streams = |key: &[u8]| -> Vec<Vec<u8>> {
            let list = revision.get(store, key).unwrap_or(Value::Null);
            let list = list.as_array().unwrap_or_default().iter();
            let mut found = Vec::new();
            for value in list.take(EACH_MAX) {
                let Ok(Value::Stream(dict, range)) = revision.resolve(value) else {
                    continue;
                };
                let Some(bytes) = filter::decoded(&dict, &revision.bytes[range]) else {
                    continue;
                };
                let Some(less) = left.checked_sub(bytes.len()) else {
                    break;
                };
                left = less;
                found.push(bytes);
            }
            found
        };
        Self {
            certificates: streams(b"Certs"),
            lists: streams(b"CRLs"),
        }
    }
}

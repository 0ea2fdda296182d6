//! The few fields of a serialised document that a run compares by, read without decoding the rest:
//! at thousands a second the generator must not cost what the hub costs.

use crate::model::OrganId;

/// The place of a document of this run, from its identity: `ORGAN,yyyy/MM/dd,PLACE+1/MARK`.
pub(super) fn place_of(header: &[u8], mark: &str) -> Option<usize> {
    let identity = fields(header).find(|(number, _)| *number == 1)?.1;
    let identity = std::str::from_utf8(identity).ok()?;
    let (number, notation) = identity.rsplit(',').next()?.split_once('/')?;
    (notation == mark).then_some(number.parse::<usize>().ok()?.checked_sub(1)?)
}

/// The recipients a serialised `SignedDocument` names.
pub(super) fn addressees(document: &[u8]) -> impl Iterator<Item = OrganId> {
    let header = fields(document).find(|(number, _)| *number == 1);
    let header = header.map_or(&[][..], |(_, header)| header);
    fields(header)
        .filter(|(number, _)| *number == 3)
        .filter_map(|(_, organ)| std::str::from_utf8(organ).ok()?.parse().ok())
}

/// Length-delimited fields at the top of a message, up to the first of another kind that cannot be
/// passed over.
fn fields(message: &[u8]) -> impl Iterator<Item = (u32, &[u8])> {
    let mut rest = message;
    std::iter::from_fn(move || {
        loop {
            let key = varint(&mut rest)?;
            let number = u32::try_from(key >> 3).ok()?;
            match key & 7 {
                0 => {
                    varint(&mut rest)?;
                }
                2 => {
                    let length = usize::try_from(varint(&mut rest)?).ok()?;
                    let (field, after) = rest.split_at_checked(length)?;
                    rest = after;
                    return Some((number, field));
                }
                _ => return None,
            }
        }
    })
}

fn varint(rest: &mut &[u8]) -> Option<u64> {
    let mut value = 0_u64;
    for shift in (0..64).step_by(7) {
        let (byte, after) = rest.split_first()?;
        *rest = after;
        value |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Some(value);
        }
    }
    None
}

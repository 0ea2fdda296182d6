//! Lists that no honest program writes, and integers.

use super::List;
use super::integer;
use crate::trust::Authority;
use jiff::SignedDuration;
use jiff::Timestamp;

#[test]
fn serial_numbers_are_compared_with_their_sign() {
    for (one, other, is_same) in [
        (&[0x00, 0xff][..], &[0xff][..], false),
        (&[0x00, 0x00, 0x05], &[0x05], true),
        (&[0xff, 0xff, 0x80], &[0x80], true),
        (&[0x00, 0x80], &[0x80], false),
        (&[0x00], &[], false),
    ] {
        assert_eq!(integer(one) == integer(other), is_same, "{one:?} {other:?}");
    }
}

fn read(bytes: &[u8]) -> Option<List<'_>> {
    List::read("list".to_owned(), bytes.into())
}

#[test]
fn whatever_the_bytes_reading_a_list_ends() {
    let now: Timestamp = "2026-06-01T00:00:00Z".parse().unwrap();
    let day = SignedDuration::from_hours(24);
    let authority = Authority::create(now - day).unwrap();
    let list = authority
        .revocation_lists(&[], now, now + day)
        .unwrap()
        .root;
    let good = read(&list).unwrap();
    assert_eq!((good.this_update, good.next_update), (now, Some(now + day)));
    assert_eq!(good.unusable(), None);
    for at in 0..list.len() {
        assert!(read(&list[..at]).is_none());
        let mut changed = list.clone();
        changed[at] ^= 0x21;
        let _ = read(&changed).map(|list| list.unusable());
    }
}

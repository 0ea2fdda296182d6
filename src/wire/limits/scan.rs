//! Walks a message on the wire without decoding it: counts elements, measures texts and bytes. No
//! allocation, no look-up by name; a document of 10 kB takes some ten steps.

use super::table::Field;
use super::table::Kind;
use super::table::Message;
use super::table::SLOTS;
use super::table::Table;
use super::values::UNKNOWN_MAX;
use crate::model::Refusal;

/// Messages within messages. No type of ours contains itself, which a test checks; should one ever, its
/// depth ends here.
const DEPTH_MAX: u32 = 16;

/// Where a message breaks which limit.
#[derive(Debug)]
pub(super) struct Found {
    /// Path of the field, as in the `.proto`; empty for the message itself.
    pub(super) path: String,
    pub(super) broken: Broken,
}

/// How a message breaks a limit.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Broken {
    /// A list has at least `found` elements.
    TooMany { found: u64, most: u64 },
    /// A message that may stand once stands more than once; protobuf would merge the two.
    Repeated,
    /// A text or bytes are longer.
    TooLong { found: u64, most: u64 },
    /// Fields that are not in the contract take more than a later version of it may need.
    Unknown { found: u64, most: u64 },
    /// Groups are protobuf of before 2008; they nest without limit.
    Group,
    /// Not protobuf, or not of this type.
    Malformed(&'static str),
}

impl Found {
    fn at(broken: Broken) -> Box<Self> {
        let path = String::new();
        Box::new(Self { path, broken })
    }

    /// The same, seen from the message around it.
    #[cold]
    fn within(mut self: Box<Self>, field: &Field, place: u32) -> Box<Self> {
        let mut path = field.name.clone();
        if field.is_list {
            path = format!("{path}[{place}]");
        }
        if !self.path.is_empty() {
            path.push('.');
            path.push_str(&self.path);
        }
        self.path = path;
        self
    }

    /// What is wrong, without the path.
    pub(super) fn problem(&self) -> String {
        match self.broken {
            Broken::TooMany { found, most } => {
                format!("has at least {found} elements, at most {most} are taken")
            }
            Broken::Repeated => "stands there more than once".to_owned(),
            Broken::TooLong { found, most } => {
                format!("has {found} bytes, at most {most} are taken")
            }
            Broken::Unknown { found, most } => {
                format!("has {found} bytes in unknown fields, at most {most} are taken")
            }
            Broken::Group => "has a group".to_owned(),
            Broken::Malformed(problem) => problem.to_owned(),
        }
    }

    /// The refusal of a whole message.
    pub(super) fn refusal(&self) -> Refusal {
        let path = match self.path.as_str() {
            "" => "message".to_owned(),
            path => path.to_owned(),
        };
        match self.broken {
            Broken::TooMany { .. } | Broken::Repeated => Refusal::field(path, self.problem()),
            Broken::TooLong { found, most } => Refusal::TooLarge {
                what: path,
                found,
                limit: most,
            },
            Broken::Unknown { found, most } => Refusal::TooLarge {
                what: format!("unknown fields of {path}"),
                found,
                limit: most,
            },
            Broken::Group | Broken::Malformed(_) => {
                Refusal::field(path, format!("cannot be decoded: {}", self.problem()))
            }
        }
    }
}

/// Whether `bytes`, a message of this type, stay within its limits.
pub(super) fn scan(table: &Table, message: &Message, bytes: &[u8]) -> Result<(), Box<Found>> {
    let mut walk = Walk { table, unknown: 0 };
    walk.message(message, bytes, 0)
}

struct Walk<'a> {
    table: &'a Table,
    /// Bytes in fields that are not in the contract, of the whole message.
    unknown: usize,
}

impl Walk<'_> {
    fn message(&mut self, message: &Message, bytes: &[u8], depth: u32) -> Result<(), Box<Found>> {
        if depth >= DEPTH_MAX {
            return Err(Found::at(Broken::Malformed("is nested too deeply")));
        }
        let mut counts = [0u32; SLOTS];
        let mut rest = bytes;
        while !rest.is_empty() {
            let before = rest.len();
            let key = varint(&mut rest)?;
            let Ok(key) = u32::try_from(key) else {
                return Err(Found::at(Broken::Malformed("has an invalid field number")));
            };
            let (number, wire_type) = (key >> 3, key & 7);
            if number == 0 {
                return Err(Found::at(Broken::Malformed("has a field number 0")));
            }
            let value = value(wire_type, &mut rest)?;
            let Some(field) = message.field(number) else {
                self.unknown += before - rest.len();
                if self.unknown > UNKNOWN_MAX {
                    return Err(Found::at(Broken::Unknown {
                        found: self.unknown as u64,
                        most: UNKNOWN_MAX as u64,
                    }));
                }
                continue;
            };
            let elements = elements(field, wire_type, value)
                .map_err(|problem| Found::at(Broken::Malformed(problem)).within(field, 0))?;
            let place = match field.slot {
                Some(slot) => {
                    let Some(count) = counts.get_mut(usize::from(slot)) else {
                        return Err(too_many(field, 1));
                    };
                    let place = *count;
                    *count = count.saturating_add(elements);
                    if *count > field.most {
                        return Err(too_many(field, *count));
                    }
                    place
                }
                None => 0,
            };
            match field.kind {
                Kind::Length {
                    most,
                    scanned: true,
                } if value.len() > most as usize => {
                    let broken = Broken::TooLong {
                        found: value.len() as u64,
                        most: u64::from(most),
                    };
                    return Err(Found::at(broken).within(field, place));
                }
                Kind::Message(index) => {
                    let inner = self.table.message(index);
                    self.message(inner, value, depth + 1)
                        .map_err(|found| found.within(field, place))?;
                }
                _ => {}
            }
        }
        Ok(())
    }
}

#[cold]
fn too_many(field: &Field, found: u32) -> Box<Found> {
    let broken = if field.is_list {
        Broken::TooMany {
            found: u64::from(found),
            most: u64::from(field.most),
        }
    } else {
        Broken::Repeated
    };
    Box::new(Found {
        path: field.name.clone(),
        broken,
    })
}

/// Elements that one occurrence of a field adds.
fn elements(field: &Field, wire_type: u32, value: &[u8]) -> Result<u32, &'static str> {
    if wire_type == field.kind.wire_type() {
        return Ok(1);
    }
    // Numbers of a list may come one by one, or packed in one field, or both.
    if wire_type != LENGTH || !field.is_list {
        return Err("is not of its type");
    }
    let whole = match field.kind {
        Kind::Varint => {
            // A number has ten bytes at most: what must be too many is not counted.
            let least = value.len() / LONGEST;
            if least > field.most as usize {
                return Ok(u32::try_from(least).unwrap_or(u32::MAX));
            }
            if value.last().is_some_and(|last| last & 0x80 != 0) {
                return Err("ends within a number");
            }
            value.iter().filter(|byte| **byte < 0x80).count()
        }
        Kind::Fixed32 => fixed(value, 4)?,
        Kind::Fixed64 => fixed(value, 8)?,
        Kind::Length { .. } | Kind::Message(_) => return Err("is not of its type"),
    };
    Ok(u32::try_from(whole).unwrap_or(u32::MAX))
}

fn fixed(value: &[u8], width: usize) -> Result<usize, &'static str> {
    if !value.len().is_multiple_of(width) {
        return Err("ends within a number");
    }
    Ok(value.len() / width)
}

/// Wire types of protobuf.
pub(super) const VARINT: u32 = 0;
pub(super) const FIXED_64: u32 = 1;
pub(super) const LENGTH: u32 = 2;
pub(super) const FIXED_32: u32 = 5;

/// Takes the value of a field; of a length-delimited one without its length.
fn value<'a>(wire_type: u32, rest: &mut &'a [u8]) -> Result<&'a [u8], Box<Found>> {
    let length = match wire_type {
        VARINT => {
            let all = *rest;
            varint(rest)?;
            return Ok(&all[..all.len() - rest.len()]);
        }
        FIXED_64 => 8,
        FIXED_32 => 4,
        LENGTH => varint(rest)?,
        3 | 4 => return Err(Found::at(Broken::Group)),
        _ => return Err(Found::at(Broken::Malformed("has an invalid wire type"))),
    };
    let length = usize::try_from(length).unwrap_or(usize::MAX);
    let Some((value, after)) = rest.split_at_checked(length) else {
        return Err(Found::at(Broken::Malformed("ends within a field")));
    };
    *rest = after;
    Ok(value)
}

/// Bytes of the longest number.
const LONGEST: usize = 10;

/// Takes a number of at most ten bytes.
#[inline]
fn varint(rest: &mut &[u8]) -> Result<u64, Box<Found>> {
    if let [byte, after @ ..] = *rest
        && *byte < 0x80
    {
        *rest = after;
        return Ok(u64::from(*byte));
    }
    long_varint(rest)
}

fn long_varint(rest: &mut &[u8]) -> Result<u64, Box<Found>> {
    let mut number = 0u64;
    for (place, byte) in rest.iter().take(LONGEST).enumerate() {
        // The tenth byte has one bit of room.
        if place == 9 && *byte > 1 {
            break;
        }
        number |= u64::from(byte & 0x7f) << (7 * place);
        if *byte < 0x80 {
            *rest = &rest[place + 1..];
            return Ok(number);
        }
    }
    Err(Found::at(Broken::Malformed("ends within a number")))
}

//! One revision of a file: its objects as they stood when it was written, read when they are asked for.

use std::cell::Cell;
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use super::filter;
use super::parse::Parser;
use super::value::Dict;
use super::value::Value;
use super::xref::NoTables;
use super::xref::Place;
use super::xref::Tables;
use super::xref::stream_range;

/// References to references.
const HOPS_MAX: usize = 16;

/// Bytes of expanded streams of objects that are kept.
const KEPT_MAX: usize = 24 << 20;

/// Bytes that are read or expanded to look at one file, all its revisions together.
const WORK_MAX: usize = 1 << 30;

/// Why something of a revision cannot be told.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Trouble {
    /// This object cannot be read.
    Object(u32),
    /// More work than is done for one file.
    Work,
    /// A stream of objects is compressed in a way that is not read, or into more than is read.
    Filter,
}

impl Trouble {
    /// What it is that a parser could not read.
    fn of(self, parser: &Parser<'_>) -> Self {
        if parser.is_spent() { Self::Work } else { self }
    }
}

/// What may still be spent on one file.
#[derive(Debug)]
pub(super) struct Budget(Cell<usize>);

impl Budget {
    pub(super) fn new() -> Self {
        Self(Cell::new(WORK_MAX))
    }

    pub(super) fn spend(&self, amount: usize) -> Result<(), Trouble> {
        let left = self.0.get().checked_sub(amount).ok_or(Trouble::Work)?;
        self.0.set(left);
        Ok(())
    }
}

/// An expanded stream of objects: where each begins, by its place in the stream.
struct Packed {
    data: Vec<u8>,
    begins: Vec<(u32, usize)>,
}

/// A revision: the bytes of the file up to its end, and the tables they have.
pub(super) struct Revision<'a> {
    pub(super) bytes: &'a [u8],
    pub(super) tables: Tables,
    budget: &'a Budget,
    packed: RefCell<BTreeMap<u32, Rc<Packed>>>,
    kept: Cell<usize>,
}

impl<'a> Revision<'a> {
    /// The newest revision in these bytes. `header` is where the file's begins.
    pub(super) fn read(
        bytes: &'a [u8],
        header: usize,
        budget: &'a Budget,
    ) -> Result<Self, NoTables> {
        let of = |tables| Self {
            bytes,
            tables,
            budget,
            packed: RefCell::default(),
            kept: Cell::new(0),
        };
        match Tables::read(bytes, header).map(of) {
            Ok(found) if found.tables.is_encrypted => Ok(found),
            Ok(found) if matches!(found.root(), Err(Trouble::Work)) => Err(NoTables::TooMany),
            Ok(found) if found.catalog().is_some() => Ok(found),
            Err(NoTables::TooMany) => Err(NoTables::TooMany),
            Ok(_) | Err(NoTables::Broken) => Tables::rebuilt(bytes).map(of),
        }
    }

    /// The document catalogue.
    pub(super) fn catalog(&self) -> Option<Dict> {
        self.root().ok()?.as_dict().cloned()
    }

    /// What should be the document catalogue.
    pub(super) fn root(&self) -> Result<Value, Trouble> {
        self.get(&self.tables.trailer, b"Root")
    }

    /// Where an object stands.
    pub(super) fn place(&self, number: u32) -> Place {
        let entries = &self.tables.entries;
        let found = entries.binary_search_by_key(&number, |entry| entry.number);
        found.map_or(Place::Free, |at| entries[at].place)
    }

    /// An object; one that is not there is null (ISO 32000-2, 7.3.10).
    pub(super) fn object(&self, number: u32) -> Result<Value, Trouble> {
        match self.place(number) {
            Place::Free => Ok(Value::Null),
            Place::At(at) => self.plain(number, at),
            Place::In(stream, index) => self.inside(number, stream, index),
        }
    }

    /// A value, and what it refers to.
    pub(super) fn resolve(&self, value: &Value) -> Result<Value, Trouble> {
        let mut value = value.clone();
        for _ in 0..HOPS_MAX {
            match value {
                Value::Reference(number) => value = self.object(number)?,
                found => return Ok(found),
            }
        }
        Ok(Value::Null)
    }

    /// The value of a key, and what it refers to.
    pub(super) fn get(&self, dict: &Dict, key: &[u8]) -> Result<Value, Trouble> {
        dict.get(key)
            .map_or(Ok(Value::Null), |value| self.resolve(value))
    }

    fn plain(&self, number: u32, at: u32) -> Result<Value, Trouble> {
        let trouble = Trouble::Object(number);
        let shift = self.tables.shift;
        let at = usize::try_from(at).map_err(|_error| trouble)? + shift;
        let mut parser = Parser::new(self.bytes, at);
        if parser.object_header() != Some(number) {
            return Err(trouble);
        }
        let value = parser.value();
        self.budget.spend(parser.at - at + 16)?;
        let dict = match value.ok_or_else(|| trouble.of(&parser))? {
            Value::Dict(dict) => dict,
            other => return Ok(other),
        };
        // Where the length is another object, the word at the end tells it if that cannot be read.
        let length = match dict.get(b"Length") {
            Some(Value::Reference(length)) => self.whole(*length),
            other => other.and_then(Value::as_integer),
        };
        let before = parser.at;
        match stream_range(&mut parser, length) {
            None => Ok(Value::Dict(dict)),
            Some(range) => {
                self.budget.spend(range.end - before)?;
                Ok(Value::Stream(dict, range))
            }
        }
    }

    /// An object that is a plain number.
    fn whole(&self, number: u32) -> Option<i64> {
        let Place::At(at) = self.place(number) else {
            return None;
        };
        let at = usize::try_from(at).ok()?.checked_add(self.tables.shift)?;
        let mut parser = Parser::new(self.bytes, at);
        (parser.object_header()? == number).then_some(())?;
        i64::try_from(parser.whole()?).ok()
    }

    /// An object in a stream of objects. Some programs go by its place there, some by its number: where they
    /// would find different ones it is not read.
    fn inside(&self, number: u32, stream: u32, index: u32) -> Result<Value, Trouble> {
        let packed = self.packed(stream)?;
        let all = (0..).zip(&packed.begins);
        let mut found = all.filter(|(_, (inside, _))| *inside == number);
        let at = match (found.next(), found.next()) {
            (Some((place, (_, at))), None) if place == index => at,
            _ => return Err(Trouble::Object(number)),
        };
        let mut parser = Parser::new(&packed.data, *at);
        let value = parser.value();
        self.budget.spend(parser.at - at + packed.begins.len())?;
        value.ok_or_else(|| Trouble::Object(number).of(&parser))
    }

    fn packed(&self, stream: u32) -> Result<Rc<Packed>, Trouble> {
        if let Some(packed) = self.packed.borrow().get(&stream) {
            return Ok(Rc::clone(packed));
        }
        let trouble = Trouble::Object(stream);
        let Place::At(at) = self.place(stream) else {
            return Err(trouble);
        };
        let Value::Stream(dict, range) = self.plain(stream, at)? else {
            return Err(trouble);
        };
        let data = filter::decoded(&dict, &self.bytes[range]).ok_or(Trouble::Filter)?;
        self.budget.spend(data.len())?;
        let count = dict
            .integer(b"N")
            .and_then(|count| usize::try_from(count).ok());
        let first = dict
            .integer(b"First")
            .and_then(|at| usize::try_from(at).ok());
        let (count, first) = count.zip(first).ok_or(trouble)?;
        let mut parser = Parser::new(&data, 0);
        let mut begins = Vec::new();
        for _ in 0..count {
            let (number, offset) = parser.whole().zip(parser.whole()).ok_or(trouble)?;
            let number = u32::try_from(number).map_err(|_error| trouble)?;
            let offset = usize::try_from(offset).ok();
            let at = offset.and_then(|offset| first.checked_add(offset));
            begins.push((number, at.ok_or(trouble)?));
        }
        let packed = Rc::new(Packed { data, begins });
        let size = packed.data.len() + packed.begins.len() * size_of::<(u32, usize)>();
        let mut kept = self.packed.borrow_mut();
        if self.kept.get() + size > KEPT_MAX {
            kept.clear();
            self.kept.set(0);
        }
        self.kept.set(self.kept.get() + size);
        kept.insert(stream, Rc::clone(&packed));
        Ok(packed)
    }
}

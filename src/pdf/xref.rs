//! Where the objects of a revision stand (ISO 32000-2, 7.5.4 to 7.5.8): the tables that its last
//! `startxref` leads to; without them, whatever the file has that looks like an object.

use std::collections::BTreeSet;

use super::filter;
use super::parse::Parser;
use super::parse::is_space;
use super::value::Dict;
use super::value::Value;

/// Objects of one revision; a book of a thousand pages has some ten thousand.
const OBJECTS_MAX: usize = 2_000_000;

/// Tables of one revision and of those before it.
const SECTIONS_MAX: usize = 4_096;

/// Bytes from the end of a file within which `startxref` must stand.
const START_WITHIN: usize = 2_048;

/// Bytes that are read or expanded to find out where the objects of one revision are.
const WORK_MAX: usize = 256 << 20;

/// Where an object stands.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Place {
    /// Nowhere: it is free.
    Free,
    /// At this byte.
    At(u32),
    /// In a stream of objects: that object's number, and its place in the stream.
    In(u32, u32),
}

/// One object of a table.
#[derive(Clone, Copy, Debug)]
pub(super) struct Entry {
    pub(super) number: u32,
    pub(super) place: Place,
}

/// The tables of a revision, put together.
#[derive(Debug, Default)]
pub(super) struct Tables {
    /// By number, each once.
    pub(super) entries: Vec<Entry>,
    /// The newest trailer.
    pub(super) trailer: Dict,
    /// Whether any of them says that the file is encrypted.
    pub(super) is_encrypted: bool,
    /// What is to be added to every place: bytes before the header.
    pub(super) shift: usize,
    /// Whether it was made of what looks like an object.
    pub(super) is_rebuilt: bool,
    /// Whether one of them says two things: programs take one or the other.
    pub(super) is_ambiguous: bool,
    /// Bytes of work that may still be spent on it.
    left: usize,
}

/// Why there are none.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum NoTables {
    Broken,
    TooMany,
}

/// Where the last `startxref` of these bytes stands, and where it leads.
pub(super) fn start(bytes: &[u8]) -> Option<(usize, usize)> {
    let word = b"startxref";
    let from = bytes.len().saturating_sub(START_WITHIN);
    let at = from + bytes[from..].windows(word.len()).rposition(|w| w == word)?;
    let mut parser = Parser::new(bytes, at + word.len());
    let leads = usize::try_from(parser.whole()?).ok()?;
    Some((at, leads))
}

/// Whether entries have two places for one object. Orders them by number.
fn has_two(entries: &mut [Entry]) -> bool {
    entries.sort_by_key(|entry| entry.number);
    let mut pairs = entries.windows(2);
    pairs.any(|pair| pair[0].number == pair[1].number && pair[0].place != pair[1].place)
}

impl Tables {
    /// Reads those of a file, or of the part of it that is one of its revisions.
    pub(super) fn read(bytes: &[u8], header: usize) -> Result<Self, NoTables> {
        let (_, leads) = start(bytes).ok_or(NoTables::Broken)?;
        // Places are counted from the header by some, from the first byte by others.
        let shifts = [0, header];
        let shifts = &shifts[..1 + usize::from(header != 0)];
        let mut problem = NoTables::Broken;
        for shift in shifts {
            match Self::follow(bytes, leads, *shift) {
                Ok(found) => return Ok(found),
                Err(NoTables::TooMany) => problem = NoTables::TooMany,
                Err(NoTables::Broken) => {}
            }
        }
        Err(problem)
    }

    fn follow(bytes: &[u8], leads: usize, shift: usize) -> Result<Self, NoTables> {
        let mut found = Self {
            shift,
            left: WORK_MAX,
            ..Self::default()
        };
        let mut seen = BTreeSet::new();
        // What comes first counts: the newest table, the stream beside it, then what is older.
        let mut next = vec![leads];
        while let Some(at) = next.pop() {
            if !seen.insert(at) {
                continue;
            }
            if seen.len() > SECTIONS_MAX {
                return Err(NoTables::TooMany);
            }
            let at = at.checked_add(shift).ok_or(NoTables::Broken)?;
            let before = found.entries.len();
            let trailer = found.section(bytes, at)?;
            found.is_ambiguous |= trailer.has_twice() || has_two(&mut found.entries[before..]);
            let place = |key: &[u8]| usize::try_from(trailer.integer(key)?).ok();
            next.extend(place(b"Prev"));
            next.extend(place(b"XRefStm"));
            found.is_encrypted |= trailer.get(b"Encrypt").is_some();
            if seen.len() == 1 {
                found.trailer = trailer;
            }
        }
        found.settle();
        Ok(found)
    }

    /// Orders the entries by number; of several for one object the first counts.
    fn settle(&mut self) {
        self.entries.sort_by_key(|entry| entry.number);
        self.entries.dedup_by_key(|entry| entry.number);
    }

    fn spend(&mut self, bytes: usize) -> Result<(), NoTables> {
        self.left = self.left.checked_sub(bytes).ok_or(NoTables::TooMany)?;
        Ok(())
    }

    fn add(&mut self, number: u64, place: Place) -> Result<(), NoTables> {
        if self.entries.len() >= OBJECTS_MAX {
            return Err(NoTables::TooMany);
        }
        let number = u32::try_from(number).map_err(|_error| NoTables::Broken)?;
        self.entries.push(Entry { number, place });
        Ok(())
    }

    fn section(&mut self, bytes: &[u8], at: usize) -> Result<Dict, NoTables> {
        let mut parser = Parser::new(bytes, at);
        if parser.word(b"xref") {
            return self.table(parser);
        }
        let (dict, data) = stream_at(bytes, at).ok_or(NoTables::Broken)?;
        if dict.name(b"Type") != Some(b"XRef") {
            return Err(NoTables::Broken);
        }
        let data = filter::decoded(&dict, data).ok_or(NoTables::Broken)?;
        self.spend(data.len())?;
        self.stream(&dict, &data)?;
        Ok(dict)
    }

    fn table(&mut self, mut parser: Parser<'_>) -> Result<Dict, NoTables> {
        let broken = NoTables::Broken;
        while !parser.word(b"trailer") {
            let first = parser.whole().ok_or(broken)?;
            let count = parser.whole().ok_or(broken)?;
            for number in first..first.checked_add(count).ok_or(broken)? {
                let at = parser.whole().ok_or(broken)?;
                parser.whole().ok_or(broken)?;
                let place = if parser.word(b"n") {
                    u32::try_from(at).map_or(Place::Free, Place::At)
                } else if parser.word(b"f") {
                    Place::Free
                } else {
                    return Err(broken);
                };
                self.add(number, place)?;
            }
        }
        match parser.value() {
            Some(Value::Dict(trailer)) => Ok(trailer),
            _ => Err(broken),
        }
    }

    fn stream(&mut self, dict: &Dict, data: &[u8]) -> Result<(), NoTables> {
        let broken = NoTables::Broken;
        let numbers = |key: &[u8]| -> Option<Vec<usize>> {
            let values = dict.get(key)?.as_array()?.iter();
            values
                .map(|value| usize::try_from(value.as_integer()?).ok())
                .collect()
        };
        let widths = numbers(b"W").ok_or(broken)?;
        let [kind, second, third] = widths[..] else {
            return Err(broken);
        };
        let width = kind + second + third;
        if width == 0 || widths.iter().any(|width| *width > 8) {
            return Err(broken);
        }
        let size = dict
            .integer(b"Size")
            .and_then(|size| usize::try_from(size).ok());
        let ranges = numbers(b"Index").unwrap_or_else(|| vec![0, size.unwrap_or(0)]);
        let mut rows = data.chunks_exact(width);
        for range in ranges.chunks_exact(2) {
            for number in range[0]..range[0].saturating_add(range[1]) {
                // Some have fewer rows than they say.
                let Some(row) = rows.next() else {
                    return Ok(());
                };
                let field = |from: usize, width: usize| {
                    let bytes = row[from..from + width].iter();
                    bytes.fold(0u64, |all, byte| all << 8 | u64::from(*byte))
                };
                let kind_of = if kind == 0 { 1 } else { field(0, kind) };
                let (a, b) = (field(kind, second), field(kind + second, third));
                let place = match (kind_of, u32::try_from(a), u32::try_from(b)) {
                    (1, Ok(at), _) => Place::At(at),
                    (2, Ok(stream), Ok(index)) => Place::In(stream, index),
                    _ => Place::Free,
                };
                self.add(number as u64, place)?;
            }
        }
        Ok(())
    }

    /// Makes tables of what looks like an object, as programs do that are given a damaged file; of several
    /// with one number the last counts.
    pub(super) fn rebuilt(bytes: &[u8]) -> Result<Self, NoTables> {
        let mut found = Self {
            is_rebuilt: true,
            left: WORK_MAX,
            ..Self::default()
        };
        let mut at = 0;
        while let Some(ahead) = bytes[at..].windows(3).position(|w| w == b"obj") {
            let word = at + ahead;
            at = word + 3;
            if let Some(begins_at) = header_before(bytes, word) {
                at = at.max(found.object_that_begins(bytes, begins_at)?);
            }
        }
        let words = bytes.windows(7).enumerate();
        for (at, _) in words.filter(|(_, word)| *word == b"trailer") {
            let mut parser = Parser::new(bytes, at + 7);
            let value = parser.value();
            found.spend(parser.at - at)?;
            if let Some(Value::Dict(dict)) = value
                && dict.get(b"Root").is_some()
            {
                found.is_encrypted |= dict.get(b"Encrypt").is_some();
                found.trailer = dict;
            }
        }
        if found.trailer.get(b"Root").is_none() {
            return Err(NoTables::Broken);
        }
        found.entries.reverse();
        found.settle();
        Ok(found)
    }

    /// Takes up an object that was found by its looks; tells where to look on.
    fn object_that_begins(&mut self, bytes: &[u8], at: usize) -> Result<usize, NoTables> {
        let mut parser = Parser::new(bytes, at);
        let Some(number) = parser.object_header() else {
            return Ok(0);
        };
        let place = u32::try_from(at).map_or(Place::Free, Place::At);
        self.add(u64::from(number), place)?;
        let value = parser.value();
        self.spend(parser.at - at)?;
        let Some(Value::Dict(dict)) = value else {
            return Ok(0);
        };
        let Some(range) = stream_range(&mut parser, dict.integer(b"Length")) else {
            return Ok(0);
        };
        let end = range.end;
        match dict.name(b"Type") {
            Some(b"ObjStm") => self.packed(number, &dict, &bytes[range])?,
            Some(b"XRef") if dict.get(b"Root").is_some() => {
                self.is_encrypted |= dict.get(b"Encrypt").is_some();
                self.trailer = dict;
            }
            _ => {}
        }
        Ok(end)
    }

    /// Adds the objects of a stream of objects.
    fn packed(&mut self, number: u32, dict: &Dict, data: &[u8]) -> Result<(), NoTables> {
        let Some(data) = filter::decoded(dict, data) else {
            return Ok(());
        };
        self.spend(data.len())?;
        let count = dict.integer(b"N").unwrap_or(0);
        let mut parser = Parser::new(&data, 0);
        for index in 0..u32::try_from(count).unwrap_or(0) {
            let (Some(inside), Some(_)) = (parser.whole(), parser.whole()) else {
                break;
            };
            self.add(inside, Place::In(number, index))?;
        }
        Ok(())
    }
}

/// Where `12 0 obj` begins whose last word stands here.
fn header_before(bytes: &[u8], word: usize) -> Option<usize> {
    let floor = word.saturating_sub(64);
    let back = |from: usize, is: fn(u8) -> bool| {
        let mut at = from;
        while at > floor && is(bytes[at - 1]) {
            at -= 1;
        }
        (at < from).then_some(at)
    };
    let is_digit = |byte: u8| byte.is_ascii_digit();
    let generation = back(back(word, is_space).unwrap_or(word), is_digit)?;
    back(back(generation, is_space)?, is_digit)
}

/// The dictionary and the bytes of a stream that stands here.
pub(super) fn stream_at(bytes: &[u8], at: usize) -> Option<(Dict, &[u8])> {
    let mut parser = Parser::new(bytes, at);
    parser.object_header()?;
    let Value::Dict(dict) = parser.value()? else {
        return None;
    };
    let range = stream_range(&mut parser, dict.integer(b"Length"))?;
    Some((dict, bytes.get(range)?))
}

/// Where the bytes of a stream stand whose dictionary was just read: so many as it says, or up to the next
/// `endstream`.
pub(super) fn stream_range(
    parser: &mut Parser<'_>,
    length: Option<i64>,
) -> Option<std::ops::Range<usize>> {
    parser.skip();
    let bytes = parser.bytes;
    let rest = bytes.get(parser.at..)?.strip_prefix(b"stream")?;
    let rest = match rest {
        [b'\r', b'\n', rest @ ..] | [b'\n' | b'\r', rest @ ..] => rest,
        rest => rest,
    };
    let from = bytes.len() - rest.len();
    let said = length.and_then(|length| from.checked_add(usize::try_from(length).ok()?));
    let ends = |at: usize| Parser::new(bytes, at).word(b"endstream");
    if let Some(to) = said.filter(|to| *to <= bytes.len() && ends(*to)) {
        return Some(from..to);
    }
    let end = rest.windows(9).position(|w| w == b"endstream")?;
    Some(from..from + end)
}

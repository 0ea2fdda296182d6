//! The values that a PDF is made of (ISO 32000-2, 7.3).

use std::ops::Range;

/// A value. Numbers are compared by what they say: `612` and `612.0` are the same.
#[derive(Clone, Debug)]
pub(super) enum Value {
    Null,
    Bool(bool),
    Number(f64),
    Name(Vec<u8>),
    Text(Vec<u8>),
    Array(Vec<Self>),
    Dict(Dict),
    /// A dictionary, and where in its source the bytes of its stream stand.
    Stream(Dict, Range<usize>),
    Reference(u32),
}

/// A dictionary in the order of the file. Of a key that stands twice programs read one or the other, so
/// [`Dict::has_twice`] tells.
#[derive(Clone, Debug, Default)]
pub(super) struct Dict(pub(super) Vec<(Vec<u8>, Value)>);

impl Dict {
    /// The value of a key; a null is none.
    pub(super) fn get(&self, key: &[u8]) -> Option<&Value> {
        let found = self.0.iter().rev().find(|(name, _)| name == key);
        found
            .map(|(_, value)| value)
            .filter(|value| !matches!(value, Value::Null))
    }

    pub(super) fn has_twice(&self) -> bool {
        let mut keys: Vec<&[u8]> = self.0.iter().map(|(key, _)| key.as_slice()).collect();
        keys.sort_unstable();
        keys.windows(2).any(|pair| pair[0] == pair[1])
    }

    /// Whether one of these keys stands twice.
    pub(super) fn has_one_twice(&self, keys: &[&[u8]]) -> bool {
        let count = |key: &[u8]| self.0.iter().filter(|(found, _)| found == key).count();
        keys.iter().any(|key| count(key) > 1)
    }

    pub(super) fn name(&self, key: &[u8]) -> Option<&[u8]> {
        self.get(key)?.as_name()
    }

    pub(super) fn integer(&self, key: &[u8]) -> Option<i64> {
        self.get(key)?.as_integer()
    }
}

impl Value {
    pub(super) fn as_dict(&self) -> Option<&Dict> {
        match self {
            Self::Dict(dict) | Self::Stream(dict, _) => Some(dict),
            _ => None,
        }
    }

    pub(super) fn as_array(&self) -> Option<&[Self]> {
        match self {
            Self::Array(values) => Some(values),
            _ => None,
        }
    }

    pub(super) fn as_name(&self) -> Option<&[u8]> {
        match self {
            Self::Name(name) => Some(name),
            _ => None,
        }
    }

    pub(super) fn as_text(&self) -> Option<&[u8]> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    pub(super) fn as_number(&self) -> Option<f64> {
        match self {
            Self::Number(number) => Some(*number),
            _ => None,
        }
    }

    #[expect(
        clippy::cast_possible_truncation,
        reason = "a whole number below 2^53, as was asked"
    )]
    pub(super) fn as_integer(&self) -> Option<i64> {
        let number = self.as_number()?;
        let is_whole = number.fract() == 0.0 && number.abs() < 9_007_199_254_740_992.0;
        is_whole.then_some(number as i64)
    }

    pub(super) fn as_reference(&self) -> Option<u32> {
        match self {
            Self::Reference(number) => Some(*number),
            _ => None,
        }
    }
}

//! What is kept of a report: the fields that are shown, the first rows of each table, the beginning of each
//! text. The rest is passed over as it is read, so that a large file costs no more memory than its bytes.

use std::fmt;

use serde::Deserializer;
use serde::de::DeserializeSeed;
use serde::de::Error;
use serde::de::IgnoredAny;
use serde::de::MapAccess;
use serde::de::SeqAccess;
use serde::de::Visitor;
use serde_json::Map;
use serde_json::Value;

/// Fields that are shown, at any depth.
const FIELDS: [&str; 14] = [
    "algorithm",
    "backend",
    "bad_share",
    "balanced",
    "docs_per_s",
    "latency_ms",
    "ledger",
    "lost",
    "p99",
    "poisoned",
    "ratio_valid",
    "scenario",
    "step",
    "waterfall",
];

/// Rows of a table.
const ROWS_MAX: usize = 64;

/// Letters of a text, and of a name.
const LETTERS_MAX: usize = 120;

/// Tables within tables: a report has two.
const DEPTH_MAX: usize = 4;

/// What a file says of one run.
#[derive(Clone, Debug)]
pub(in crate::web) struct Report {
    /// The file's name without its ending.
    pub(in crate::web) name: String,
    pub(in crate::web) figures: Value,
    /// Whether a page lies beside it.
    pub(in crate::web) has_page: bool,
}

/// A report, if this is one.
pub(super) fn read(name: &str, bytes: &[u8]) -> Option<Report> {
    let mut json = serde_json::Deserializer::from_slice(bytes);
    let figures = Shown(0).deserialize(&mut json).ok()?;
    json.end().ok()?;
    figures.is_object().then(|| Report {
        name: name.to_owned(),
        figures,
        has_page: false,
    })
}

/// Reads what is shown, at this depth.
#[derive(Clone, Copy)]
struct Shown(usize);

impl<'de> DeserializeSeed<'de> for Shown {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<Value, D::Error> {
        if self.0 < DEPTH_MAX {
            json.deserialize_any(self)
        } else {
            json.deserialize_ignored_any(IgnoredAny)
                .map(|_| Value::Null)
        }
    }
}

impl<'de> Visitor<'de> for Shown {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E: Error>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<Value, E> {
        Ok(value.chars().take(LETTERS_MAX).collect::<String>().into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut rows: A) -> Result<Value, A::Error> {
        let mut kept = Vec::new();
        while kept.len() < ROWS_MAX {
            match rows.next_element_seed(Self(self.0 + 1))? {
                Some(row) => kept.push(row),
                None => return Ok(kept.into()),
            }
        }
        while rows.next_element::<IgnoredAny>()?.is_some() {}
        Ok(kept.into())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<Value, A::Error> {
        let mut kept = Map::new();
        while let Some(name) = fields.next_key::<String>()? {
            if FIELDS.contains(&name.as_str()) {
                let value = fields.next_value_seed(Self(self.0 + 1))?;
                kept.insert(name, value);
            } else {
                fields.next_value::<IgnoredAny>()?;
            }
        }
        Ok(kept.into())
    }
}

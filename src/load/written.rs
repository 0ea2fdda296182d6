//! How single values of a scenario are read, each with its own rule, so that toml names the line.

use std::collections::BTreeMap;
use std::fmt::Display;
use std::str::FromStr;

use serde::Deserialize;
use serde::Deserializer;
use serde::de::Error;

use crate::model::OrganId;

/// A value written as text: a code, a day.
pub(super) fn text<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: FromStr<Err: Display>,
{
    let text = String::deserialize(deserializer)?;
    text.parse()
        .map_err(|error| D::Error::custom(format!("`{text}` cannot be read: {error}")))
}

/// A share, 0 to 1.
pub(super) fn share<'de, D: Deserializer<'de>>(deserializer: D) -> Result<f64, D::Error> {
    let value = f64::deserialize(deserializer)?;
    if (0.0..=1.0).contains(&value) {
        Ok(value)
    } else {
        Err(D::Error::custom(format!(
            "a share lies between 0 and 1, found {value}"
        )))
    }
}

/// A number above 0.
pub(super) fn positive<'de, D: Deserializer<'de>>(deserializer: D) -> Result<f64, D::Error> {
    let value = f64::deserialize(deserializer)?;
    if value.is_finite() && value > 0.0 {
        Ok(value)
    } else {
        Err(D::Error::custom(format!("must be above 0, found {value}")))
    }
}

/// Weights of a list: none negative, not all 0.
pub(super) fn weights<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de> + AsRef<[f64]>,
{
    let weights = T::deserialize(deserializer)?;
    let list = weights.as_ref();
    if list
        .iter()
        .all(|weight| weight.is_finite() && *weight >= 0.0)
        && list.iter().any(|weight| *weight > 0.0)
    {
        Ok(weights)
    } else {
        Err(D::Error::custom(
            "weights must not be negative, and one must be above 0",
        ))
    }
}

/// Weights by agency.
pub(super) fn named<'de, D>(deserializer: D) -> Result<BTreeMap<OrganId, f64>, D::Error>
where
    D: Deserializer<'de>,
{
    let written = BTreeMap::<String, f64>::deserialize(deserializer)?;
    let mut weights = BTreeMap::new();
    for (organ, weight) in written {
        let code = organ
            .parse()
            .map_err(|error| D::Error::custom(format!("`{organ}` is not a code: {error}")))?;
        if !(weight.is_finite() && weight > 0.0) {
            return Err(D::Error::custom(format!(
                "the weight of `{organ}` must be above 0, found {weight}"
            )));
        }
        weights.insert(code, weight);
    }
    Ok(weights)
}

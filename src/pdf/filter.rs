//! Compressed streams, those that tell where objects are and those that objects are in (ISO 32000-2, 7.4.4).

use miniz_oxide::inflate::decompress_to_vec_zlib_with_limit;

use super::value::Dict;
use super::value::Value;

/// Bytes one stream may expand to.
pub(super) const EXPANDED_MAX: usize = 16 << 20;

/// What a stream holds; `None` for a filter that is not read, and for more than [`EXPANDED_MAX`].
pub(super) fn decoded(dict: &Dict, data: &[u8]) -> Option<Vec<u8>> {
    let only = |value: &Value| match value {
        Value::Array(values) if values.len() == 1 => values.first().cloned(),
        Value::Array(_) => None,
        other => Some(other.clone()),
    };
    let Some(filter) = dict.get(b"Filter") else {
        return (data.len() <= EXPANDED_MAX).then(|| data.to_vec());
    };
    if filter.as_array().is_some_and(<[Value]>::is_empty) {
        return (data.len() <= EXPANDED_MAX).then(|| data.to_vec());
    }
    if !matches!(only(filter)?.as_name()?, b"FlateDecode" | b"Fl") {
        return None;
    }
    let plain = match decompress_to_vec_zlib_with_limit(data, EXPANDED_MAX) {
        Ok(plain) => plain,
        // A sum at the end that is wrong or missing is passed over, as programs do.
        Err(error) if error.output.len() < EXPANDED_MAX && !error.output.is_empty() => error.output,
        Err(_) => return None,
    };
    let parameters = dict.get(b"DecodeParms").and_then(only);
    match parameters.as_ref().and_then(Value::as_dict) {
        None => Some(plain),
        Some(parameters) => predicted(parameters, plain),
    }
}

/// Undoes the predictors of PNG, with bytes as samples.
fn predicted(parameters: &Dict, plain: Vec<u8>) -> Option<Vec<u8>> {
    let number = |key: &[u8], usual: i64| parameters.integer(key).unwrap_or(usual);
    if number(b"Predictor", 1) < 2 {
        return Some(plain);
    }
    if number(b"Predictor", 1) < 10
        || number(b"BitsPerComponent", 8) != 8
        || number(b"Colors", 1) != 1
    {
        return None;
    }
    let columns = usize::try_from(number(b"Columns", 1)).ok()?;
    if !(1..=1 << 16).contains(&columns) {
        return None;
    }
    let mut above = vec![0u8; columns];
    let mut out = Vec::with_capacity(plain.len());
    for row in plain.chunks(columns + 1) {
        let (kind, row) = row.split_first()?;
        let mut line = vec![0u8; columns];
        for (at, byte) in row.iter().enumerate() {
            let left = if at == 0 { 0 } else { line[at - 1] };
            let corner = if at == 0 { 0 } else { above[at - 1] };
            line[at] = byte.wrapping_add(guess(*kind, left, above[at], corner)?);
        }
        out.extend_from_slice(&line[..row.len()]);
        above = line;
    }
    Some(out)
}

/// What a byte was foreseen to be (PNG, 9.2).
fn guess(kind: u8, left: u8, above: u8, corner: u8) -> Option<u8> {
    Some(match kind {
        0 => 0,
        1 => left,
        2 => above,
        3 => left.midpoint(above),
        4 => {
            let [a, b, c] = [left, above, corner].map(i32::from);
            let estimate = a + b - c;
            let far = |from: i32| (estimate - from).abs();
            if far(a) <= far(b) && far(a) <= far(c) {
                left
            } else if far(b) <= far(c) {
                above
            } else {
                corner
            }
        }
        _ => return None,
    })
}

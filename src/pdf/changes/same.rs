//! Whether two values say the same, with all they lead to.

use std::collections::HashSet;

use super::Compared;
use crate::pdf::revision::Trouble;
use crate::pdf::value::Dict;
use crate::pdf::value::Value;
use crate::pdf::xref::Place;

/// Pairs of objects, of the older and the newer revision, that say the same.
pub(super) type Proven = HashSet<(u32, u32)>;

impl Compared<'_> {
    /// Whether a value and a later one say the same. Pages, fields and the catalogue are compared where
    /// they stand; elsewhere it is enough that the same ones are meant.
    pub(super) fn same(
        &mut self,
        old: Option<&Value>,
        new: Option<&Value>,
    ) -> Result<bool, Trouble> {
        let null = Value::Null;
        let mut pending = Vec::new();
        let mut fresh = Proven::new();
        let (old, new) = (old.unwrap_or(&null), new.unwrap_or(&null));
        if !self.alike(old, new, &mut pending)? {
            return Ok(false);
        }
        while let Some(pair) = pending.pop() {
            if self.proven.contains(&pair) || !fresh.insert(pair) {
                continue;
            }
            match self.is_landmark(pair) {
                Some(true) => continue,
                Some(false) => return Ok(false),
                None => {}
            }
            if pair.0 == pair.1 && self.is_untouched(pair.0) {
                references(&self.old.object(pair.0)?, &mut pending);
                continue;
            }
            let (old, new) = (self.old.object(pair.0)?, self.new.object(pair.1)?);
            if !self.alike(&old, &new, &mut pending)? {
                return Ok(false);
            }
        }
        self.proven.extend(fresh);
        Ok(true)
    }

    /// Whether both are the same page, field or catalogue; `None` if neither is one.
    fn is_landmark(&self, (old, new): (u32, u32)) -> Option<bool> {
        let [pages, later] = &self.pages;
        match (pages.index(old), later.index(new)) {
            (None, None) => {}
            (old, new) => return Some(old == new),
        }
        let [form, later_form] = &self.forms;
        let is_field = form.members.contains(&old);
        if is_field && old == new && later_form.members.contains(&new) {
            return Some(true);
        }
        if pages.nodes.contains(&old) && later.nodes.contains(&new) {
            return Some(true);
        }
        let root = |of: &Dict| of.get(b"Root").and_then(Value::as_reference);
        let is_root = root(&self.old.tables.trailer) == Some(old);
        (is_root && root(&self.new.tables.trailer) == Some(new)).then_some(true)
    }

    /// Whether an object stands where it stood.
    pub(super) fn is_untouched(&self, number: u32) -> bool {
        match (self.old.place(number), self.new.place(number)) {
            (Place::In(old, at), Place::In(new, now)) => {
                old == new && at == now && self.old.place(old) == self.new.place(old)
            }
            (old, new) => old == new,
        }
    }

    /// Whether two values are alike, but for the objects they refer to, which are added to those pending.
    fn alike(
        &self,
        old: &Value,
        new: &Value,
        pending: &mut Vec<(u32, u32)>,
    ) -> Result<bool, Trouble> {
        Ok(match (old, new) {
            (Value::Reference(old), Value::Reference(new)) => {
                pending.push((*old, *new));
                true
            }
            (Value::Reference(_), new) => {
                let old = self.old.resolve(old)?;
                !matches!(old, Value::Reference(_)) && self.alike(&old, new, pending)?
            }
            (old, Value::Reference(_)) => {
                let new = self.new.resolve(new)?;
                !matches!(new, Value::Reference(_)) && self.alike(old, &new, pending)?
            }
            (Value::Null, Value::Null) => true,
            (Value::Bool(old), Value::Bool(new)) => old == new,
            (Value::Number(old), Value::Number(new)) => old == new,
            (Value::Name(old), Value::Name(new)) | (Value::Text(old), Value::Text(new)) => {
                old == new
            }
            (Value::Array(old), Value::Array(new)) => {
                let mut pairs = old.iter().zip(new);
                old.len() == new.len() && self.all_alike(&mut pairs, pending)?
            }
            (Value::Dict(old), Value::Dict(new)) => self.dicts_alike(old, new, pending)?,
            (Value::Stream(old, old_bytes), Value::Stream(new, new_bytes)) => {
                self.old.bytes[old_bytes.clone()] == self.new.bytes[new_bytes.clone()]
                    && self.dicts_alike(old, new, pending)?
            }
            _ => false,
        })
    }

    fn all_alike<'v>(
        &self,
        pairs: &mut dyn Iterator<Item = (&'v Value, &'v Value)>,
        pending: &mut Vec<(u32, u32)>,
    ) -> Result<bool, Trouble> {
        for (old, new) in pairs {
            if !self.alike(old, new, pending)? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn dicts_alike(
        &self,
        old: &Dict,
        new: &Dict,
        pending: &mut Vec<(u32, u32)>,
    ) -> Result<bool, Trouble> {
        if old.has_twice() || new.has_twice() {
            return Ok(false);
        }
        let null = Value::Null;
        // Parents are reached from above; how a stream's length is written says nothing.
        let counts = |key: &[u8]| !matches!(key, b"Parent" | b"Length");
        for (key, value) in old.0.iter().filter(|(key, _)| counts(key)) {
            let later = new.get(key).unwrap_or(&null);
            if !self.alike(value, later, pending)? {
                return Ok(false);
            }
        }
        let added = new.0.iter().filter(|(key, _)| counts(key));
        for (_, value) in added.filter(|(key, _)| old.get(key).is_none()) {
            if !self.alike(&null, value, pending)? {
                return Ok(false);
            }
        }
        Ok(true)
    }
}

/// Adds what a value refers to: itself, in both revisions.
fn references(value: &Value, pending: &mut Vec<(u32, u32)>) {
    match value {
        Value::Reference(number) => pending.push((*number, *number)),
        Value::Array(values) => values.iter().for_each(|value| references(value, pending)),
        Value::Dict(dict) | Value::Stream(dict, _) => {
            let entries = dict.0.iter().filter(|(key, _)| key != b"Parent");
            entries.for_each(|(_, value)| references(value, pending));
        }
        _ => {}
    }
}

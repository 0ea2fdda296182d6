//! The forms of two revisions, field by field.

use std::collections::BTreeSet;

use super::ChangeKind;
use super::Compared;
use super::dict_of;
use super::said;
use crate::pdf::field::full_name;
use crate::pdf::revision::Trouble;
use crate::pdf::value::Dict;
use crate::pdf::value::Value;

/// Fields inside fields.
const DEPTH_MAX: usize = 32;

/// Where a field stands: what it has from its parents.
#[derive(Clone, Copy)]
struct Parents<'p> {
    name: &'p str,
    kind: Option<&'p [u8]>,
    depth: usize,
}

impl Compared<'_> {
    pub(super) fn compare_forms(
        &mut self,
        old: Option<&Value>,
        new: Option<&Value>,
    ) -> Result<(), Trouble> {
        let null = Value::Null;
        let forms = [
            dict_of(&self.old.resolve(old.unwrap_or(&null))?),
            dict_of(&self.new.resolve(new.unwrap_or(&null))?),
        ];
        for key in self.keys(&forms, None) {
            let [old, new] = [0, 1].map(|at: usize| forms[at].get(&key));
            match key.as_slice() {
                b"Fields" => {
                    let parents = Parents {
                        name: "",
                        kind: None,
                        depth: 0,
                    };
                    self.lists(&forms, &key, parents)?;
                }
                b"SigFlags" => {}
                // What fields look like that do not say it themselves.
                b"DR" | b"DA" | b"Q" | b"NeedAppearances" if old.is_none() => {}
                b"DR" | b"DA" | b"Q" | b"NeedAppearances" if !self.same(old, new)? => {
                    self.tell(ChangeKind::Form, None, &said(&key));
                }
                _ if !self.same(old, new)? => self.tell(ChangeKind::Content, None, &said(&key)),
                _ => {}
            }
        }
        Ok(())
    }

    /// Compares the fields in a list.
    fn lists(
        &mut self,
        dicts: &[Dict; 2],
        key: &[u8],
        parents: Parents<'_>,
    ) -> Result<(), Trouble> {
        if parents.depth > DEPTH_MAX {
            return Err(Trouble::Work);
        }
        let (old, new) = (self.old.get(&dicts[0], key)?, self.new.get(&dicts[1], key)?);
        let old = old.as_array().unwrap_or_default();
        let new = new.as_array().unwrap_or_default();
        let numbers = |list: &[Value]| -> BTreeSet<u32> {
            list.iter().filter_map(Value::as_reference).collect()
        };
        let (earlier, later) = (numbers(old), numbers(new));
        for (at, field) in old.iter().enumerate() {
            match field.as_reference() {
                Some(number) if later.contains(&number) => self.pair([field, field], parents)?,
                Some(_) => self.tell(ChangeKind::Content, None, &said(key)),
                None => match new.get(at) {
                    Some(other @ Value::Dict(_)) => self.pair([field, other], parents)?,
                    _ => self.tell(ChangeKind::Content, None, &said(key)),
                },
            }
        }
        for (at, field) in new.iter().enumerate() {
            let is_known = match field.as_reference() {
                Some(number) => earlier.contains(&number),
                None => matches!(old.get(at), Some(Value::Dict(_))),
            };
            if !is_known {
                self.added(field, parents)?;
            }
        }
        Ok(())
    }

    fn pair(&mut self, fields: [&Value; 2], parents: Parents<'_>) -> Result<(), Trouble> {
        let dicts = [
            dict_of(&self.old.resolve(fields[0])?),
            dict_of(&self.new.resolve(fields[1])?),
        ];
        let name = full_name(parents.name, &dicts[0])?;
        let kind = dicts[0].name(b"FT").or(parents.kind).map(<[u8]>::to_vec);
        let inside = Parents {
            name: &name,
            kind: kind.as_deref(),
            depth: parents.depth + 1,
        };
        let mut changed = Vec::new();
        for key in self.keys(&dicts, None) {
            let [old, new] = [0, 1].map(|at: usize| dicts[at].get(&key));
            match key.as_slice() {
                b"Kids" => self.lists(&dicts, &key, inside)?,
                b"Parent" => {}
                b"P" if old.is_none() => {}
                _ if !self.same(old, new)? => changed.push(key),
                _ => {}
            }
        }
        if changed.is_empty() {
            return Ok(());
        }
        if kind.as_deref() == Some(b"Sig") {
            self.signed(&dicts, &name, &changed)
        } else {
            self.filled_in(&name, &changed);
            Ok(())
        }
    }

    /// That a signature field was changed: signed, if nothing else.
    fn signed(
        &mut self,
        dicts: &[Dict; 2],
        name: &str,
        changed: &[Vec<u8>],
    ) -> Result<(), Trouble> {
        let by_signing: [&[u8]; 8] = [b"V", b"AP", b"AS", b"F", b"M", b"MK", b"DA", b"BS"];
        let is_by_signing = |key: &Vec<u8>| by_signing.contains(&key.as_slice());
        let was_signed = dicts[0].get(b"V").is_some();
        if was_signed || !changed.iter().all(is_by_signing) {
            self.tell(ChangeKind::Content, None, name);
        } else if changed.iter().any(|key| key == b"V") {
            let kind = self.kind_of(&dicts[1], name)?;
            self.tell(kind, None, name);
        } else {
            let kind = self.unless_locked(ChangeKind::Form, name);
            self.tell(kind, None, name);
        }
        Ok(())
    }

    /// What the change of a field is, if an earlier signature did not lock it.
    fn unless_locked(&self, kind: ChangeKind, name: &str) -> ChangeKind {
        if self.permission.locks(name) {
            ChangeKind::LockedField
        } else {
            kind
        }
    }

    /// Whether a field was signed by a time stamp, which shows nothing, or by somebody, or by nobody.
    fn kind_of(&self, field: &Dict, name: &str) -> Result<ChangeKind, Trouble> {
        let value = self.new.get(field, b"V")?;
        if matches!(value, Value::Null) {
            return Ok(self.unless_locked(ChangeKind::Annotation, name));
        }
        let value = dict_of(&value);
        let is_stamp = value.name(b"SubFilter") == Some(b"ETSI.RFC3161");
        Ok(if is_stamp && !self.is_shown(field)? {
            ChangeKind::ValidationData
        } else {
            self.unless_locked(ChangeKind::Signature, name)
        })
    }

    fn filled_in(&mut self, name: &str, changed: &[Vec<u8>]) {
        let by_hand: [&[u8]; 9] = [b"V", b"AP", b"AS", b"I", b"M", b"MK", b"RV", b"DA", b"Ff"];
        let of_looks: [&[u8]; 5] = [b"F", b"Rect", b"Border", b"BS", b"Q"];
        let is_in = |list: &[&[u8]], key: &Vec<u8>| list.contains(&key.as_slice());
        let kind = if changed.iter().all(|key| is_in(&by_hand, key)) {
            self.unless_locked(ChangeKind::Form, name)
        } else if changed
            .iter()
            .all(|key| is_in(&by_hand, key) || is_in(&of_looks, key))
        {
            self.unless_locked(ChangeKind::Annotation, name)
        } else {
            ChangeKind::Content
        };
        self.tell(kind, None, name);
    }

    /// That a field is new.
    fn added(&mut self, field: &Value, parents: Parents<'_>) -> Result<(), Trouble> {
        if parents.depth > DEPTH_MAX {
            return Err(Trouble::Work);
        }
        let dict = dict_of(&self.new.resolve(field)?);
        let name = full_name(parents.name, &dict)?;
        if dict.has_twice() {
            self.tell(ChangeKind::Unknown, None, &name);
        }
        let kind = dict.name(b"FT").or(parents.kind);
        if kind == Some(b"Sig") {
            let kind = self.kind_of(&dict, &name)?;
            self.tell(kind, None, &name);
            return Ok(());
        }
        let kids = self.new.get(&dict, b"Kids")?;
        let kids = kids.as_array().unwrap_or_default();
        if kind.is_some() || kids.is_empty() {
            let kind = self.unless_locked(ChangeKind::Annotation, &name);
            self.tell(kind, None, &name);
            return Ok(());
        }
        let inside = Parents {
            name: &name,
            kind,
            depth: parents.depth + 1,
        };
        kids.iter().try_for_each(|kid| self.added(kid, inside))
    }
}

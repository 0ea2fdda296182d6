//! The pages of two revisions, one by one.

use std::collections::BTreeSet;
use std::rc::Rc;

use super::ChangeKind;
use super::Compared;
use super::dict_of;
use super::said;
use crate::pdf::revision::Revision;
use crate::pdf::revision::Trouble;
use crate::pdf::value::Dict;
use crate::pdf::value::Value;

/// Pages of one document, with the nodes of their tree.
const PAGES_MAX: usize = 500_000;

/// What a page inherits from the nodes above it (ISO 32000-2, table 31).
const INHERITED: [&[u8]; 4] = [b"Resources", b"MediaBox", b"CropBox", b"Rotate"];

/// What part of a page the fields of later signatures may cover together: more hides what was signed.
const PART_MAX: f64 = 0.25;

/// The pages of a revision.
#[derive(Debug, Default)]
pub(super) struct Pages {
    all: Vec<(Value, Rc<Dict>)>,
    /// Pages that are objects, by number, with their place.
    places: Vec<(u32, usize)>,
    /// Nodes of their tree.
    pub(super) nodes: BTreeSet<u32>,
}

impl Pages {
    pub(super) fn of(revision: &Revision<'_>, catalog: &Dict) -> Result<Self, Trouble> {
        let mut found = Self::default();
        let root = catalog.get(b"Pages").cloned().unwrap_or(Value::Null);
        let mut pending = vec![(root, Rc::new(Dict::default()))];
        let mut visited = 0;
        while let Some((at, inherited)) = pending.pop() {
            visited += 1;
            if visited > PAGES_MAX {
                return Err(Trouble::Work);
            }
            let number = at.as_reference();
            let node = dict_of(&revision.resolve(&at)?);
            // Programs see one tree or another.
            if node.get(b"Kids").is_some() && node.has_twice() {
                return Err(Trouble::Object(number.unwrap_or(0)));
            }
            let kids = revision.get(&node, b"Kids")?;
            let Some(kids) = kids.as_array() else {
                if let Some(number) = number {
                    found.places.push((number, found.all.len()));
                }
                found.all.push((at, inherited));
                continue;
            };
            if number.is_some_and(|number| !found.nodes.insert(number)) {
                return Err(Trouble::Object(number.unwrap_or(0)));
            }
            let mut own = Dict::clone(&inherited);
            for key in INHERITED {
                if let Some(value) = node.get(key) {
                    own.0.retain(|(name, _)| name != key);
                    own.0.push((key.to_vec(), value.clone()));
                }
            }
            let own = Rc::new(own);
            pending.extend(kids.iter().rev().map(|kid| (kid.clone(), Rc::clone(&own))));
        }
        found.places.sort_unstable();
        Ok(found)
    }

    /// Which page an object is.
    pub(super) fn index(&self, number: u32) -> Option<usize> {
        let found = self
            .places
            .binary_search_by_key(&number, |(number, _)| *number);
        found.ok().map(|at| self.places[at].1)
    }

    /// A page with what it inherits.
    fn page(&self, revision: &Revision<'_>, at: usize) -> Result<Dict, Trouble> {
        let (page, inherited) = &self.all[at];
        let mut page = dict_of(&revision.resolve(page)?);
        for (key, value) in &inherited.0 {
            if page.get(key).is_none() {
                page.0.push((key.clone(), value.clone()));
            }
        }
        Ok(page)
    }
}

impl Compared<'_> {
    pub(super) fn compare_pages(&mut self) -> Result<(), Trouble> {
        let [old, new] = [0, 1].map(|at: usize| self.pages[at].all.len());
        if old != new {
            self.tell(ChangeKind::Content, None, &format!("/Pages: {old} → {new}"));
        }
        for at in 0..old.min(new) {
            let pages = [
                self.pages[0].page(self.old, at)?,
                self.pages[1].page(self.new, at)?,
            ];
            for key in self.keys(&pages, Some(at + 1)) {
                let [old, new] = [0, 1].map(|of: usize| pages[of].get(&key));
                match key.as_slice() {
                    b"Annots" => self.annotations(at + 1, &pages)?,
                    b"Parent" | b"LastModified" | b"PieceInfo" | b"Metadata" => {}
                    // In which order one gets from field to field: as annotations stand there.
                    b"Tabs" if !self.same(old, new)? => {
                        self.tell(ChangeKind::Annotation, Some(at + 1), "/Tabs");
                    }
                    _ if !self.same(old, new)? => {
                        self.tell(ChangeKind::Content, Some(at + 1), &said(&key));
                    }
                    _ => {}
                }
            }
        }
        Ok(())
    }

    fn annotations(&mut self, page: usize, pages: &[Dict; 2]) -> Result<(), Trouble> {
        let old = self.old.get(&pages[0], b"Annots")?;
        let new = self.new.get(&pages[1], b"Annots")?;
        let old = old.as_array().unwrap_or_default();
        let new = new.as_array().unwrap_or_default();
        let number = Value::as_reference;
        let later: BTreeSet<u32> = new.iter().filter_map(number).collect();
        let earlier: BTreeSet<u32> = old.iter().filter_map(number).collect();
        for (at, annotation) in old.iter().enumerate() {
            let is_kept = match number(annotation) {
                // Fields are compared as fields.
                Some(number) if self.forms[0].members.contains(&number) => later.contains(&number),
                Some(number) if later.contains(&number) => {
                    let annotation = Some(annotation);
                    self.same(annotation, annotation)?
                }
                Some(_) => false,
                None => self.same(Some(annotation), new.get(at))?,
            };
            if !is_kept {
                self.tell(ChangeKind::Annotation, Some(page), "/Annots");
            }
        }
        let mut covered = 0.0;
        for annotation in new {
            let Some(number) = number(annotation) else {
                if new.len() > old.len() {
                    self.tell(ChangeKind::Annotation, Some(page), "/Annots");
                }
                continue;
            };
            if earlier.contains(&number) {
                continue;
            }
            let widget = dict_of(&self.new.object(number)?);
            if !self.forms[1].of_signatures.contains(&number) || widget.has_twice() {
                self.tell(ChangeKind::Annotation, Some(page), "/Annots");
                continue;
            }
            covered += self.area(&widget, b"Rect")?.unwrap_or(f64::INFINITY);
        }
        if self.is_much(covered, &pages[1])? {
            self.tell(ChangeKind::Content, Some(page), "/Rect");
        }
        Ok(())
    }

    /// Whether so much is a large part of what is shown of a page.
    fn is_much(&self, covered: f64, page: &Dict) -> Result<bool, Trouble> {
        let whole = self.area(page, b"MediaBox")?.unwrap_or(0.0);
        let shown = self.area(page, b"CropBox")?.unwrap_or(whole).min(whole);
        // What is no number is not little either.
        let is_little = covered <= shown * PART_MAX;
        Ok(covered != 0.0 && !is_little)
    }

    /// Whether a field shows something on a page: it, or one of its parts.
    pub(super) fn is_shown(&self, field: &Dict) -> Result<bool, Trouble> {
        let kids = self.new.get(field, b"Kids")?;
        let has_kids = kids.as_array().is_some_and(|kids| !kids.is_empty());
        let area = self.area(field, b"Rect")?;
        Ok(has_kids || area.is_some_and(|area| area != 0.0))
    }

    /// The area of a rectangle of a later revision; `None` where there is none.
    fn area(&self, dict: &Dict, key: &[u8]) -> Result<Option<f64>, Trouble> {
        let rectangle = self.new.get(dict, key)?;
        let Some(corners) = rectangle.as_array() else {
            return Ok(None);
        };
        let mut numbers = Vec::new();
        for corner in corners.iter().take(5) {
            numbers.push(self.new.resolve(corner)?.as_number());
        }
        let numbers: Option<Vec<f64>> = numbers.into_iter().collect();
        Ok(match numbers.as_deref() {
            Some([left, bottom, right, top]) => Some((right - left).abs() * (top - bottom).abs()),
            _ => None,
        })
    }
}

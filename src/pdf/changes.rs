//! What was done to a document after a signature: the revision that was signed is held against later ones,
//! as their newest tables show them, from the catalogue down.
//!
//! What no program shows (objects that nothing leads to, dates, descriptions) is not looked for. What is
//! neither a signature nor validation data, a form's value or an annotation is a change of the content.

mod form;
mod pages;
mod same;

use super::field::Form;
use super::permission::Permission;
use super::read::PdfSignature;
use super::revision::Budget;
use super::revision::Revision;
use super::revision::Trouble;
use super::value::Dict;
use super::value::Value;
use super::xref;
use super::xref::NoTables;
use pages::Pages;
use same::Proven;

/// Changes of one kind that are told of one signature. Each kind has its own: a hundred that may stand must not
/// hide one that may not.
const TOLD_MAX: usize = 20;

/// Characters of a name, or of what else the file says, that are shown.
const SHOWN_MAX: usize = 120;

/// The kind of a change.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum ChangeKind {
    /// Certificates, lists, answers about them, or a time stamp of the whole document.
    ValidationData,
    /// Another signature, or a field for one.
    Signature,
    /// The value of a form field.
    Form,
    /// The value of a form field that signing locked.
    LockedField,
    /// An annotation, or a field that was not there.
    Annotation,
    /// What the document says or does.
    Content,
    /// Nobody can tell: the tables of the file do not show what was there.
    Unknown,
}

/// One change.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Change {
    /// Its kind.
    pub kind: ChangeKind,
    /// The page it is on, counted from one.
    pub page: Option<usize>,
    /// What was changed, as the file names it.
    pub what: String,
}

/// What was changed since a signature, in no particular order.
pub type Changes = Vec<Change>;

/// Adds a change, unless as many of its kind are told already.
fn add(found: &mut Changes, change: Change) {
    let same = found.iter().filter(|told| told.kind == change.kind);
    if same.count() < TOLD_MAX && !found.contains(&change) {
        found.push(change);
    }
}

/// Holds the revision that a signature covers against those that end there.
pub(super) fn changes(
    file: &[u8],
    header: usize,
    budget: &Budget,
    signature: &PdfSignature,
    ends: &[usize],
) -> Changes {
    let signed_to = signature.signed_to;
    let ends = ends.iter().copied().filter(|end| *end > signed_to);
    let mut found = Changes::new();
    for end in ends {
        let between = between(&file[..end], header, budget, signature);
        for change in between.unwrap_or_else(|what| vec![unknown(what)]) {
            add(&mut found, change);
        }
    }
    found
}

fn unknown(what: &str) -> Change {
    Change {
        kind: ChangeKind::Unknown,
        page: None,
        what: what.to_owned(),
    }
}

fn between(
    file: &[u8],
    header: usize,
    budget: &Budget,
    signature: &PdfSignature,
) -> Result<Changes, &'static str> {
    let signed_to = signature.signed_to;
    if !is_revision(file, signed_to) {
        return Err("bytes that no table of the file leads to");
    }
    let read = |bytes| {
        let revision = Revision::read(bytes, header, budget).map_err(|problem| match problem {
            NoTables::Broken => "a revision has no table of its objects",
            NoTables::TooMany => "more objects than are looked at",
        })?;
        if revision.tables.is_rebuilt || revision.tables.is_ambiguous {
            return Err("the tables of a revision are damaged");
        }
        Ok(revision)
    };
    let (old, new) = (read(&file[..signed_to])?, read(file)?);
    let compared = Compared::new(&old, &new, &signature.permission).and_then(Compared::changes);
    compared.map_err(|trouble| match trouble {
        Trouble::Object(_) => "an object of a revision cannot be read",
        Trouble::Filter => "objects of a revision are compressed in a way not read here",
        Trouble::Work => "more objects, or larger ones, than are looked at",
    })
}

/// Whether what follows a signature is a revision that the end of the file leads to, and nothing behind it.
fn is_revision(file: &[u8], signed_to: usize) -> bool {
    let Some((at, leads)) = xref::start(file) else {
        return false;
    };
    let tail = &file[at..];
    let end = tail.windows(5).rposition(|word| word == b"%%EOF");
    let is_last = end.is_some_and(|end| tail[end + 5..].iter().all(|b| super::parse::is_space(*b)));
    at >= signed_to && leads >= signed_to.saturating_sub(1024) && is_last
}

/// Two revisions, side by side.
struct Compared<'r> {
    old: &'r Revision<'r>,
    new: &'r Revision<'r>,
    catalogs: [Dict; 2],
    forms: [Form; 2],
    pages: [Pages; 2],
    permission: &'r Permission,
    proven: Proven,
    found: Changes,
}

impl<'r> Compared<'r> {
    fn new(
        old: &'r Revision<'r>,
        new: &'r Revision<'r>,
        permission: &'r Permission,
    ) -> Result<Self, Trouble> {
        let catalog = |of: &Revision<'_>| of.catalog().ok_or(Trouble::Object(0));
        let catalogs = [catalog(old)?, catalog(new)?];
        let forms = [Form::of(old, &catalogs[0])?, Form::of(new, &catalogs[1])?];
        let pages = [Pages::of(old, &catalogs[0])?, Pages::of(new, &catalogs[1])?];
        Ok(Self {
            old,
            new,
            catalogs,
            forms,
            pages,
            permission,
            proven: Proven::default(),
            found: Changes::new(),
        })
    }

    fn tell(&mut self, kind: ChangeKind, page: Option<usize>, what: &str) {
        let what = what.chars().take(SHOWN_MAX).collect();
        add(&mut self.found, Change { kind, page, what });
    }

    /// The keys of two dictionaries, each once. Where one stands twice programs read one or the other, so that
    /// nobody can tell what is shown.
    fn keys(&mut self, dicts: &[Dict; 2], page: Option<usize>) -> Vec<Vec<u8>> {
        if dicts.iter().any(Dict::has_twice) {
            self.tell(ChangeKind::Unknown, page, "an entry that stands twice");
        }
        let all = dicts.iter().flat_map(|dict| &dict.0);
        let mut keys: Vec<Vec<u8>> = all.map(|(key, _)| key.clone()).collect();
        keys.sort_unstable();
        keys.dedup();
        keys
    }

    fn changes(mut self) -> Result<Changes, Trouble> {
        let catalogs = self.catalogs.clone();
        for key in self.keys(&catalogs, None) {
            let [old, new] = [0, 1].map(|at: usize| catalogs[at].get(&key));
            match key.as_slice() {
                b"Pages" => self.compare_pages()?,
                b"AcroForm" => self.compare_forms(old, new)?,
                // How programs describe the file, not what it says.
                b"Metadata" | b"Extensions" | b"Version" | b"PieceInfo" | b"Type" => {}
                b"DSS" if new.is_some() && !self.same(old, new)? => {
                    self.tell(ChangeKind::ValidationData, None, "/DSS");
                }
                _ if !self.same(old, new)? => self.tell(ChangeKind::Content, None, &said(&key)),
                _ => {}
            }
        }
        Ok(self.found)
    }
}

/// A key as the file writes it, for people.
fn said(key: &[u8]) -> String {
    format!("/{}", String::from_utf8_lossy(key))
}

/// A dictionary, or an empty one.
fn dict_of(value: &Value) -> Dict {
    value.as_dict().cloned().unwrap_or_default()
}

//! What was done to a PDF after a signature, as facts and as findings.
//!
//! Validation data and signatures are harmless unless the signer allowed nothing; forms and annotations
//! where the signer, or the author who certified the document, allowed them. What else there is leaves the
//! signature INDETERMINATE: it is right, but not on what is shown now.

use serde::Deserialize;
use serde::Serialize;

use super::fact::Fact;
use super::finding::Finding;
use super::finding::SubIndication as Sub;
use super::policy::Policy;
use crate::pdf::Change;
use crate::pdf::ChangeKind;
use crate::pdf::Changes;
use crate::pdf::Level;
use crate::pdf::Permission;
use crate::text::ValidationPhrase as Say;

/// What was done to a PDF after a signature, and what its signer allowed.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Later {
    /// What the signer allowed (`DocMDP`); `None`: nothing is said.
    pub allowed: Option<Allowed>,
    /// Whether the signer said which fields are locked (`FieldMDP`), so that the others are not.
    pub names_fields: bool,
    /// What was changed.
    pub changes: Vec<LaterChange>,
}

/// What a signer allowed.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Allowed {
    /// Nothing.
    Nothing,
    /// To fill in forms and to sign.
    Forms,
    /// To make annotations, too.
    Annotations,
}

/// One change.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct LaterChange {
    /// Its kind.
    pub kind: LaterKind,
    /// The page it is on, counted from one.
    pub page: Option<u64>,
    /// What was changed, as the file names it.
    pub what: String,
}

/// The kind of a change.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum LaterKind {
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
    /// Nobody can tell.
    Unknown,
}

impl Later {
    pub(super) fn new(permission: &Permission, changes: Changes) -> Self {
        Self {
            allowed: permission.level.map(|level| match level {
                Level::Nothing => Allowed::Nothing,
                Level::Forms => Allowed::Forms,
                Level::Annotations => Allowed::Annotations,
            }),
            names_fields: permission.names_fields(),
            changes: changes.into_iter().map(LaterChange::from).collect(),
        }
    }

    /// Whether a change may stand.
    fn allows(&self, change: &LaterChange, policy: &Policy) -> bool {
        match change.kind {
            LaterKind::ValidationData => true,
            LaterKind::Signature => self.allowed != Some(Allowed::Nothing),
            LaterKind::Form => match self.allowed {
                None => self.names_fields || policy.allow_pdf_additions,
                allowed => allowed >= Some(Allowed::Forms),
            },
            LaterKind::Annotation => match self.allowed {
                None => policy.allow_pdf_additions,
                allowed => allowed == Some(Allowed::Annotations),
            },
            LaterKind::LockedField | LaterKind::Content | LaterKind::Unknown => false,
        }
    }

    /// Whether everything that was changed may stand.
    pub(super) fn is_harmless(&self, policy: &Policy) -> bool {
        self.changes
            .iter()
            .all(|change| self.allows(change, policy))
    }

    /// Each change that may not stand.
    pub(super) fn findings(&self, policy: &Policy) -> Vec<Finding> {
        let refused = self.changes.iter();
        refused
            .filter(|change| !self.allows(change, policy))
            .map(LaterChange::finding)
            .collect()
    }
}

impl LaterChange {
    fn finding(&self) -> Finding {
        let says = match (self.kind, self.page) {
            (LaterKind::Content, Some(_)) => Say::PdfPageChanged,
            (LaterKind::Content | LaterKind::ValidationData, None) => Say::PdfChanged,
            (LaterKind::Annotation, Some(_)) => Say::PdfPageAnnotated,
            (LaterKind::Annotation, None) => Say::PdfFieldAdded,
            (LaterKind::Signature, _) => Say::PdfSignedAgain,
            (LaterKind::Form, _) => Say::PdfFilledIn,
            (LaterKind::LockedField, _) => Say::PdfLockedField,
            (LaterKind::Unknown | LaterKind::ValidationData, _) => Say::PdfUnknownChange,
        };
        let mut finding = Finding::wrong(Sub::SigConstraintsFailure, says, []);
        finding.add(self.page.map(Fact::from));
        finding.add([Fact::from(self.what.as_str())]);
        finding.with_remedy(Say::RemedyChanged)
    }
}

impl From<Change> for LaterChange {
    fn from(change: Change) -> Self {
        Self {
            kind: match change.kind {
                ChangeKind::ValidationData => LaterKind::ValidationData,
                ChangeKind::Signature => LaterKind::Signature,
                ChangeKind::Form => LaterKind::Form,
                ChangeKind::LockedField => LaterKind::LockedField,
                ChangeKind::Annotation => LaterKind::Annotation,
                ChangeKind::Content => LaterKind::Content,
                ChangeKind::Unknown => LaterKind::Unknown,
            },
            page: change.page.map(|page| page as u64),
            what: change.what,
        }
    }
}

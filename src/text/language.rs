//! The two languages, and how a person's choice is read.

use std::str::FromStr;

/// A language of texts for people.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum Language {
    /// English.
    En,
    /// Vietnamese.
    Vi,
}

/// Neither `vi` nor `en`.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("language is `{found}`, expected `vi` or `en`")]
pub struct UnknownLanguage {
    /// What was asked for.
    pub found: String,
}

impl Language {
    /// Both languages.
    pub const ALL: [Self; 2] = [Self::En, Self::Vi];

    /// The language tag, `en` or `vi`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::En => "en",
            Self::Vi => "vi",
        }
    }

    /// The language of a locale as the variable `LANG` holds it (`vi_VN.UTF-8`, `en-GB`); `None` for
    /// any other, `C` and `POSIX` among them, so that the caller chooses.
    pub fn from_locale(locale: &str) -> Option<Self> {
        let end = locale.find(['_', '-', '.', '@']).unwrap_or(locale.len());
        locale.get(..end).and_then(|language| language.parse().ok())
    }
}

impl FromStr for Language {
    type Err = UnknownLanguage;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "en" => Ok(Self::En),
            "vi" => Ok(Self::Vi),
            _ => Err(UnknownLanguage {
                found: text.to_owned(),
            }),
        }
    }
}

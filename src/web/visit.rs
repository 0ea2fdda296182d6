//! Who looks, at which page, in which language: what every page knows of its reader.

use std::borrow::Borrow;
use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::HeaderMap;
use axum::http::Method;
use axum::http::header;
use axum::http::request::Parts;

use super::Shared;
use super::sessions::By;
use crate::page::svg::push;
use crate::text::ConsolePhrase;
use crate::text::Language;
use crate::text::filled;
use crate::text::grouped;

/// The cookies.
pub(super) const LANGUAGE: &str = "language";
pub(super) const THEME: &str = "theme";
pub(super) const SESSION: &str = "session";

/// Parts of pages that open pages ask for by themselves.
const BY_THEMSELVES: [&str; 3] = ["/beside", "/load/work", "/procedure/board"];

/// A reader at a page.
#[derive(Clone, Debug)]
pub(super) struct Visit {
    pub(super) language: Language,
    pub(super) theme: Theme,
    /// Path and query, to come back to.
    pub(super) path: String,
    /// What forms of the session carry; only for who is signed in.
    pub(super) form_code: Option<String>,
    pub(super) revision: &'static str,
}

/// Colours.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Theme {
    /// What the system says.
    System,
    Light,
    Dark,
}

/// A page of the navigation.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Place {
    Overview,
    Agencies,
    Inspection,
    Pairs,
    Document,
    Procedure,
    Load,
    Health,
}

impl Place {
    const ALL: [Self; 8] = [
        Self::Overview,
        Self::Agencies,
        Self::Inspection,
        Self::Pairs,
        Self::Document,
        Self::Procedure,
        Self::Load,
        Self::Health,
    ];

    pub(super) fn path(self) -> &'static str {
        match self {
            Self::Overview => "/",
            Self::Agencies => "/agencies",
            Self::Inspection => "/inspection",
            Self::Pairs => "/pairs",
            Self::Document => "/document",
            Self::Procedure => "/procedure",
            Self::Load => "/load",
            Self::Health => "/health",
        }
    }

    pub(super) fn title(self) -> ConsolePhrase {
        match self {
            Self::Overview => ConsolePhrase::Overview,
            Self::Agencies => ConsolePhrase::Agencies,
            Self::Inspection => ConsolePhrase::Inspection,
            Self::Pairs => ConsolePhrase::Pairs,
            Self::Document => ConsolePhrase::Document,
            Self::Procedure => ConsolePhrase::Procedure,
            Self::Load => ConsolePhrase::Load,
            Self::Health => ConsolePhrase::Health,
        }
    }
}

impl Theme {
    pub(super) fn of(said: &str) -> Self {
        match said {
            "light" => Self::Light,
            "dark" => Self::Dark,
            _ => Self::System,
        }
    }

    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::System => "system",
            Self::Light => "light",
            Self::Dark => "dark",
        }
    }
}

impl Visit {
    pub(super) fn of(parts: &Parts, shared: &Shared) -> Self {
        let headers = &parts.headers;
        let language = cookie(headers, LANGUAGE)
            .and_then(|said| said.parse().ok())
            .unwrap_or_else(|| accepted(headers));
        let by = if BY_THEMSELVES.contains(&parts.uri.path()) {
            By::Page
        } else {
            By::Person
        };
        let now = shared.monitor.clock().monotonic();
        let session = session(headers);
        let form_code = session.and_then(|kept| shared.sessions.form_code(kept, now, by));
        Self {
            language,
            theme: cookie(headers, THEME).map_or(Theme::System, Theme::of),
            path: place_to_return_to(parts),
            form_code,
            revision: env!("DOCAXIS_GIT"),
        }
    }

    /// A label.
    pub(super) fn t(&self, phrase: impl Borrow<ConsolePhrase>) -> &'static str {
        phrase.borrow().text(self.language)
    }

    /// A sentence with one fact.
    pub(super) fn f(&self, phrase: impl Borrow<ConsolePhrase>, fact: impl ToString) -> String {
        filled(self.t(phrase), &[fact.to_string()])
    }

    /// A number of things.
    pub(super) fn n(&self, number: impl Borrow<u64>) -> String {
        grouped(*number.borrow())
    }

    /// A share in per cent, or a dash where there is nothing to share.
    pub(super) fn share(&self, part: impl Borrow<u64>, whole: impl Borrow<u64>) -> String {
        match *whole.borrow() {
            0 => "–".to_owned(),
            whole => self.decimal(*part.borrow() as f64 / whole as f64 * 100.0, "\u{a0}%"),
        }
    }

    /// A number with one digit after the point, or the comma.
    pub(super) fn decimal(&self, value: f64, unit: &str) -> String {
        let text = format!("{value:.1}{unit}");
        match self.language {
            Language::En => text,
            Language::Vi => text.replace('.', ","),
        }
    }

    /// A part of a whole, with two digits after the point, or the comma.
    pub(super) fn ratio(&self, value: f64) -> String {
        let text = format!("{value:.2}");
        match self.language {
            Language::En => text,
            Language::Vi => text.replace('.', ","),
        }
    }

    pub(super) fn is_operator(&self) -> bool {
        self.form_code.is_some()
    }

    /// Whether a link leads to where the reader is.
    pub(super) fn is_at(&self, to: &Place, at: &Option<Place>) -> bool {
        at.as_ref() == Some(to)
    }

    pub(super) fn places(&self) -> [Place; 8] {
        Place::ALL
    }

    /// What a form of ours carries; empty where nobody may press it.
    pub(super) fn code(&self) -> &str {
        self.form_code.as_deref().unwrap_or_default()
    }

    /// Where to come back to, as a value of a query.
    pub(super) fn back(&self) -> String {
        encoded(&self.path)
    }

    /// The colours to switch to.
    pub(super) fn other_theme(&self) -> &'static str {
        match self.theme {
            Theme::Dark => Theme::Light.as_str(),
            Theme::Light | Theme::System => Theme::Dark.as_str(),
        }
    }

    pub(super) fn other_theme_phrase(&self) -> ConsolePhrase {
        match self.theme {
            Theme::Dark => ConsolePhrase::ThemeLight,
            Theme::Light | Theme::System => ConsolePhrase::ThemeDark,
        }
    }

    pub(super) fn other_language(&self) -> Language {
        match self.language {
            Language::En => Language::Vi,
            Language::Vi => Language::En,
        }
    }
}

impl FromRequestParts<Arc<Shared>> for Visit {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(
        parts: &mut Parts,
        shared: &Arc<Shared>,
    ) -> Result<Self, Self::Rejection> {
        Ok(Self::of(parts, shared))
    }
}

/// The page itself; of a form, which cannot be asked for again, the page it stands on.
fn place_to_return_to(parts: &Parts) -> String {
    let place = match parts.method {
        Method::GET | Method::HEAD => parts.uri.path_and_query().map(ToString::to_string),
        _ if parts.uri.path().starts_with("/procedure") => Some("/procedure".to_owned()),
        _ => None,
    };
    place.unwrap_or_else(|| "/".to_owned())
}

/// A value of a query.
pub(super) fn encoded(value: &str) -> String {
    let mut out = String::with_capacity(value.len());
    for byte in value.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                out.push(char::from(byte));
            }
            _ => push(&mut out, format_args!("%{byte:02X}")),
        }
    }
    out
}

/// What a signed-in browser keeps.
pub(super) fn session(headers: &HeaderMap) -> Option<&str> {
    cookie(headers, SESSION)
}

/// Whether whoever asks is signed in.
pub(super) fn is_signed_in(headers: &HeaderMap, shared: &Shared) -> bool {
    let now = shared.monitor.clock().monotonic();
    session(headers).is_some_and(|kept| shared.sessions.form_code(kept, now, By::Page).is_some())
}

/// The value of a cookie.
fn cookie<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|pairs| pairs.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(found, _)| *found == name)
        .map(|(_, value)| value)
}

/// The first of the reader's languages that we have; English where there is none.
fn accepted(headers: &HeaderMap) -> Language {
    headers
        .get(header::ACCEPT_LANGUAGE)
        .and_then(|value| value.to_str().ok())
        .into_iter()
        .flat_map(|said| said.split(','))
        .find_map(|tag| Language::from_locale(tag.split(';').next().unwrap_or_default().trim()))
        .unwrap_or(Language::En)
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    #[test]
    fn the_first_known_language_of_a_reader_is_taken() {
        let ask = |said: &'static str| {
            let mut headers = HeaderMap::new();
            headers.insert(header::ACCEPT_LANGUAGE, HeaderValue::from_static(said));
            accepted(&headers)
        };
        assert_eq!(ask("fr-FR, vi-VN;q=0.9, en;q=0.8"), Language::Vi);
        assert_eq!(ask("fr"), Language::En);
        assert_eq!(accepted(&HeaderMap::new()), Language::En);
    }

    #[test]
    fn a_cookie_is_found_among_others() {
        let mut headers = HeaderMap::new();
        let pairs = HeaderValue::from_static("a=1; language=vi;theme=dark");
        headers.insert(header::COOKIE, pairs);
        assert_eq!(cookie(&headers, LANGUAGE), Some("vi"));
        assert_eq!(cookie(&headers, THEME), Some("dark"));
        assert_eq!(cookie(&headers, SESSION), None);
    }
}

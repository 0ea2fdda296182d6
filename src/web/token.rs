//! The operator's token: who has it may act. Browsers never keep the token itself but a code made of
//! it, and every form carries another, so that no other site can press a button here.

use std::fmt;
use std::path::Path;

use aws_lc_rs::constant_time::verify_slices_are_equal;
use aws_lc_rs::hmac;

/// Letters of the shortest token that is taken.
const LENGTH_MIN: usize = 16;

/// A secret of the operator.
#[derive(Clone)]
pub struct Token(String);

/// Why a file holds no token.
#[derive(Debug, thiserror::Error)]
pub enum TokenError {
    /// The file.
    #[error("cannot read the token file: {0}")]
    Read(#[from] std::io::Error),
    /// What it holds can be guessed.
    #[error("the token has {found} letters, expected at least {LENGTH_MIN}")]
    Short {
        /// Letters found.
        found: usize,
    },
}

impl Token {
    /// A new one, of 128 bits.
    pub fn random() -> Self {
        Self(hex(&rand::random::<[u8; 16]>()))
    }

    /// The one in a file; white space around it does not count.
    ///
    /// # Errors
    /// [`TokenError`].
    pub fn read(path: &Path) -> Result<Self, TokenError> {
        let text = std::fs::read_to_string(path)?;
        let token = text.trim();
        let found = token.chars().count();
        if found < LENGTH_MIN {
            return Err(TokenError::Short { found });
        }
        Ok(Self(token.to_owned()))
    }

    /// The token, to be shown to the operator once.
    pub fn reveal(&self) -> &str {
        &self.0
    }

    pub(super) fn is(&self, said: &str) -> bool {
        same(&self.0, said.trim())
    }

    /// What a signed-in browser keeps.
    pub(super) fn session(&self) -> String {
        self.derived("session")
    }

    pub(super) fn is_session(&self, said: &str) -> bool {
        same(&self.session(), said)
    }

    /// What a form carries.
    pub(super) fn form_code(&self) -> String {
        self.derived("form")
    }

    pub(super) fn is_form_code(&self, said: &str) -> bool {
        same(&self.form_code(), said)
    }

    fn derived(&self, what: &str) -> String {
        let key = hmac::Key::new(hmac::HMAC_SHA256, self.0.as_bytes());
        hex(hmac::sign(&key, what.as_bytes()).as_ref())
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token")
    }
}

fn same(ours: &str, theirs: &str) -> bool {
    verify_slices_are_equal(ours.as_bytes(), theirs.as_bytes()).is_ok()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_of_one_token_are_not_another_s() {
        let (one, other) = (Token::random(), Token::random());
        assert!(one.is(&format!(" {}\n", one.reveal())));
        assert!(!one.is(other.reveal()));
        assert!(one.is_session(&one.session()));
        assert!(!one.is_session(&one.form_code()));
        assert!(!other.is_form_code(&one.form_code()));
        assert_eq!(format!("{one:?}"), "Token");
    }

    #[test]
    fn a_short_token_is_not_taken() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), " 123456789012345 \n").unwrap();
        let error = Token::read(file.path()).unwrap_err();
        assert_eq!(
            error.to_string(),
            "the token has 15 letters, expected at least 16"
        );
    }
}

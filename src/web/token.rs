//! The operator's token: who has it may act. Browsers never keep it, nor anything made of it.

use std::fmt;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use aws_lc_rs::constant_time::verify_slices_are_equal;

/// Letters of the shortest token that is taken.
const LENGTH_MIN: usize = 16;

/// Bits of a file's mode by which its group and all others read it.
const OTHERS_READ: u32 = 0o044;

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

    /// The one in a file; white space around it does not count. A file that others may read is told of in
    /// the log.
    ///
    /// # Errors
    /// [`TokenError`].
    pub fn read(path: &Path) -> Result<Self, TokenError> {
        let text = std::fs::read_to_string(path)?;
        let mode = std::fs::metadata(path)?.permissions().mode();
        if mode & OTHERS_READ != 0 {
            tracing::warn!(path = %path.display(), "others may read the token of the console");
        }
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
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token")
    }
}

/// Whether two secrets are one, in a time that does not tell how much of them is.
pub(super) fn same(ours: &str, theirs: &str) -> bool {
    verify_slices_are_equal(ours.as_bytes(), theirs.as_bytes()).is_ok()
}

pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_token_is_not_another() {
        let (one, other) = (Token::random(), Token::random());
        assert!(one.is(&format!(" {}\n", one.reveal())));
        assert!(!one.is(other.reveal()));
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

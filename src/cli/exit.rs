//! How a command ends: one exhaustive map from failure to exit code.

use std::process::ExitCode;

use super::output;
use crate::axis::AxisError;
use crate::axis::pki::PkiError;
use crate::hub::ServeError;

/// Why a command did not succeed.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// The run's own check failed: exit code 1.
    #[error("{0}")]
    Check(String),
    /// Wrong flags, files or state of the machine: exit code 2.
    #[error("{0}")]
    Input(String),
    /// The run is not valid: exit code 3.
    #[error("INVALID: {0}")]
    Invalid(String),
    /// A part of this process failed, or the disk under its journal: exit code 4. Starting it again is
    /// the remedy, which a supervisor can do.
    #[error("{0}: start it again")]
    Internal(String),
}

impl From<PkiError> for Failure {
    fn from(error: PkiError) -> Self {
        Self::Input(error.to_string())
    }
}

impl From<AxisError> for Failure {
    fn from(error: AxisError) -> Self {
        match error {
            AxisError::Serve(error) => error.into(),
            other => Self::input("stop the axis", other),
        }
    }
}

impl From<ServeError> for Failure {
    fn from(error: ServeError) -> Self {
        match error {
            fatal @ ServeError::Fatal { .. } => Self::Internal(fatal.to_string()),
            other => Self::input("serve", other),
        }
    }
}

impl Failure {
    /// Wrong input, with what was being done and why it failed.
    pub(super) fn input(doing: &str, error: impl std::fmt::Display) -> Self {
        Self::Input(format!("cannot {doing}: {error}"))
    }
}

/// The exit code; the failure is said on standard error.
pub(super) fn code(ran: Result<(), Failure>) -> ExitCode {
    let Err(failure) = ran else {
        return ExitCode::SUCCESS;
    };
    output::complain(&failure.to_string());
    match failure {
        Failure::Check(_) => ExitCode::from(1),
        Failure::Input(_) => ExitCode::from(2),
        Failure::Invalid(_) => ExitCode::from(3),
        Failure::Internal(_) => ExitCode::from(4),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hub_that_cannot_go_on_has_a_code_of_its_own() {
        let fatal = || ServeError::Fatal {
            cause: "hub-commit panicked: planted".to_owned(),
        };
        let failures: [Failure; 2] = [fatal().into(), AxisError::from(fatal()).into()];
        for failure in failures {
            assert!(matches!(failure, Failure::Internal(_)), "{failure:?}");
            assert_eq!(
                failure.to_string(),
                "the hub cannot go on: hub-commit panicked: planted: start it again"
            );
        }
    }
}

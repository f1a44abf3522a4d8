//! The one error of core: what a caller did wrong, apart from what failed
//! inside. The first is shown; the second is logged and shown as an opaque
//! "internal".

use diesel::result::{DatabaseErrorKind, Error as DieselError};
use std::time::Duration;
use weighhouse_types::context::ContextError;
use weighhouse_types::error::{Code, Problem};

/// The result of every operation.
pub type Result<T> = std::result::Result<T, Error>;

/// Why an operation did not happen.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Refused: the caller is told why.
    #[error("{detail}")]
    Refused {
        code: Code,
        detail: String,
        /// The place in the request, as a JSON path.
        field: Option<String>,
    },
    /// Refused for now: the same may work later.
    #[error("{detail}")]
    Later { code: Code, detail: String, wait: Duration },
    /// The database failed or did not answer.
    #[error("database: {0}")]
    Database(DieselError),
    /// No connection could be had in time.
    #[error("database connection: {0}")]
    Connection(String),
    /// The database went away during a COMMIT: whether the change happened
    /// cannot be known from here.
    #[error("database, while committing: {0}")]
    InDoubt(String),
    /// The object store failed.
    #[error("object store: {0}")]
    Store(#[from] object_store::Error),
    /// The other side will never take it: trying again is no use.
    #[error("{0}")]
    Permanent(String),
    /// Anything else that should not happen.
    #[error("{0}")]
    Internal(String),
}

impl Error {
    /// A refusal.
    pub fn refused(code: Code, detail: impl Into<String>) -> Self {
        Self::Refused { code, detail: detail.into(), field: None }
    }

    /// A refusal until some time has passed, which `words` name as `{wait}`.
    pub(crate) fn later(code: Code, words: &str, wait: Duration) -> Self {
        Self::Later { code, detail: words.replace("{wait}", &in_words(wait)), wait }
    }

    /// The request is malformed at a place.
    pub fn invalid(field: &str, detail: impl Into<String>) -> Self {
        Self::Refused { code: Code::Invalid, detail: detail.into(), field: Some(field.into()) }
    }

    /// The present state does not allow it.
    pub fn conflict(detail: impl Into<String>) -> Self {
        Self::refused(Code::Conflict, detail)
    }

    /// There is no such thing for this caller: the same for what does not
    /// exist and for what may not be seen.
    #[must_use]
    pub fn not_found(what: &str) -> Self {
        Self::refused(Code::NotFound, format!("There is no such {what}, or you have no access to it."))
    }

    /// A fault inside.
    pub fn internal(cause: impl std::fmt::Display) -> Self {
        Self::Internal(cause.to_string())
    }

    /// What kind of error it is for a client.
    #[must_use]
    pub fn code(&self) -> Code {
        match self {
            Self::Refused { code, .. } | Self::Later { code, .. } => *code,
            Self::Connection(_) => Code::Unavailable,
            Self::InDoubt(_) => Code::InDoubt,
            Self::Database(e) if lost(e) || cut_short(e) => Code::Unavailable,
            _ if self.full() => Code::Unavailable,
            // An object that is not there is a loss; all else is the store's own trouble.
            Self::Store(object_store::Error::NotFound { .. }) => Code::Internal,
            Self::Store(_) => Code::Unavailable,
            Self::Database(_) | Self::Permanent(_) | Self::Internal(_) => Code::Internal,
        }
    }

    /// Whether trying again is no use.
    #[must_use]
    pub fn is_permanent(&self) -> bool {
        matches!(self, Self::Permanent(_))
    }

    /// The document shown to the caller; causes inside stay inside.
    #[must_use]
    pub fn problem(&self) -> Problem {
        let (detail, field) = match self {
            Self::Refused { detail, field, .. } => (detail.as_str(), field.clone()),
            Self::Later { detail, .. } => (detail.as_str(), None),
            Self::InDoubt(_) => (
                "The database went away while the change was being stored: it may have happened or not. Look before you send it again.",
                None,
            ),
            _ if self.full() => {
                ("The server has no room left on its disk. Nothing was changed; tell the operator.", None)
            }
            Self::Store(_) if self.code() == Code::Unavailable => (
                "Files cannot be stored or read at the moment. What was sent before is kept; try again shortly.",
                None,
            ),
            _ if self.code() == Code::Unavailable => {
                ("The database does not answer at the moment. Nothing was changed; try again shortly.", None)
            }
            _ => {
                ("The server failed. What was asked did not happen. Tell the operator the request id.", None)
            }
        };
        Problem { field, retry_after: self.retry_after(), ..Problem::new(self.code(), detail) }
    }

    /// After how many seconds it is worth trying again, where that is known.
    #[must_use]
    pub fn retry_after(&self) -> Option<u64> {
        match self {
            Self::Later { wait, .. } => Some(seconds(*wait)),
            _ => None,
        }
    }

    /// Whether the database's or the store's disk is full.
    fn full(&self) -> bool {
        match self {
            Self::Database(DieselError::DatabaseError(_, info)) => info.message().contains(NO_SPACE),
            Self::Store(error) => causes(error).any(|cause| cause.to_string().contains(NO_SPACE)),
            _ => false,
        }
    }

    /// Whether the named unique or exclusion constraint was broken.
    pub(crate) fn breaks(&self, constraint: &str) -> bool {
        matches!(
            self,
            Self::Database(DieselError::DatabaseError(DatabaseErrorKind::UniqueViolation, info))
                if info.constraint_name() == Some(constraint)
        )
    }

    /// Turns a broken constraint into a conflict with words; other errors stay.
    pub(crate) fn or_conflict(self, constraint: &str, detail: impl FnOnce() -> String) -> Self {
        if self.breaks(constraint) { Self::conflict(detail()) } else { self }
    }
}

/// Whole seconds, at least one.
fn seconds(wait: Duration) -> u64 {
    wait.as_millis().div_ceil(1000).try_into().unwrap_or(u64::MAX).max(1)
}

fn in_words(wait: Duration) -> String {
    match seconds(wait) {
        1 => "1 second".into(),
        seconds @ ..120 => format!("{seconds} seconds"),
        seconds => format!("{} minutes", seconds.div_ceil(60)),
    }
}

/// Text with the character NUL and dates beyond the calendar are what a caller
/// can send and Postgres cannot keep: theirs to mend, wherever they stood.
impl From<DieselError> for Error {
    fn from(error: DieselError) -> Self {
        match &error {
            DieselError::DatabaseError(_, info) if info.message().contains("0x00") => Self::refused(
                Code::Invalid,
                "A text holds the character NUL, which cannot be stored. Remove it.",
            ),
            DieselError::DatabaseError(_, info) if info.message().contains("timestamp out of range") => {
                Self::refused(Code::Invalid, "A date lies outside of what can be stored.")
            }
            _ => Self::Database(error),
        }
    }
}

impl From<ContextError> for Error {
    fn from(error: ContextError) -> Self {
        Self::invalid(&error.field, error.detail)
    }
}

/// ENOSPC in words, as C and Rust have them.
const NO_SPACE: &str = "No space left on device";

fn causes<'e>(error: &'e object_store::Error) -> impl Iterator<Item = &'e dyn std::error::Error> {
    let first: &'e dyn std::error::Error = error;
    std::iter::successors(Some(first), |error| error.source())
}

/// Whether the connection is gone, or the server takes none: said in words
/// where the server still says it (diesel does not hand on its codes).
pub(crate) fn lost(error: &DieselError) -> bool {
    match error {
        DieselError::DatabaseError(
            DatabaseErrorKind::UnableToSendCommand | DatabaseErrorKind::ClosedConnection,
            _,
        ) => true,
        DieselError::DatabaseError(_, info) => ["terminating connection", "the database system is"]
            .iter()
            .any(|gone| info.message().contains(gone)),
        _ => false,
    }
}

/// Whether the database gave a transaction up by itself: a statement took too
/// long, there or in what the driver clears away between two of ours.
fn cut_short(error: &DieselError) -> bool {
    let DieselError::DatabaseError(_, info) = error else { return false };
    ["canceling statement", "current transaction is aborted"].iter().any(|cut| info.message().contains(cut))
}

/// A number in the type where it is needed; one that does not fit is a fault
/// inside, since the database's own checks bound it.
pub(crate) fn fit<T, U: TryFrom<T>>(number: T) -> Result<U>
where
    U::Error: std::fmt::Display,
{
    U::try_from(number).map_err(Error::internal)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(text: &str) -> Error {
        DieselError::DatabaseError(DatabaseErrorKind::Unknown, Box::new(text.to_owned())).into()
    }

    #[test]
    fn what_is_gone_or_full_is_unavailable_and_doubt_is_doubt() {
        for gone in [
            "terminating connection due to administrator command",
            "the database system is in recovery mode",
            "could not extend file \"base/5/2619\": No space left on device",
        ] {
            assert_eq!(said(gone).code(), Code::Unavailable, "{gone}");
        }
        assert_eq!(said("division by zero").code(), Code::Internal);
        let full = std::io::Error::other("write failed: No space left on device (os error 28)");
        let full = object_store::Error::Generic { store: "LocalFileSystem", source: Box::new(full) };
        assert!(Error::from(full).problem().detail.contains("no room left"));
        let doubt = Error::InDoubt("connection closed".into()).problem();
        assert_eq!((doubt.status, doubt.code), (503, Code::InDoubt));
        assert!(!doubt.detail.contains("Nothing was changed"));
    }
}

//! The one error of core: what a caller did wrong, apart from what failed
//! inside. The first is shown; the second is logged and shown as an opaque
//! "internal".

use diesel::result::{DatabaseErrorKind, Error as DieselError};
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
    /// The database failed or did not answer.
    #[error("database: {0}")]
    Database(DieselError),
    /// No connection could be had in time.
    #[error("database connection: {0}")]
    Connection(String),
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
            Self::Refused { code, .. } => *code,
            Self::Connection(_) => Code::Unavailable,
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
            Self::Refused { detail, field, .. } => (detail.clone(), field.clone()),
            Self::Connection(_) => (
                "The database does not answer at the moment. Nothing was changed; try again shortly.".into(),
                None,
            ),
            Self::Store(_) if self.code() == Code::Unavailable => (
                "Files cannot be stored or read at the moment. What was sent before is kept; try again shortly."
                    .into(),
                None,
            ),
            _ => (
                "The server failed. What was asked did not happen. Tell the operator the request id.".into(),
                None,
            ),
        };
        Problem { field, ..Problem::new(self.code(), detail) }
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

/// A number in the type where it is needed; one that does not fit is a fault
/// inside, since the database's own checks bound it.
pub(crate) fn fit<T, U: TryFrom<T>>(number: T) -> Result<U>
where
    U::Error: std::fmt::Display,
{
    U::try_from(number).map_err(Error::internal)
}

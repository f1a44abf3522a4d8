//! Requests that did not succeed: what is said of them, and whether another
//! attempt makes sense.

use reqwest::StatusCode;
use std::time::Duration;
use weighhouse_types::error::{Code, Problem};

/// A request that did not succeed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    /// The API said no.
    #[error("{}", refusal(.problem))]
    Refused { problem: Box<Problem>, retry_after: Option<Duration> },
    /// Something between here and the API said no.
    #[error("{url} answered {status}, and not as a Weighhouse does{}", request(.request_id.as_deref()))]
    Status { url: String, status: StatusCode, request_id: Option<String>, retry_after: Option<Duration> },
    /// There was no answer.
    #[error("{0}")]
    Transport(String),
    /// What no repetition mends: an answer that makes no sense, a file that changed.
    #[error("{0}")]
    Final(String),
}

impl Error {
    /// Whether the same request may succeed in a moment.
    pub(crate) fn is_transient(&self) -> bool {
        match self {
            Self::Refused { problem, .. } => problem.status == 429 || problem.status >= 500,
            Self::Status { status, .. } => status.is_server_error() || matches!(status.as_u16(), 408 | 429),
            Self::Transport(_) => true,
            Self::Final(_) => false,
        }
    }

    /// Whether an earlier attempt at the same operation is still being worked
    /// on: it is neither refused nor lost.
    pub(crate) fn is_at_work(&self) -> bool {
        self.code() == Some(Code::Conflict) && self.retry_after().is_some()
    }

    /// How long the server asks to wait before the next attempt.
    pub(crate) fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Refused { retry_after, .. } | Self::Status { retry_after, .. } => *retry_after,
            Self::Transport(_) | Self::Final(_) => None,
        }
    }

    /// What the API said, without what this program adds.
    pub(crate) fn detail(&self) -> String {
        match self {
            Self::Refused { problem, .. } => problem.detail.clone(),
            other => other.to_string(),
        }
    }

    /// The HTTP status, where there was an answer.
    pub(crate) fn status(&self) -> Option<u16> {
        match self {
            Self::Refused { problem, .. } => Some(problem.status),
            Self::Status { status, .. } => Some(status.as_u16()),
            Self::Transport(_) | Self::Final(_) => None,
        }
    }

    /// The code of the API's refusal, where it was one.
    pub(crate) fn code(&self) -> Option<Code> {
        match self {
            Self::Refused { problem, .. } => Some(problem.code),
            _ => None,
        }
    }
}

impl From<reqwest::Error> for Error {
    fn from(error: reqwest::Error) -> Self {
        // The innermost cause is the one that helps.
        let server =
            error.url().map_or_else(|| "the server".into(), |url| url.origin().ascii_serialization());
        let mut cause: &dyn std::error::Error = &error;
        while let Some(inner) = cause.source() {
            cause = inner;
        }
        Self::Transport(if error.is_connect() {
            format!("cannot reach {server}: {cause}")
        } else {
            format!("the connection to {server} broke: {cause}")
        })
    }
}

/// An answer of another form than the API documents.
pub(crate) fn unreadable(error: serde_json::Error) -> Error {
    Error::Final(format!("the server's answer cannot be read: {error}"))
}

fn refusal(problem: &Problem) -> String {
    let place = problem.field.as_deref().filter(|field| !problem.detail.contains(field));
    let place = place.map(|field| format!(" (at {field})")).unwrap_or_default();
    let hint = match problem.code {
        Code::Unauthenticated => {
            "\n  make a token with `wh token create TENANT` or in the web UI, then run `wh login URL` or set WH_TOKEN"
        }
        _ => "",
    };
    format!("{}{place}{hint}{}", problem.detail, request(problem.request_id.as_deref()))
}

fn request(id: Option<&str>) -> String {
    id.map(|id| format!("\n  request {id}")).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_shows_detail_place_and_request() {
        let mut problem = Problem::new(Code::Invalid, "unknown field `branch`");
        problem.field = Some("context.code".into());
        problem.request_id = Some("0192".into());
        assert_eq!(refusal(&problem), "unknown field `branch` (at context.code)\n  request 0192");
    }

    #[test]
    fn only_what_may_pass_is_tried_again() {
        let refused = |code| Error::Refused { problem: Box::new(Problem::new(code, "")), retry_after: None };
        for code in [Code::Throttled, Code::Internal, Code::Unavailable] {
            assert!(refused(code).is_transient(), "{code:?}");
        }
        for code in [
            Code::Invalid,
            Code::Unauthenticated,
            Code::Forbidden,
            Code::NotFound,
            Code::Conflict,
            Code::Gone,
            Code::TooLarge,
            Code::Mismatch,
        ] {
            assert!(!refused(code).is_transient(), "{code:?}");
        }
    }
}

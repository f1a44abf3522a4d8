//! Errors as clients see them: RFC 9457 problem documents with stable codes.

use serde::{Deserialize, Serialize};

/// What kind of thing went wrong. Stable: scripts may match on it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Code {
    /// The request is malformed or breaks a rule of its own form (400).
    Invalid,
    /// No valid credential came with the request (401).
    Unauthenticated,
    /// The caller may see the thing, not do this to it (403).
    Forbidden,
    /// The thing does not exist, or not for this caller (404).
    NotFound,
    /// The address does not know the method (405).
    NoSuchMethod,
    /// The thing's present state does not allow it (409).
    Conflict,
    /// It was there and was removed for good, as a rule demanded (410).
    Gone,
    /// The body is larger than the limit (413).
    TooLarge,
    /// The content is not what its digest or manifest says (422).
    Mismatch,
    /// Too many attempts; wait (429).
    Throttled,
    /// The server failed; details are in its log under the request id (500).
    Internal,
    /// A part that the server needs does not answer now; nothing was changed (503).
    Unavailable,
    /// The database went away while the change was being stored: it may or may
    /// not have happened (503).
    InDoubt,
}

impl Code {
    /// Every code, by its status.
    pub const ALL: &[Self] = &[
        Self::Invalid,
        Self::Unauthenticated,
        Self::Forbidden,
        Self::NotFound,
        Self::NoSuchMethod,
        Self::Conflict,
        Self::Gone,
        Self::TooLarge,
        Self::Mismatch,
        Self::Throttled,
        Self::Internal,
        Self::Unavailable,
        Self::InDoubt,
    ];

    /// The HTTP status that goes with the code.
    #[must_use]
    pub const fn status(self) -> u16 {
        match self {
            Self::Invalid => 400,
            Self::Unauthenticated => 401,
            Self::Forbidden => 403,
            Self::NotFound => 404,
            Self::NoSuchMethod => 405,
            Self::Conflict => 409,
            Self::Gone => 410,
            Self::TooLarge => 413,
            Self::Mismatch => 422,
            Self::Throttled => 429,
            Self::Internal => 500,
            Self::Unavailable | Self::InDoubt => 503,
        }
    }

    /// A short title, the same for every problem of this code.
    #[must_use]
    pub const fn title(self) -> &'static str {
        match self {
            Self::Invalid => "The request is not valid",
            Self::Unauthenticated => "Sign-in is needed",
            Self::Forbidden => "Not allowed",
            Self::NotFound => "Not found",
            Self::NoSuchMethod => "The address does not know this method",
            Self::Conflict => "Not possible in the present state",
            Self::Gone => "No longer kept",
            Self::TooLarge => "Too large",
            Self::Mismatch => "The content does not match",
            Self::Throttled => "Too many attempts",
            Self::Internal => "Something failed on the server",
            Self::Unavailable => "Not available at the moment",
            Self::InDoubt => "It is not known whether it happened",
        }
    }
}

/// A problem document (RFC 9457), served as `application/problem+json`.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Problem {
    /// A URI reference that names the kind of problem.
    #[serde(rename = "type")]
    pub kind: String,
    pub title: String,
    pub status: u16,
    /// What is wrong and what to do about it.
    pub detail: String,
    pub code: Code,
    /// Find the server's log lines by this.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
    /// Where in the request the problem lies, as a JSON path, where it has one place.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
    /// After how many seconds it is worth trying again, where that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_after: Option<u64>,
}

impl Problem {
    /// The document for a code and a detail.
    #[must_use]
    pub fn new(code: Code, detail: impl Into<String>) -> Self {
        Self {
            kind: format!("/problems/{}", code_name(code)),
            title: code.title().into(),
            status: code.status(),
            detail: detail.into(),
            code,
            request_id: None,
            field: None,
            retry_after: None,
        }
    }
}

const fn code_name(code: Code) -> &'static str {
    match code {
        Code::Invalid => "invalid",
        Code::Unauthenticated => "unauthenticated",
        Code::Forbidden => "forbidden",
        Code::NotFound => "not-found",
        Code::NoSuchMethod => "no-such-method",
        Code::Conflict => "conflict",
        Code::Gone => "gone",
        Code::TooLarge => "too-large",
        Code::Mismatch => "mismatch",
        Code::Throttled => "throttled",
        Code::Internal => "internal",
        Code::Unavailable => "unavailable",
        Code::InDoubt => "in-doubt",
    }
}

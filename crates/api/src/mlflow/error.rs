//! Errors in MLflow's own form: `{"error_code": …, "message": …}`.

use crate::error::ApiError;
use actix_web::body::BoxBody;
use actix_web::http::StatusCode;
use actix_web::{HttpResponse, ResponseError};
use serde_json::json;
use std::fmt;
use weighhouse_core::Error;
use weighhouse_types::error::Code;

pub(super) type Result<T> = std::result::Result<T, Failure>;

/// Why a call did not do what it was asked.
#[derive(Debug)]
pub(super) struct Failure {
    status: u16,
    code: &'static str,
    message: String,
}

impl Failure {
    pub(super) fn invalid(message: impl Into<String>) -> Self {
        Self { status: 400, code: "INVALID_PARAMETER_VALUE", message: message.into() }
    }

    pub(super) fn no_such_endpoint(path: &str) -> Self {
        let message = format!("There is no {path} here, or not with this method.");
        Self { status: 404, code: "ENDPOINT_NOT_FOUND", message }
    }
}

/// A conflict where something is made or named: the name is taken.
pub(super) fn taken(error: Error) -> Failure {
    let exists = error.code() == Code::Conflict;
    let failure = Failure::from(error);
    if exists { Failure { code: "RESOURCE_ALREADY_EXISTS", ..failure } } else { failure }
}

/// MLflow's client tries all of 5xx again, so that what is refused is 4xx.
impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        ApiError::log(&error);
        let (status, code) = match error.code() {
            Code::Invalid | Code::Conflict | Code::Mismatch | Code::Gone => (400, "INVALID_PARAMETER_VALUE"),
            Code::Unauthenticated => (401, "UNAUTHENTICATED"),
            Code::Forbidden => (403, "PERMISSION_DENIED"),
            Code::NotFound => (404, "RESOURCE_DOES_NOT_EXIST"),
            Code::NoSuchMethod => (404, "ENDPOINT_NOT_FOUND"),
            Code::TooLarge => (413, "INVALID_PARAMETER_VALUE"),
            Code::Throttled => (429, "REQUEST_LIMIT_EXCEEDED"),
            Code::Internal => (500, "INTERNAL_ERROR"),
            Code::Unavailable | Code::InDoubt => (503, "TEMPORARILY_UNAVAILABLE"),
        };
        Self { status, code, message: error.problem().detail }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl ResponseError for Failure {
    fn status_code(&self) -> StatusCode {
        StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }

    fn error_response(&self) -> HttpResponse<BoxBody> {
        HttpResponse::build(self.status_code())
            .json(json!({ "error_code": self.code, "message": self.message }))
    }
}

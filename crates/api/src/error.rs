//! Core's errors as problem documents: the one place where they meet HTTP.

use crate::request::RequestId;
use actix_web::body::BoxBody;
use actix_web::http::StatusCode;
use actix_web::http::header::RETRY_AFTER;
use actix_web::{HttpResponse, ResponseError};
use std::fmt;
use weighhouse_core::{Ctx, Error};
use weighhouse_types::error::{Code, Problem};

/// A handler's error.
#[derive(Debug)]
pub struct ApiError {
    /// Boxed: a result should not be large for its error's sake.
    problem: Box<Problem>,
}

/// The result of a handler.
pub(crate) type Result<T> = std::result::Result<T, ApiError>;

impl ApiError {
    /// Logs what failed inside, once, and keeps what the caller may know.
    pub(crate) fn new(error: &Error, RequestId(request_id): RequestId) -> Self {
        Self::log(error);
        let problem = Problem { request_id: Some(request_id), ..error.problem() };
        Self { problem: Box::new(problem) }
    }

    /// Logs what failed inside; what was refused is the caller's to know. The
    /// request's id is its span's.
    pub(crate) fn log(error: &Error) {
        match error.code() {
            Code::Internal | Code::Unavailable | Code::InDoubt => {
                tracing::error!(%error, "request failed");
            }
            code => tracing::debug!(?code, %error, "request refused"),
        }
    }
}

/// Gives core's results the request's id on their way out.
pub(crate) trait Answer<T> {
    fn or_problem(self, ctx: &Ctx) -> Result<T>;
}

impl<T> Answer<T> for weighhouse_core::Result<T> {
    fn or_problem(self, ctx: &Ctx) -> Result<T> {
        self.map_err(|error| ApiError::new(&error, RequestId(ctx.request_id().to_owned())))
    }
}

impl fmt::Display for ApiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.problem.detail)
    }
}

impl ResponseError for ApiError {
    fn status_code(&self) -> StatusCode {
        StatusCode::from_u16(self.problem.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }

    fn error_response(&self) -> HttpResponse<BoxBody> {
        let mut response = HttpResponse::build(self.status_code());
        if self.problem.code == Code::Unauthenticated {
            response.insert_header(("WWW-Authenticate", "Bearer realm=\"weighhouse\""));
        }
        let busy = (self.problem.code == Code::Unavailable).then_some(2);
        if let Some(seconds) = self.problem.retry_after.or(busy) {
            response.insert_header((RETRY_AFTER, seconds));
        }
        response.content_type("application/problem+json").json(&self.problem)
    }
}

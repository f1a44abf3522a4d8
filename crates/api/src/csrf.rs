//! Unsafe requests that a browser sends with its cookies must come from our
//! own pages. (Forms carry a token of their own besides.)

use crate::error::ApiError;
use crate::request::RequestId;
use actix_web::body::{EitherBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{AUTHORIZATION, HeaderMap, ORIGIN};
use actix_web::middleware::Next;
use actix_web::web::Data;
use weighhouse_core::{App, Error};
use weighhouse_types::error::Code;

/// Refuses unsafe methods from other sites. Requests with an Authorization
/// header carry no ambient right and pass. So do those without our cookie of
/// which no browser says where they come from: scripts that sign in. (Every
/// browser says it of what other sites make it send; else they could sign
/// people in as somebody else.)
///
/// # Errors
/// Only what the inner service gives.
pub async fn refuse_cross_site<B: MessageBody>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<EitherBody<B>>, actix_web::Error> {
    let safe = request.method().is_safe() || request.headers().contains_key(AUTHORIZATION);
    let config = request.app_data::<Data<App>>().map(|app| &app.config);
    let public = config.map(|config| config.public_url.origin().ascii_serialization());
    let session = config.is_some_and(|config| request.cookie(config.session_cookie()).is_some());
    if safe || same_site(request.headers(), public.as_deref(), session) {
        return Ok(next.call(request).await?.map_into_left_body());
    }
    let error = Error::refused(
        Code::Forbidden,
        "This request did not come from a page of this installation, and was refused. Open the page again and retry there.",
    );
    let response =
        actix_web::ResponseError::error_response(&ApiError::new(&error, RequestId::of(request.request())));
    Ok(request.into_response(response).map_into_right_body())
}

/// What the browser itself says, else the origin that it names. Where neither
/// is said, only those without a session pass.
fn same_site(headers: &HeaderMap, public: Option<&str>, session: bool) -> bool {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    match text("sec-fetch-site") {
        Some(site) => site == "same-origin",
        None if headers.contains_key(ORIGIN) => text(ORIGIN.as_str()) == public,
        None => !session,
    }
}

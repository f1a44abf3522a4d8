//! Unsafe requests that a browser sends with its cookies must come from our
//! own pages. (Forms carry a token of their own besides.)

use crate::error::ApiError;
use crate::request::RequestId;
use actix_web::body::{EitherBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{AUTHORIZATION, COOKIE, HeaderMap, ORIGIN};
use actix_web::middleware::Next;
use actix_web::web::Data;
use weighhouse_core::{App, Error};
use weighhouse_types::error::Code;

/// Refuses unsafe methods from other sites. Requests with an Authorization
/// header carry no ambient right and pass, as do scripts that have no cookie.
///
/// # Errors
/// Only what the inner service gives.
pub async fn refuse_cross_site<B: MessageBody>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<EitherBody<B>>, actix_web::Error> {
    let headers = request.headers();
    let safe = request.method().is_safe() || headers.contains_key(AUTHORIZATION) || no_browser(headers);
    let public =
        request.app_data::<Data<App>>().map(|app| app.config.public_url.origin().ascii_serialization());
    if safe || same_site(request.headers(), public.as_deref()) {
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

/// Nothing that a browser adds by itself: neither its cookies, nor where the
/// request comes from, which it names with everything that another site sends.
fn no_browser(headers: &HeaderMap) -> bool {
    ![COOKIE.as_str(), ORIGIN.as_str(), "sec-fetch-site"].iter().any(|name| headers.contains_key(*name))
}

/// What the browser itself says, else the origin that it names.
fn same_site(headers: &HeaderMap, public: Option<&str>) -> bool {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    match text("sec-fetch-site") {
        Some(site) => site == "same-origin",
        None => text(ORIGIN.as_str()).is_some_and(|origin| Some(origin) == public),
    }
}

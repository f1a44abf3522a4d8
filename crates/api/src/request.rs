//! Request ids: one a request, in every log line about it, in the response's
//! header and in the mails and jobs that follow from it.

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{CONTENT_LENGTH, HeaderName, HeaderValue};
use actix_web::middleware::Next;
use actix_web::{HttpMessage, HttpRequest};
use std::time::{Duration, Instant};
use tracing::Instrument;
use weighhouse_core::kernel::metrics::metrics;
use weighhouse_core::kernel::secret;

const HEADER: HeaderName = HeaderName::from_static("x-request-id");

/// An answer that took longer is worth a warning.
const SLOW: Duration = Duration::from_secs(2);
/// A body beyond this comes as slowly as its sender's line, in bytes.
const LARGE: u64 = 64 << 10;

/// The id of a request.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RequestId(pub String);

impl RequestId {
    /// The id that [`trace`] gave to a request.
    #[must_use]
    pub fn of(request: &HttpRequest) -> Self {
        request.extensions().get::<Self>().cloned().unwrap_or_else(|| Self(secret::request_id()))
    }
}

/// Gives a request its id and span, and logs how it ended.
///
/// # Errors
/// Only what the inner service gives.
pub async fn trace(
    mut request: ServiceRequest,
    next: Next<impl MessageBody>,
) -> Result<ServiceResponse<impl MessageBody>, actix_web::Error> {
    let id = secret::request_id();
    let value = HeaderValue::from_str(&id)?;
    // Pages read it from the header; what a client sent under the name goes.
    request.headers_mut().insert(HEADER, value.clone());
    request.extensions_mut().insert(RequestId(id.clone()));
    // Paths hold invitation tokens; the pattern does not.
    let method = request.method().to_string();
    let length = request.headers().get(CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse().ok());
    let large = length.unwrap_or(0) > LARGE;
    let _at_hand = metrics().http_started();
    let started = Instant::now();
    let span = tracing::info_span!("request", request_id = %id);
    let mut response = next.call(request).instrument(span).await?;
    response.headers_mut().insert(HEADER, value);
    let route = response.request().match_pattern().unwrap_or_default();
    let took = started.elapsed();
    let (status, milliseconds) = (response.status().as_u16(), took.as_secs_f64() * 1e3);
    metrics().http_answered(&route, &method, status, took);
    if took > SLOW && !large {
        tracing::warn!(request_id = %id, method, route, status, milliseconds, "answered slowly");
    } else {
        tracing::info!(request_id = %id, method, route, status, milliseconds, "answered");
    }
    Ok(response)
}

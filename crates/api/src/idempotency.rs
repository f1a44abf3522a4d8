//! `Idempotency-Key` on every POST (draft-ietf-httpapi-idempotency-key-header):
//! the one place where a request is answered once and its answer given again.

use crate::directory;
use crate::error::ApiError;
use crate::extract::{JSON_MAX, identify};
use crate::request::RequestId;
use actix_web::body::{BodySize, BoxBody, EitherBody, MessageBody, to_bytes};
use actix_web::dev::{Payload, ServiceRequest, ServiceResponse};
use actix_web::http::header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, RETRY_AFTER};
use actix_web::http::{Method, StatusCode};
use actix_web::middleware::Next;
use actix_web::web::{Bytes, BytesMut};
use actix_web::{HttpMessage, HttpRequest, HttpResponse, ResponseError};
use futures_util::StreamExt;
use serde::Serialize;
use tracing::Instrument;
use weighhouse_core::kernel::idempotency::{self, Claim, Kept, Keyed, Reserved};
use weighhouse_core::{Ctx, Error, tenancy};
use weighhouse_types::error::Code;

/// The request's header.
pub(crate) const KEY: HeaderName = HeaderName::from_static("idempotency-key");
/// Says that an answer was given before.
pub(crate) const REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");
/// The shortest key. A key keeps others from an answer, and salts the hash of
/// a body that may hold a password: it has to be hard to guess.
pub(crate) const KEY_MIN: usize = 16;
/// The longest key.
pub(crate) const KEY_MAX: usize = 255;
/// The largest answer that is kept, in bytes; larger ones can be asked for again.
const KEPT_MAX: u64 = 1 << 20;

/// An answer as it is kept: without what is shown once.
struct WithoutSecret(Vec<u8>);

/// An answer that holds a secret; `rest` is what is kept of it and given to
/// the same request again.
pub(crate) fn shown_once(
    status: StatusCode,
    answer: &impl Serialize,
    rest: &impl Serialize,
) -> Result<HttpResponse, Error> {
    let kept = WithoutSecret(serde_json::to_vec(rest).map_err(Error::internal)?);
    let mut response = HttpResponse::build(status).json(answer);
    response.extensions_mut().insert(kept);
    Ok(response)
}

/// Answers a POST under a key once, and the same request with the same answer.
///
/// # Errors
/// Only what the inner service gives.
pub(crate) async fn once<B: MessageBody + 'static>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<EitherBody<B>>, actix_web::Error> {
    if request.method() != Method::POST || !request.headers().contains_key(KEY) {
        return Ok(next.call(request).await?.map_into_left_body());
    }
    let (http, payload) = request.into_parts();
    let (ctx, claim, body) = match reserve(&http, payload).await {
        Ok(Taken::First(ctx, claim, body)) => (ctx, claim, body),
        Ok(Taken::Before(kept)) => {
            return Ok(ServiceResponse::new(http, replay(kept)).map_into_right_body());
        }
        Ok(Taken::AtWork) => {
            let mut response = ApiError::new(&at_work(), RequestId::of(&http)).error_response();
            // Tells this conflict, which passes, from all others.
            response.headers_mut().insert(RETRY_AFTER, HeaderValue::from_static("1"));
            return Ok(ServiceResponse::new(http, response).map_into_right_body());
        }
        Err(error) => {
            let response = ApiError::new(&error, RequestId::of(&http)).error_response();
            return Ok(ServiceResponse::new(http, response).map_into_right_body());
        }
    };
    http.extensions_mut().insert((*ctx).clone().claiming(claim.clone()));
    let request = ServiceRequest::from_parts(http, Payload::from(body));
    // A task of its own: a client that goes away comes back for the answer.
    let work = async move { carry_out(&ctx, &claim, next.call(request).await).await };
    let answered = actix_web::rt::spawn(work.in_current_span()).await;
    answered.map_err(actix_web::error::ErrorInternalServerError)?.map(ServiceResponse::map_into_right_body)
}

enum Taken {
    First(Box<Ctx>, Claim, Bytes),
    Before(Kept),
    AtWork,
}

fn at_work() -> Error {
    Error::conflict(
        "A request under this Idempotency-Key is at work. Wait a moment, then send it again under the same key.",
    )
}

async fn reserve(http: &HttpRequest, payload: Payload) -> Result<Taken, Error> {
    let key = key_of(http.headers())?;
    let ctx = match directory::is_open(http.path()) {
        true => Ctx::anonymous(&crate::extract::app(http)?, RequestId::of(http).0),
        false => identify(http, &RequestId::of(http)).await?,
    };
    let body = read(payload).await?;
    let address = http.uri().path_and_query().map_or(http.path(), |address| address.as_str());
    let route = http.match_pattern().unwrap_or_default();
    let keyed = Keyed { key: &key, address, route: &route, body: &body };
    match idempotency::reserve(&ctx, &keyed).await? {
        Reserved::First(claim) => Ok(Taken::First(Box::new(ctx), claim, body)),
        Reserved::Before(kept) => {
            still_reached(&ctx, http.path()).await?;
            Ok(Taken::Before(kept))
        }
        Reserved::AtWork => Ok(Taken::AtWork),
    }
}

/// The key: a string as in RFC 9651, or the same without its quotes.
fn key_of(headers: &HeaderMap) -> Result<String, Error> {
    let wrong = |what: &str| {
        Error::invalid(
            "Idempotency-Key",
            format!(
                "{what} Send one key of {KEY_MIN} to {KEY_MAX} letters, digits and signs that nobody can guess, such as a UUID."
            ),
        )
    };
    let mut all = headers.get_all(KEY);
    let (Some(value), None) = (all.next(), all.next()) else {
        return Err(wrong("There are several Idempotency-Keys."));
    };
    let text = value.to_str().ok().map(str::trim).unwrap_or_default();
    let quoted = text.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
    let key = quoted.unwrap_or(text);
    let plain = key.bytes().all(|b| b.is_ascii_graphic() && !matches!(b, b'"' | b'\\'));
    if plain && (KEY_MIN..=KEY_MAX).contains(&key.len()) {
        Ok(key.to_owned())
    } else {
        Err(wrong("This is no Idempotency-Key."))
    }
}

async fn read(mut payload: Payload) -> Result<Bytes, Error> {
    let mut body = BytesMut::new();
    while let Some(chunk) = payload.next().await {
        let chunk = chunk.map_err(|e| Error::invalid("body", format!("The body broke off: {e}")))?;
        if body.len() + chunk.len() > JSON_MAX {
            return Err(Error::refused(Code::TooLarge, format!("The body is larger than {JSON_MAX} bytes.")));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body.freeze())
}

/// A kept answer is for who could ask again: whoever lost the client or the
/// agency since gets what everybody gets there.
async fn still_reached(ctx: &Ctx, path: &str) -> Result<(), Error> {
    let mut parts = path.trim_start_matches("/api/v1/").split('/');
    match (parts.next(), parts.next()) {
        (Some("tenants"), Some(slug)) => tenancy::tenant_reached(ctx, slug).await,
        (Some("agencies"), Some(slug)) => tenancy::agency_get(ctx, slug).await.map(drop),
        _ => Ok(()),
    }
}

/// Keeps the answer, or gives the key back where it is not for keeping.
async fn carry_out<B: MessageBody + 'static>(
    ctx: &Ctx,
    claim: &Claim,
    answered: Result<ServiceResponse<B>, actix_web::Error>,
) -> Result<ServiceResponse<BoxBody>, actix_web::Error> {
    let settle = async |kept: Option<Kept>| {
        let settled = match &kept {
            Some(kept) => idempotency::keep(ctx.app(), claim, kept).await,
            None => idempotency::release(ctx.app(), claim).await,
        };
        if let Err(error) = settled {
            // A second try is told that it was done, or does it once the lease is over.
            tracing::error!(%error, "an answer under an Idempotency-Key was not kept");
        }
    };
    let response = match answered {
        Ok(response) => response,
        Err(error) => {
            settle(None).await;
            return Err(error);
        }
    };
    let (http, response) = response.into_parts();
    let small = matches!(response.body().size(), BodySize::None | BodySize::Sized(0..=KEPT_MAX));
    if !small || !for_keeping(ctx, response.status()) {
        settle(None).await;
        return Ok(ServiceResponse::new(http, response.map_into_boxed_body()));
    }
    let (response, body) = response.into_parts();
    let body = to_bytes(body).await.map_err(|e| actix_web::error::ErrorInternalServerError(e.into()))?;
    let shown = response.extensions().get::<WithoutSecret>().map(|rest| rest.0.clone());
    let content_type = response.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let kept = Kept {
        status: response.status().as_u16(),
        content_type: content_type.unwrap_or_default().to_owned(),
        body: shown.unwrap_or_else(|| body.to_vec()),
    };
    settle(Some(kept)).await;
    Ok(ServiceResponse::new(http, response.set_body(BoxBody::new(body))))
}

/// Failures of the server, and refusals that say “not now” or “not you”, are
/// not what the request came to. Strangers who are refused leave no row behind.
fn for_keeping(ctx: &Ctx, status: StatusCode) -> bool {
    match ctx.user() {
        Ok(_) => !status.is_server_error() && !matches!(status.as_u16(), 401 | 408 | 429),
        Err(_) => status.is_success(),
    }
}

fn replay(kept: Kept) -> HttpResponse {
    let status = StatusCode::from_u16(kept.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = HttpResponse::build(status);
    response.insert_header((REPLAYED, "true"));
    if !kept.content_type.is_empty() {
        response.insert_header((CONTENT_TYPE, kept.content_type));
    }
    response.body(kept.body)
}

//! From a request: who calls, and the parts of its path, query and body.

use crate::error::ApiError;
use crate::request::RequestId;
use actix_web::dev::Payload;
use actix_web::http::header::{AUTHORIZATION, HeaderName, SET_COOKIE, USER_AGENT};
use actix_web::web::{Data, JsonConfig, PathConfig, QueryConfig};
use actix_web::{FromRequest, HttpMessage, HttpRequest};
use futures_util::future::LocalBoxFuture;
use std::future::{Ready, ready};
use std::ops::Deref;
use std::sync::Arc;
use weighhouse_core::identity::{bearer_ctx, session_ctx};
use weighhouse_core::kernel::network::Origin;
use weighhouse_core::{App, Ctx, Error};
use weighhouse_types::error::Code;

/// The largest JSON body, in bytes: a manifest of 10,000 files fits.
pub(crate) const JSON_MAX: usize = 8 << 20;

/// Where a request comes from.
fn origin(request: &HttpRequest, app: &App) -> Origin {
    let header = app.config.proxies.header.name();
    let values = request.headers().get_all(header).filter_map(|value| value.to_str().ok());
    let header = values.collect::<Vec<_>>().join(",");
    let device = request.cookie(app.config.device_cookie()).map(|cookie| cookie.value().to_owned());
    app.config.origin(request.peer_addr().map(|peer| peer.ip()), &header, device)
}

/// The caller of a request: by API token or its JWT, else by session cookie.
pub(crate) struct Caller(Ctx);

impl Deref for Caller {
    type Target = Ctx;
    fn deref(&self) -> &Ctx {
        &self.0
    }
}

impl FromRequest for Caller {
    type Error = ApiError;
    type Future = LocalBoxFuture<'static, Result<Self, ApiError>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let request = request.clone();
        Box::pin(async move {
            let id = RequestId::of(&request);
            // Somebody without a login was found out for an open address only.
            let known = known(&request).filter(|ctx| ctx.user().is_ok());
            let ctx = match known {
                Some(ctx) => Ok(ctx),
                None => identify(&request, &id).await,
            };
            ctx.map(Self).map_err(|error| ApiError::new(&error, id))
        })
    }
}

/// Whoever calls, with a login or without.
pub(crate) struct Anyone(Ctx);

impl Deref for Anyone {
    type Target = Ctx;
    fn deref(&self) -> &Ctx {
        &self.0
    }
}

impl FromRequest for Anyone {
    type Error = ApiError;
    type Future = Ready<Result<Self, ApiError>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let id = RequestId::of(request);
        let ctx = match known(request) {
            Some(ctx) => Ok(ctx),
            None => app(request).map(|app| Ctx::anonymous(&app, id.0.clone()).at(origin(request, &app))),
        };
        ready(ctx.map(Self).map_err(|error| ApiError::new(&error, id)))
    }
}

/// Who calls, where it was found out before a handler was chosen.
fn known(request: &HttpRequest) -> Option<Ctx> {
    request.extensions().get::<Ctx>().cloned()
}

pub(crate) fn app(request: &HttpRequest) -> Result<Arc<App>, Error> {
    let app = request.app_data::<Data<App>>().ok_or_else(|| Error::internal("no app data"))?;
    Ok(Arc::clone(app))
}

/// Who calls, by the credential that came along.
pub(crate) async fn identify(request: &HttpRequest, id: &RequestId) -> Result<Ctx, Error> {
    let app = app(request)?;
    Ok(by_credential(request, &app, id).await?.at(origin(request, &app)))
}

async fn by_credential(
    request: &HttpRequest,
    app: &Arc<App>,
    RequestId(id): &RequestId,
) -> Result<Ctx, Error> {
    if let Some(header) = request.headers().get(AUTHORIZATION) {
        let token = header.to_str().ok().and_then(|text| text.strip_prefix("Bearer "));
        let token = token.ok_or_else(|| {
            Error::refused(Code::Unauthenticated, "The Authorization header must be “Bearer wh_…”.")
        })?;
        return bearer_ctx(app, token.trim(), id).await;
    }
    match request.cookie(app.config.session_cookie()) {
        Some(cookie) => session_ctx(app, cookie.value(), id).await,
        None => Err(Error::refused(
            Code::Unauthenticated,
            "Sign in, or send an API token as “Authorization: Bearer wh_…”.",
        )),
    }
}

/// What the caller's program says of itself.
pub(crate) fn agent(request: &HttpRequest) -> &str {
    request.headers().get(USER_AGENT).and_then(|agent| agent.to_str().ok()).unwrap_or_default()
}

/// The header with the cookie that signs a browser, or a script that keeps
/// cookies, in; for `max_age` seconds, or as long as the browser likes.
pub(crate) fn session_cookie(ctx: &Ctx, secret: &str, max_age: Option<u32>) -> (HeaderName, String) {
    let config = &ctx.app().config;
    (SET_COOKIE, config.cookie(config.session_cookie(), secret, "/", max_age))
}

/// JSON bodies: bounded, and wrong ones say where.
pub(crate) fn json_config() -> JsonConfig {
    JsonConfig::default().limit(JSON_MAX).error_handler(|error, request| {
        use actix_web::error::JsonPayloadError as E;
        let error = match &error {
            E::Overflow { .. } | E::OverflowKnownLength { .. } => {
                Error::refused(Code::TooLarge, format!("The body is larger than {JSON_MAX} bytes."))
            }
            E::ContentType => Error::invalid("body", "Send JSON, with “Content-Type: application/json”."),
            other => Error::invalid("body", format!("The body is not what is expected here: {other}")),
        };
        ApiError::new(&error, RequestId::of(request)).into()
    })
}

/// Paths that do not parse name nothing that exists.
pub(crate) fn path_config() -> PathConfig {
    PathConfig::default().error_handler(|_, request| {
        ApiError::new(&Error::not_found("thing at this address"), RequestId::of(request)).into()
    })
}

/// Query strings that do not parse say why.
pub(crate) fn query_config() -> QueryConfig {
    QueryConfig::default().error_handler(|error, request| {
        let error = Error::invalid("query", format!("The query is not what is expected here: {error}"));
        ApiError::new(&error, RequestId::of(request)).into()
    })
}

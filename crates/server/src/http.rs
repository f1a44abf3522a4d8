//! The HTTP server: API, pages and files in one actix application.

use crate::assets;
use actix_web::body::{EitherBody, MessageBody};
use actix_web::dev::{Server, ServiceRequest, ServiceResponse};
use actix_web::http::header::{HOST, HeaderValue};
use actix_web::middleware::{Compress, Next, from_fn};
use actix_web::web::Data;
use actix_web::{HttpResponse, HttpServer};
use std::net::TcpListener;
use std::sync::Arc;
use weighhouse_core::App;
use weighhouse_core::kernel::config::is_loopback;

/// How long requests at hand may take once the server is told to stop.
const DRAIN_SECONDS: u64 = 20;

/// A server on a socket that is already bound.
///
/// # Errors
/// When the socket cannot be used.
pub fn server(app: &Arc<App>, listener: TcpListener, workers: usize) -> std::io::Result<Server> {
    let app = Arc::clone(app);
    let server = HttpServer::new(move || {
        let (data, pages) = (Data::from(Arc::clone(&app)), Arc::clone(&app));
        actix_web::App::new()
            .wrap(Compress::default())
            .wrap(from_fn(weighhouse_api::refuse_cross_site))
            .wrap(from_fn(refuse_plain_http))
            .wrap(from_fn(security_headers))
            .wrap(from_fn(weighhouse_api::trace))
            .app_data(data)
            .configure(weighhouse_api::configure)
            .configure(assets::configure)
            .configure(move |config| {
                weighhouse_frontend::mount(config, pages, assets::prefix(), weighhouse_api::document())
            })
    });
    let server = server.workers(workers).shutdown_timeout(DRAIN_SECONDS).disable_signals();
    Ok(server.listen(listener)?.run())
}

/// Headers that every answer carries. Pages add their own
/// Content-Security-Policy, with the nonce of their scripts.
async fn security_headers(
    request: ServiceRequest,
    next: Next<impl MessageBody>,
) -> Result<ServiceResponse<impl MessageBody>, actix_web::Error> {
    let https = request.app_data::<Data<App>>().is_some_and(|app| !app.config.plain_http());
    let mut response = next.call(request).await?;
    let headers = response.headers_mut();
    let mut set = |name: &'static str, value: &'static str| {
        headers
            .insert(actix_web::http::header::HeaderName::from_static(name), HeaderValue::from_static(value));
    };
    set("x-frame-options", "DENY");
    set("x-content-type-options", "nosniff");
    set("referrer-policy", "same-origin");
    if https {
        set("strict-transport-security", "max-age=31536000");
    }
    Ok(response)
}

/// An installation on plain http answers to loopback names only: over any
/// other name the sign-in cookie would not come back. (It also keeps foreign
/// pages from reaching it under a name of theirs.)
async fn refuse_plain_http<B: MessageBody>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<EitherBody<B>>, actix_web::Error> {
    let plain = request.app_data::<Data<App>>().is_some_and(|app| app.config.plain_http());
    let host = request.headers().get(HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    let name = host.rsplit_once(':').filter(|(_, port)| port.bytes().all(|b| b.is_ascii_digit()));
    let name = name.map_or(host, |(name, _)| name);
    if !plain || is_loopback(name) {
        return Ok(next.call(request).await?.map_into_left_body());
    }
    let refused = HttpResponse::Forbidden().content_type("text/plain; charset=utf-8").body(
        "This Weighhouse answers to plain http on its own machine only: the sign-in cookie would be lost \
         over any other name, and you would be asked to sign in for ever.\n\
         Open it as http://localhost, or put a proxy with TLS in front and start it with --public-url https://…\n",
    );
    Ok(request.into_response(refused).map_into_right_body())
}

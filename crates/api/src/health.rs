//! Whether the process lives, and whether its parts answer.

use actix_web::web::Data;
use actix_web::{HttpResponse, get};
use weighhouse_core::App;

/// The process answers.
#[utoipa::path(tag = "health", security(()),
    responses((status = 200, content_type = "text/plain", description = "The process lives")))]
#[get("/healthz")]
pub(crate) async fn healthz() -> HttpResponse {
    HttpResponse::Ok().content_type("text/plain").body("ok\n")
}

/// Database and object store answer.
#[utoipa::path(tag = "health", security(()), responses(
    (status = 200, content_type = "text/plain", description = "Every part answers"),
    (status = 503, content_type = "text/plain", description = "A part does not answer; the body names it"),
))]
#[get("/readyz")]
pub(crate) async fn readyz(app: Data<App>) -> HttpResponse {
    match app.ready().await {
        Ok(()) => HttpResponse::Ok().content_type("text/plain").body("ready\n"),
        Err(error) => {
            tracing::warn!(%error, "not ready");
            let part = error.to_string();
            let part = part.split(':').next().unwrap_or_default();
            HttpResponse::ServiceUnavailable().content_type("text/plain").body(format!("not ready: {part}\n"))
        }
    }
}

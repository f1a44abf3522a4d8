//! What clients ask about the server itself.

use actix_web::HttpResponse;
use actix_web::web::{self, ServiceConfig};
use serde_json::json;

/// The version of MLflow whose protocol is spoken.
const VERSION: &str = "3.18.0";

pub(super) fn configure(config: &mut ServiceConfig) {
    config.route("/health", web::get().to(health)).route("/version", web::get().to(version));
}

pub(super) fn configure_info(config: &mut ServiceConfig) {
    config.route("/server-info", web::get().to(info)).default_service(web::route().to(super::nothing_here));
}

async fn health() -> &'static str {
    "OK"
}

async fn version() -> &'static str {
    VERSION
}

/// Read by clients before they send files, and without a credential.
async fn info() -> HttpResponse {
    HttpResponse::Ok().json(json!({
        "store_type": "SqlStore",
        "workspaces_enabled": false,
        "trace_archival_enabled": false,
        "artifact_serving_enabled": false,
        "multipart_uploads_enabled": false,
        "multipart_downloads_enabled": false,
        "artifacts_presigned_only": false,
    }))
}

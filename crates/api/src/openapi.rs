//! The OpenAPI 3.1 document, generated from the handlers themselves.

mod finish;
mod operation;

use crate::routes;
use actix_web::{HttpResponse, get};
use serde_json::Value;
use std::sync::LazyLock;
use utoipa_actix_web::AppExt;

static DOCUMENT: LazyLock<Value> = LazyLock::new(|| {
    let app = actix_web::App::new().into_utoipa_app().configure(routes::table);
    // What utoipa makes is JSON; there is nothing that could fail.
    finish::finish(serde_json::to_value(app.split_for_parts().1).unwrap_or_default())
});

/// The API's description.
#[must_use]
pub fn document() -> &'static Value {
    &DOCUMENT
}

/// This description of the API, OpenAPI 3.1.
#[utoipa::path(tag = "installation", security(()), responses((status = 200, content_type = "application/json")))]
#[get("/openapi.json")]
pub(crate) async fn openapi_json() -> HttpResponse {
    HttpResponse::Ok().json(document())
}

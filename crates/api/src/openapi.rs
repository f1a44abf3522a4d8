//! The OpenAPI 3.1 document, generated from the handlers themselves.

use crate::routes;
use actix_web::{HttpResponse, get};
use std::sync::LazyLock;
use utoipa::openapi::security::{Http, HttpAuthScheme, SecurityRequirement, SecurityScheme};
use utoipa::openapi::{ContentBuilder, InfoBuilder, OpenApi, Ref, RefOr, Response, ResponseBuilder};
use utoipa::{PartialSchema, ToSchema};
use utoipa_actix_web::AppExt;
use weighhouse_types::error::{Code, Problem};

static DOCUMENT: LazyLock<OpenApi> = LazyLock::new(|| {
    let app = actix_web::App::new().into_utoipa_app().configure(routes::table);
    finish(app.split_for_parts().1)
});

/// The API's description.
#[must_use]
pub fn document() -> &'static OpenApi {
    &DOCUMENT
}

/// This description of the API, OpenAPI 3.1.
#[utoipa::path(tag = "health", responses((status = 200, content_type = "application/json")))]
#[get("/openapi.json")]
pub(crate) async fn openapi_json() -> HttpResponse {
    HttpResponse::Ok().json(document())
}

/// Adds what is the same for every operation: how to authenticate, and the
/// form of errors.
fn finish(mut document: OpenApi) -> OpenApi {
    document.info = InfoBuilder::new()
        .title("Weighhouse")
        .version(env!("CARGO_PKG_VERSION"))
        .description(Some(
            "Version, compare, approve, deploy and audit machine-learning models. \
             References are tenant/project/model@N. Lists come in pages: pass `next` as `cursor`.",
        ))
        .build();
    let components = document.components.get_or_insert_default();
    components.schemas.insert("Problem".into(), Problem::schema());
    components.schemas.insert(Code::name().into(), Code::schema());
    let bearer = SecurityScheme::Http(Http::new(HttpAuthScheme::Bearer));
    components.security_schemes.insert("token".into(), RefOr::T(bearer));
    document.security = Some(vec![SecurityRequirement::new("token", Vec::<String>::new())]);
    for item in document.paths.paths.values_mut() {
        let operations = [&mut item.get, &mut item.put, &mut item.post, &mut item.delete];
        for operation in operations.into_iter().flatten() {
            operation.responses.responses.insert("default".into(), RefOr::T(problem()));
        }
    }
    document
}

fn problem() -> Response {
    let content = ContentBuilder::new().schema(Some(Ref::from_schema_name("Problem"))).build();
    ResponseBuilder::new()
        .description("What is wrong and what to do about it (RFC 9457)")
        .content("application/problem+json", content)
        .build()
}

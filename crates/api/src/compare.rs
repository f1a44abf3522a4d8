//! Versions side by side.

use crate::error::{Answer, Result};
use crate::extract::Caller;
use actix_web::web::{Path, Query};
use actix_web::{HttpResponse, get};
use weighhouse_core::{Error, compare};
use weighhouse_types::compare::{CompareFormat, CompareQuery, Comparison, markdown};

/// Compare two to five versions, of any models, with the first.
#[utoipa::path(tag = "versions", params(CompareQuery),
    responses((status = 200, description = "What differs",
        content((Comparison = "application/json"), (String = "text/markdown")))))]
#[get("/tenants/{tenant}/compare")]
pub(crate) async fn version_compare(
    ctx: Caller,
    tenant: Path<String>,
    query: Query<Vec<(String, String)>>,
) -> Result<HttpResponse> {
    let query = read(query.into_inner()).or_problem(&ctx)?;
    let found = compare::version_compare(&ctx, &tenant, &query.version, query.all).await.or_problem(&ctx)?;
    Ok(match query.format {
        CompareFormat::Json => HttpResponse::Ok().json(found),
        CompareFormat::Markdown => {
            HttpResponse::Ok().content_type("text/markdown; charset=utf-8").body(markdown(&found))
        }
    })
}

/// A query in which a name may stand several times, which serde does not read.
fn read(pairs: Vec<(String, String)>) -> weighhouse_core::Result<CompareQuery> {
    let mut query = CompareQuery::default();
    for (name, value) in pairs {
        match name.as_str() {
            "version" => query.version.push(value),
            "all" => query.all = value.parse().map_err(|_bool| Error::invalid("all", "is true or false"))?,
            "format" => {
                query.format = value.parse().map_err(|e: String| Error::invalid("format", e))?;
            }
            _ => return Err(Error::invalid(&name, "is no parameter; they are version, all and format")),
        }
    }
    Ok(query)
}

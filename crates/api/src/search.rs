//! Finding things by name.

use crate::error::{Answer, Result};
use crate::extract::Caller;
use actix_web::get;
use actix_web::web::{Json, Query};
use weighhouse_core::search;
use weighhouse_types::search::{Found, SearchQuery};

/// Find clients, projects and models that you reach, by name. At most 20.
#[utoipa::path(tag = "tenancy", params(SearchQuery), responses((status = 200, body = Vec<Found>)))]
#[get("/search")]
pub(crate) async fn search_find(ctx: Caller, query: Query<SearchQuery>) -> Result<Json<Vec<Found>>> {
    search::search(&ctx, &query).await.or_problem(&ctx).map(Json)
}

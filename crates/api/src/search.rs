//! Finding things.

use crate::error::{Answer, Result};
use crate::extract::Caller;
use actix_web::get;
use actix_web::web::{Json, Query};
use weighhouse_core::search;
use weighhouse_types::search::{Found, SearchQuery};

/// Find anything that you reach: clients, models, projects, versions, promotions, people. At most eight of each kind.
#[utoipa::path(tag = "tenancy", params(SearchQuery), responses((status = 200, body = Vec<Found>)))]
#[get("/search")]
pub(crate) async fn search_find(ctx: Caller, query: Query<SearchQuery>) -> Result<Json<Vec<Found>>> {
    search::search(&ctx, &query).await.or_problem(&ctx).map(Json)
}

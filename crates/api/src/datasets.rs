//! Datasets and feature pipelines.

use crate::error::{Answer, Result};
use crate::extract::Caller;
use actix_web::web::{Json, Path, Query};
use actix_web::{HttpResponse, get, post};
use serde::Deserialize;
use weighhouse_core::{Ctx, Error, datasets};
use weighhouse_types::datasets::{
    DataRef, DatasetRecord, Drift, DriftQuery, PipelineRecord, Record, Registered,
};
use weighhouse_types::page::{Page, PageQuery};

/// The path of a name.
#[derive(Deserialize)]
pub(crate) struct SeriesPath {
    tenant: String,
    #[serde(alias = "dataset", alias = "pipeline")]
    name: String,
}

/// The path of a version under a name.
#[derive(Deserialize)]
pub(crate) struct DataPath {
    tenant: String,
    #[serde(alias = "dataset", alias = "pipeline")]
    name: String,
    number: u32,
}

impl DataPath {
    fn split(self) -> (String, DataRef) {
        (self.tenant, DataRef { name: self.name, number: self.number })
    }
}

async fn register<T: Record>(ctx: &Ctx, path: SeriesPath, record: &T) -> Result<HttpResponse> {
    let (version, created) =
        datasets::data_register(ctx, &path.tenant, &path.name, record).await.or_problem(ctx)?;
    let mut response = if created { HttpResponse::Created() } else { HttpResponse::Ok() };
    Ok(response.json(version))
}

/// The newest version of every dataset, by name.
#[utoipa::path(tag = "datasets", params(PageQuery, ("tenant" = String, Path)),
    responses((status = 200, body = Page<Registered<DatasetRecord>>)))]
#[get("/tenants/{tenant}/datasets")]
pub(crate) async fn dataset_list(
    ctx: Caller,
    tenant: Path<String>,
    query: Query<PageQuery>,
) -> Result<Json<Page<Registered<DatasetRecord>>>> {
    datasets::series_list(&ctx, &tenant, &query).await.or_problem(&ctx).map(Json)
}

/// The versions of a dataset, newest first, without their profiles.
#[utoipa::path(tag = "datasets", params(PageQuery, ("tenant" = String, Path), ("dataset" = String, Path)),
    responses((status = 200, body = Page<Registered<DatasetRecord>>)))]
#[get("/tenants/{tenant}/datasets/{dataset}/versions")]
pub(crate) async fn dataset_version_list(
    ctx: Caller,
    path: Path<SeriesPath>,
    query: Query<PageQuery>,
) -> Result<Json<Page<Registered<DatasetRecord>>>> {
    datasets::data_list(&ctx, &path.tenant, &path.name, &query).await.or_problem(&ctx).map(Json)
}

/// Register a version of a dataset; the data itself is not sent. The same record
/// again answers 200 with the version that is there.
#[utoipa::path(tag = "datasets", params(("tenant" = String, Path), ("dataset" = String, Path)),
    responses((status = 201, body = Registered<DatasetRecord>, description = "Registered"),
              (status = 200, body = Registered<DatasetRecord>, description = "The same record is there already")))]
#[post("/tenants/{tenant}/datasets/{dataset}/versions")]
pub(crate) async fn dataset_register(
    ctx: Caller,
    path: Path<SeriesPath>,
    record: Json<DatasetRecord>,
) -> Result<HttpResponse> {
    register(&ctx, path.into_inner(), &*record).await
}

/// A version of a dataset with its profile. And the model versions made of it.
#[utoipa::path(tag = "datasets",
    params(("tenant" = String, Path), ("dataset" = String, Path), ("number" = u32, Path)),
    responses((status = 200, body = Registered<DatasetRecord>)))]
#[get("/tenants/{tenant}/datasets/{dataset}/versions/{number}")]
pub(crate) async fn dataset_get(
    ctx: Caller,
    path: Path<DataPath>,
) -> Result<Json<Registered<DatasetRecord>>> {
    let (tenant, reference) = path.into_inner().split();
    datasets::data_get(&ctx, &tenant, &reference).await.or_problem(&ctx).map(Json)
}

/// How a version of a dataset differs from another, column by column.
#[utoipa::path(tag = "datasets",
    params(DriftQuery, ("tenant" = String, Path), ("dataset" = String, Path), ("number" = u32, Path)),
    responses((status = 200, body = Drift)))]
#[get("/tenants/{tenant}/datasets/{dataset}/versions/{number}/drift")]
pub(crate) async fn dataset_drift(
    ctx: Caller,
    path: Path<DataPath>,
    query: Query<DriftQuery>,
) -> Result<Json<Drift>> {
    let (tenant, reference) = path.into_inner().split();
    let against = query.against.parse().map_err(|e: String| Error::invalid("against", e));
    let drift = match against {
        Ok(against) => datasets::drift(&ctx, &tenant, &against, &reference).await,
        // Whether the tenant is there comes before what was asked of it.
        Err(wrong) => match datasets::data_get::<DatasetRecord>(&ctx, &tenant, &reference).await {
            Ok(_) => Err(wrong),
            Err(refused) => Err(refused),
        },
    };
    drift.or_problem(&ctx).map(Json)
}

/// The newest version of every feature pipeline, by name.
#[utoipa::path(tag = "pipelines", params(PageQuery, ("tenant" = String, Path)),
    responses((status = 200, body = Page<Registered<PipelineRecord>>)))]
#[get("/tenants/{tenant}/pipelines")]
pub(crate) async fn pipeline_list(
    ctx: Caller,
    tenant: Path<String>,
    query: Query<PageQuery>,
) -> Result<Json<Page<Registered<PipelineRecord>>>> {
    datasets::series_list(&ctx, &tenant, &query).await.or_problem(&ctx).map(Json)
}

/// The versions of a feature pipeline, newest first.
#[utoipa::path(tag = "pipelines", params(PageQuery, ("tenant" = String, Path), ("pipeline" = String, Path)),
    responses((status = 200, body = Page<Registered<PipelineRecord>>)))]
#[get("/tenants/{tenant}/pipelines/{pipeline}/versions")]
pub(crate) async fn pipeline_version_list(
    ctx: Caller,
    path: Path<SeriesPath>,
    query: Query<PageQuery>,
) -> Result<Json<Page<Registered<PipelineRecord>>>> {
    datasets::data_list(&ctx, &path.tenant, &path.name, &query).await.or_problem(&ctx).map(Json)
}

/// Register a version of a feature pipeline. The same record again answers 200
/// with the version that is there.
#[utoipa::path(tag = "pipelines", params(("tenant" = String, Path), ("pipeline" = String, Path)),
    responses((status = 201, body = Registered<PipelineRecord>, description = "Registered"),
              (status = 200, body = Registered<PipelineRecord>, description = "The same record is there already")))]
#[post("/tenants/{tenant}/pipelines/{pipeline}/versions")]
pub(crate) async fn pipeline_register(
    ctx: Caller,
    path: Path<SeriesPath>,
    record: Json<PipelineRecord>,
) -> Result<HttpResponse> {
    register(&ctx, path.into_inner(), &*record).await
}

/// A version of a feature pipeline. And the model versions that use it.
#[utoipa::path(tag = "pipelines",
    params(("tenant" = String, Path), ("pipeline" = String, Path), ("number" = u32, Path)),
    responses((status = 200, body = Registered<PipelineRecord>)))]
#[get("/tenants/{tenant}/pipelines/{pipeline}/versions/{number}")]
pub(crate) async fn pipeline_get(
    ctx: Caller,
    path: Path<DataPath>,
) -> Result<Json<Registered<PipelineRecord>>> {
    let (tenant, reference) = path.into_inner().split();
    datasets::data_get(&ctx, &tenant, &reference).await.or_problem(&ctx).map(Json)
}

//! Runs: their life, what they log, and searches for them.

use super::Place;
use super::error::{Failure, Result};
use super::experiments::{number, view};
use super::wire::{self, Int, KeyValue, Metric, Number, Pair, Query, body, done, json, pairs, required};
use actix_web::web::{self, Bytes, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse};
use serde::{Deserialize, Serialize};
use serde_json::json as value;
use std::collections::BTreeMap;
use weighhouse_core::Error;
use weighhouse_core::runs::{self, RunSearch, filter};
use weighhouse_types::experiments::{Batch, Point, Run, RunCreate, RunInfo, RunStatus, RunUpdate};
use weighhouse_types::ids::RunId;

/// The most runs in one answer.
const LIMIT_MAX: u32 = 50_000;

pub(super) fn configure(config: &mut ServiceConfig) {
    config
        .route("/runs/create", web::post().to(create))
        .route("/runs/get", web::get().to(get))
        .route("/runs/update", web::post().to(update))
        .route("/runs/delete", web::post().to(delete))
        .route("/runs/restore", web::post().to(restore))
        .route("/runs/search", web::post().to(search))
        .route("/runs/log-metric", web::post().to(log_metric))
        .route("/runs/log-parameter", web::post().to(log_param))
        .route("/runs/log-batch", web::post().to(log_batch))
        .route("/runs/set-tag", web::post().to(set_tag))
        .route("/runs/delete-tag", web::post().to(delete_tag));
}

/// A run's id as clients know it: 32 hex digits.
pub(super) fn run_id(text: &str) -> Result<RunId> {
    text.parse().map_err(|_e| Error::not_found("run").into())
}

pub(super) fn id_out(run: RunId) -> String {
    run.0.simple().to_string()
}

/// The id of a call, which old clients call `run_uuid`.
fn id_of(run_id: Option<String>, run_uuid: Option<String>) -> Result<RunId> {
    let given = run_id.or(run_uuid).filter(|id| !id.is_empty());
    self::run_id(&required(given, "run_id")?)
}

#[derive(Serialize)]
struct InfoOut<'a> {
    run_id: &'a str,
    run_uuid: &'a str,
    experiment_id: String,
    run_name: &'a str,
    user_id: &'a str,
    status: &'static str,
    start_time: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    end_time: Option<i64>,
    artifact_uri: String,
    lifecycle_stage: &'static str,
}

fn info_out<'a>(info: &'a RunInfo, id: &'a str) -> InfoOut<'a> {
    InfoOut {
        run_id: id,
        run_uuid: id,
        experiment_id: info.experiment.to_string(),
        run_name: &info.name,
        user_id: &info.user,
        status: info.status.as_str(),
        start_time: info.start_time,
        end_time: info.end_time,
        artifact_uri: format!("mlflow-artifacts:/{}/{id}/artifacts", info.experiment),
        lifecycle_stage: if info.deleted { "deleted" } else { "active" },
    }
}

#[derive(Serialize)]
struct RunOut<'a> {
    info: InfoOut<'a>,
    data: DataOut<'a>,
    inputs: BTreeMap<&'static str, ()>,
}

#[derive(Serialize)]
struct DataOut<'a> {
    metrics: Vec<Metric<'a>>,
    params: Vec<Pair<'a>>,
    tags: Vec<Pair<'a>>,
}

fn run_out<'a>(run: &'a Run, id: &'a str) -> RunOut<'a> {
    RunOut {
        info: info_out(&run.info, id),
        data: DataOut {
            metrics: run.metrics.iter().map(|(key, point)| Metric::new(key, point, None)).collect(),
            params: wire::out(&run.params),
            tags: wire::out(&run.tags),
        },
        inputs: BTreeMap::new(),
    }
}

#[derive(Serialize)]
struct RunAnswer<'a> {
    run: RunOut<'a>,
}

#[derive(Deserialize)]
struct Create {
    experiment_id: Option<String>,
    user_id: Option<String>,
    run_name: Option<String>,
    start_time: Option<Int>,
    tags: Option<Vec<KeyValue>>,
}

async fn create(place: Place, bytes: Bytes) -> Result<HttpResponse> {
    let new: Create = body(&bytes)?;
    let experiment = new.experiment_id.filter(|id| !id.is_empty());
    let run = RunCreate {
        experiment: number(experiment.as_deref().unwrap_or("0"))?,
        name: new.run_name.unwrap_or_default(),
        user: new.user_id.unwrap_or_default(),
        start_time: new.start_time.map_or(0, |Int(time)| time),
        tags: pairs(new.tags, "tags")?,
    };
    let run = runs::run_create(&place, &place.tenant, &place.project, run).await?;
    answer(&run)
}

fn answer(run: &Run) -> Result<HttpResponse> {
    let id = id_out(run.info.id);
    json(&RunAnswer { run: run_out(run, &id) })
}

async fn get(place: Place, request: HttpRequest) -> Result<HttpResponse> {
    let query = Query::of(&request)?;
    let id = required(query.text(&["run_id", "run_uuid"]), "run_id")?;
    let run = runs::run_get(&place, &place.tenant, &place.project, run_id(id)?).await?;
    answer(&run)
}

#[derive(Deserialize)]
struct Update {
    run_id: Option<String>,
    run_uuid: Option<String>,
    status: Option<String>,
    end_time: Option<Int>,
    run_name: Option<String>,
}

async fn update(place: Place, bytes: Bytes) -> Result<HttpResponse> {
    let change: Update = body(&bytes)?;
    let id = id_of(change.run_id, change.run_uuid)?;
    let update = RunUpdate {
        status: change.status.as_deref().map(status).transpose()?,
        end_time: change.end_time.map(|Int(time)| time),
        name: change.run_name.filter(|name| !name.is_empty()),
    };
    let info = runs::run_update(&place, &place.tenant, &place.project, id, &update).await?;
    let id = id_out(info.id);
    json(&value!({ "run_info": info_out(&info, &id) }))
}

fn status(name: &str) -> Result<RunStatus> {
    name.parse().map_err(|e: String| Failure::invalid(format!("{e}.")))
}

#[derive(Deserialize)]
struct One {
    run_id: Option<String>,
}

async fn delete(place: Place, bytes: Bytes) -> Result<HttpResponse> {
    let id = id_of(body::<One>(&bytes)?.run_id, None)?;
    runs::run_delete(&place, &place.tenant, &place.project, id).await?;
    done()
}

async fn restore(place: Place, bytes: Bytes) -> Result<HttpResponse> {
    let id = id_of(body::<One>(&bytes)?.run_id, None)?;
    runs::run_restore(&place, &place.tenant, &place.project, id).await?;
    done()
}

#[derive(Deserialize)]
struct Search {
    experiment_ids: Option<Vec<String>>,
    filter: Option<String>,
    run_view_type: Option<String>,
    max_results: Option<Int>,
    order_by: Option<Vec<String>>,
    page_token: Option<String>,
}

#[derive(Serialize)]
struct Found<'a> {
    runs: Vec<RunOut<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_page_token: Option<String>,
}

async fn search(place: Place, bytes: Bytes) -> Result<HttpResponse> {
    let asked: Search = body(&bytes)?;
    let order = asked.order_by.unwrap_or_default();
    let search = RunSearch {
        experiments: asked
            .experiment_ids
            .unwrap_or_default()
            .iter()
            .filter_map(|id| id.parse().ok())
            .collect(),
        view: view(asked.run_view_type.as_deref()),
        filter: filter::parse(asked.filter.as_deref().unwrap_or_default())?,
        order: order.iter().map(|order| filter::parse_order(order)).collect::<std::result::Result<_, _>>()?,
        offset: wire::page_offset(asked.page_token.as_deref())?,
        limit: wire::limit(asked.max_results, 1000, LIMIT_MAX)?,
    };
    let (found, more) = runs::run_search(&place, &place.tenant, &place.project, &search).await?;
    let ids: Vec<String> = found.iter().map(|run| id_out(run.info.id)).collect();
    json(&Found {
        runs: found.iter().zip(&ids).map(|(run, id)| run_out(run, id)).collect(),
        next_page_token: more.then(|| wire::page_token(search.offset + u64::from(search.limit))),
    })
}

#[derive(Deserialize)]
struct MetricIn {
    key: Option<String>,
    value: Option<Number>,
    timestamp: Option<Int>,
    step: Option<Int>,
}

impl MetricIn {
    fn point(self) -> Result<(String, Point)> {
        let key = required(self.key, "key")?;
        let Number(value) = required(self.value, "value")?;
        let Int(at) = required(self.timestamp, "timestamp")?;
        Ok((key, Point { step: self.step.map_or(0, |Int(step)| step), at, value }))
    }
}

#[derive(Deserialize)]
struct LogMetric {
    run_id: Option<String>,
    run_uuid: Option<String>,
    #[serde(flatten)]
    metric: MetricIn,
}

async fn log_metric(place: Place, bytes: Bytes) -> Result<HttpResponse> {
    let logged: LogMetric = body(&bytes)?;
    let id = id_of(logged.run_id, logged.run_uuid)?;
    log(&place, id, Batch { metrics: vec![logged.metric.point()?], ..Batch::default() }).await
}

async fn log(place: &Place, run: RunId, batch: Batch) -> Result<HttpResponse> {
    runs::run_log(place, &place.tenant, &place.project, run, batch).await?;
    done()
}

#[derive(Deserialize)]
struct LogValue {
    run_id: Option<String>,
    run_uuid: Option<String>,
    key: Option<String>,
    value: Option<String>,
}

async fn log_param(place: Place, bytes: Bytes) -> Result<HttpResponse> {
    let logged: LogValue = body(&bytes)?;
    let id = id_of(logged.run_id, logged.run_uuid)?;
    let param = (required(logged.key, "key")?, logged.value.unwrap_or_default());
    log(&place, id, Batch { params: vec![param], ..Batch::default() }).await
}

async fn set_tag(place: Place, bytes: Bytes) -> Result<HttpResponse> {
    let logged: LogValue = body(&bytes)?;
    let id = id_of(logged.run_id, logged.run_uuid)?;
    let tag = (required(logged.key, "key")?, logged.value.unwrap_or_default());
    log(&place, id, Batch { tags: vec![tag], ..Batch::default() }).await
}

async fn delete_tag(place: Place, bytes: Bytes) -> Result<HttpResponse> {
    let tag: LogValue = body(&bytes)?;
    let id = id_of(tag.run_id, tag.run_uuid)?;
    let key = required(tag.key, "key")?;
    runs::run_tag_delete(&place, &place.tenant, &place.project, id, &key).await?;
    done()
}

#[derive(Deserialize)]
struct LogBatch {
    run_id: Option<String>,
    metrics: Option<Vec<MetricIn>>,
    params: Option<Vec<KeyValue>>,
    tags: Option<Vec<KeyValue>>,
}

async fn log_batch(place: Place, bytes: Bytes) -> Result<HttpResponse> {
    let logged: LogBatch = body(&bytes)?;
    let id = id_of(logged.run_id, None)?;
    let batch = Batch {
        metrics: logged
            .metrics
            .unwrap_or_default()
            .into_iter()
            .map(MetricIn::point)
            .collect::<Result<_>>()?,
        params: pairs(logged.params, "params")?,
        tags: pairs(logged.tags, "tags")?,
    };
    log(&place, id, batch).await
}

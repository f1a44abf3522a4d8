//! Experiments.

use super::Place;
use super::error::{Failure, Result, taken};
use super::wire::{self, Int, KeyValue, Pair, Query, body, done, json, pairs, required};
use actix_web::web::{self, Bytes, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse};
use serde::{Deserialize, Serialize};
use serde_json::json as value;
use weighhouse_core::experiments::{self, ExperimentName, ExperimentSearch};
use weighhouse_core::runs::filter;
use weighhouse_types::experiments::{Experiment, View};

/// The most experiments in one answer.
const LIMIT_MAX: u32 = 50_000;

pub(super) fn configure(config: &mut ServiceConfig) {
    config
        .route("/experiments/create", web::post().to(create))
        .route("/experiments/get", web::get().to(get))
        .route("/experiments/get-by-name", web::get().to(get_by_name))
        .route("/experiments/search", web::post().to(search))
        .route("/experiments/search", web::get().to(search_by_query))
        .route("/experiments/update", web::post().to(update))
        .route("/experiments/delete", web::post().to(delete))
        .route("/experiments/restore", web::post().to(restore))
        .route("/experiments/set-experiment-tag", web::post().to(tag_set))
        .route("/experiments/delete-experiment-tag", web::post().to(tag_delete));
}

/// An experiment as it is answered.
#[derive(Serialize)]
struct Out<'a> {
    experiment_id: String,
    name: &'a str,
    artifact_location: String,
    lifecycle_stage: &'static str,
    creation_time: i64,
    last_update_time: i64,
    tags: Vec<Pair<'a>>,
}

fn out(experiment: &Experiment) -> Out<'_> {
    Out {
        experiment_id: experiment.number.to_string(),
        name: &experiment.name,
        artifact_location: format!("mlflow-artifacts:/{}", experiment.number),
        lifecycle_stage: if experiment.deleted_at.is_some() { "deleted" } else { "active" },
        creation_time: experiment.created_at.timestamp_millis(),
        last_update_time: experiment.updated_at.timestamp_millis(),
        tags: wire::out(&experiment.tags),
    }
}

/// Clients know an experiment by its number; what is no number names none.
pub(super) fn number(id: &str) -> Result<u32> {
    id.parse().map_err(|_e| weighhouse_core::Error::not_found("experiment").into())
}

#[derive(Deserialize)]
struct Create {
    name: Option<String>,
    tags: Option<Vec<KeyValue>>,
    artifact_location: Option<String>,
}

async fn create(place: Place, bytes: Bytes) -> Result<HttpResponse> {
    let new: Create = body(&bytes)?;
    let name = required(new.name, "name")?;
    if new.artifact_location.is_some_and(|location| !location.is_empty()) {
        return Err(Failure::invalid("Artifacts are kept by this server: leave ‘artifact_location’ out."));
    }
    let tags = pairs(new.tags, "tags")?;
    let made = experiments::experiment_create(&place, &place.tenant, &place.project, &name, &tags).await;
    let number = made.map_err(taken)?;
    json(&value!({ "experiment_id": number.to_string() }))
}

async fn get(place: Place, request: HttpRequest) -> Result<HttpResponse> {
    let query = Query::of(&request)?;
    let id = required(query.text(&["experiment_id"]), "experiment_id")?;
    answer(&place, ExperimentName::Number(number(id)?)).await
}

async fn get_by_name(place: Place, request: HttpRequest) -> Result<HttpResponse> {
    let query = Query::of(&request)?;
    let name = required(query.text(&["experiment_name"]), "experiment_name")?;
    answer(&place, ExperimentName::Name(name.to_owned())).await
}

async fn answer(place: &Place, which: ExperimentName) -> Result<HttpResponse> {
    let found = experiments::experiment_get(place, &place.tenant, &place.project, &which).await?;
    json(&value!({ "experiment": out(&found) }))
}

#[derive(Deserialize)]
struct Search {
    max_results: Option<Int>,
    page_token: Option<String>,
    filter: Option<String>,
    order_by: Option<Vec<String>>,
    view_type: Option<String>,
}

async fn search(place: Place, bytes: Bytes) -> Result<HttpResponse> {
    find(&place, body(&bytes)?).await
}

async fn search_by_query(place: Place, request: HttpRequest) -> Result<HttpResponse> {
    let query = Query::of(&request)?;
    let text = |name: &str| query.text(&[name]).map(str::to_owned);
    let search = Search {
        max_results: query.int("max_results")?.map(Int),
        page_token: text("page_token"),
        filter: text("filter"),
        order_by: Some(query.all("order_by").to_vec()),
        view_type: text("view_type"),
    };
    find(&place, search).await
}

/// Unknown kinds of view are ignored, as protobuf ignores them.
pub(super) fn view(name: Option<&str>) -> View {
    name.and_then(|name| name.parse().ok()).unwrap_or_default()
}

async fn find(place: &Place, asked: Search) -> Result<HttpResponse> {
    let order = asked.order_by.unwrap_or_default();
    let search = ExperimentSearch {
        view: view(asked.view_type.as_deref()),
        filter: filter::parse(asked.filter.as_deref().unwrap_or_default())?,
        order: order.iter().map(|order| filter::parse_order(order)).collect::<std::result::Result<_, _>>()?,
        offset: wire::page_offset(asked.page_token.as_deref())?,
        limit: wire::limit(asked.max_results, 1000, LIMIT_MAX)?,
    };
    let (found, more) = experiments::experiment_search(place, &place.tenant, &place.project, &search).await?;
    let mut answer = value!({ "experiments": found.iter().map(out).collect::<Vec<_>>() });
    if more && let Some(object) = answer.as_object_mut() {
        let next = wire::page_token(search.offset + u64::from(search.limit));
        object.insert("next_page_token".into(), next.into());
    }
    json(&answer)
}

#[derive(Deserialize)]
struct Update {
    experiment_id: Option<String>,
    new_name: Option<String>,
}

async fn update(place: Place, bytes: Bytes) -> Result<HttpResponse> {
    let change: Update = body(&bytes)?;
    let id = number(&required(change.experiment_id, "experiment_id")?)?;
    if let Some(name) = change.new_name {
        let renamed = experiments::experiment_rename(&place, &place.tenant, &place.project, id, &name).await;
        renamed.map_err(taken)?;
    }
    done()
}

#[derive(Deserialize)]
struct One {
    experiment_id: Option<String>,
}

async fn delete(place: Place, bytes: Bytes) -> Result<HttpResponse> {
    let id = number(&required(body::<One>(&bytes)?.experiment_id, "experiment_id")?)?;
    experiments::experiment_delete(&place, &place.tenant, &place.project, id).await?;
    done()
}

async fn restore(place: Place, bytes: Bytes) -> Result<HttpResponse> {
    let id = number(&required(body::<One>(&bytes)?.experiment_id, "experiment_id")?)?;
    experiments::experiment_restore(&place, &place.tenant, &place.project, id).await?;
    done()
}

#[derive(Deserialize)]
struct Tag {
    experiment_id: Option<String>,
    key: Option<String>,
    value: Option<String>,
}

async fn tag_set(place: Place, bytes: Bytes) -> Result<HttpResponse> {
    let tag: Tag = body(&bytes)?;
    let value = tag.value.clone().unwrap_or_default();
    tag_change(&place, tag, Some(&value)).await
}

async fn tag_delete(place: Place, bytes: Bytes) -> Result<HttpResponse> {
    tag_change(&place, body(&bytes)?, None).await
}

async fn tag_change(place: &Place, tag: Tag, value: Option<&str>) -> Result<HttpResponse> {
    let id = number(&required(tag.experiment_id, "experiment_id")?)?;
    let key = required(tag.key, "key")?;
    experiments::experiment_tag(place, &place.tenant, &place.project, id, (&key, value)).await?;
    done()
}

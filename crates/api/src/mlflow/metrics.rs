//! The history of metrics.

use super::Place;
use super::error::{Failure, Result};
use super::runs::{id_out, run_id};
use super::wire::{self, Int, Metric, Query, json, required};
use actix_web::web::{self, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse};
use serde::Serialize;
use weighhouse_core::runs;
use weighhouse_types::experiments::Point;
use weighhouse_types::ids::RunId;

/// The most points in one answer, and in that about several runs.
const LIMIT_MAX: u32 = 1_000_000;
const BULK_MAX: u32 = 25_000;
/// The most runs that are asked about at once.
const RUNS_MAX: usize = 100;

pub(super) fn configure(config: &mut ServiceConfig) {
    config
        .route("/metrics/get-history", web::get().to(history))
        .route("/metrics/get-history-bulk", web::get().to(bulk))
        .route("/metrics/get-history-bulk-interval", web::get().to(interval));
}

#[derive(Serialize)]
struct History<'a> {
    metrics: Vec<Metric<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_page_token: Option<String>,
}

async fn history(place: Place, request: HttpRequest) -> Result<HttpResponse> {
    let query = Query::of(&request)?;
    let run = run_id(required(query.text(&["run_id", "run_uuid"]), "run_id")?)?;
    let key = required(query.text(&["metric_key"]), "metric_key")?;
    let limit = wire::limit(query.int("max_results")?.map(Int), LIMIT_MAX, LIMIT_MAX)?;
    let offset = wire::page_offset(query.text(&["page_token"]))?;
    let points = runs::metric_history(&place, &place.tenant, &place.project, run, key).await?;
    let begin = usize::try_from(offset).unwrap_or(usize::MAX).min(points.len());
    let end = begin.saturating_add(usize::try_from(limit).unwrap_or(usize::MAX)).min(points.len());
    let page = points.get(begin..end).unwrap_or_default();
    json(&History {
        metrics: page.iter().map(|point| Metric::new(key, point, None)).collect(),
        next_page_token: (end < points.len()).then(|| wire::page_token(offset + u64::from(limit))),
    })
}

async fn bulk(place: Place, request: HttpRequest) -> Result<HttpResponse> {
    let query = Query::of(&request)?;
    let limit = wire::limit(query.int("max_results")?.map(Int), BULK_MAX, BULK_MAX)?;
    several(&place, &query, "run_id", limit, |_| true).await
}

/// Points between two steps, for charts.
async fn interval(place: Place, request: HttpRequest) -> Result<HttpResponse> {
    let query = Query::of(&request)?;
    let (start, end) = match (query.int("start_step")?, query.int("end_step")?) {
        (None, None) => (i64::MIN, i64::MAX),
        (Some(start), Some(end)) if start <= end => (start, end),
        (Some(start), Some(end)) => {
            return Err(Failure::invalid(format!("end_step ({end}) lies before start_step ({start}).")));
        }
        _ => return Err(Failure::invalid("Give both start_step and end_step, or neither.")),
    };
    let within = |point: &Point| (start..=end).contains(&point.step);
    let limit = wire::limit(query.int("max_results")?.map(Int), 2_500, 2_500)?;
    several(&place, &query, "run_ids", limit, within).await
}

async fn several(
    place: &Place,
    query: &Query,
    name: &str,
    limit: u32,
    wanted: impl Fn(&Point) -> bool,
) -> Result<HttpResponse> {
    let key = required(query.text(&["metric_key"]), "metric_key")?;
    let ids = query.all(name);
    if ids.is_empty() || ids.len() > RUNS_MAX {
        return Err(Failure::invalid(format!("Name 1 to {RUNS_MAX} runs as ‘{name}’.")));
    }
    let ids: Vec<RunId> = ids.iter().map(|id| run_id(id)).collect::<Result<_>>()?;
    let found = runs::metric_history_many(place, &place.tenant, &place.project, &ids, key).await?;
    let found: Vec<(String, Vec<Point>)> =
        found.into_iter().map(|(run, points)| (id_out(run), points)).collect();
    let points = found.iter().flat_map(|(run, points)| {
        let points = points.iter().filter(|point| wanted(point));
        points.map(move |point| Metric::new(key, point, Some(run)))
    });
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    json(&History { metrics: points.take(limit).collect(), next_page_token: None })
}

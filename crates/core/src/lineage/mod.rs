//! Lineage: what a version came from, and what became of it, in both
//! directions. A few queries answer it however far it goes.

mod graph;
mod queries;

use crate::kernel::authz;
use crate::kernel::ctx::Ctx;
use crate::kernel::error::{Error, Result, fit};
use crate::kernel::tx::TenantTx;
use graph::Graph;
use queries::Way;
use serde_json::Value;
use std::collections::BTreeSet;
use uuid::Uuid;
use weighhouse_types::context::{Dataset, Features};
use weighhouse_types::lineage::{
    DEPTH, DEPTH_MAX, InputQuery, Lineage, LineageQuery, NODES, NODES_MAX, NodeKind,
};
use weighhouse_types::permission::Action;
use weighhouse_types::reference::VersionRef;

/// How far a graph goes.
struct Bounds {
    depth: i32,
    nodes: usize,
}

impl Bounds {
    fn of(depth: Option<u32>, limit: Option<u32>) -> Result<Self> {
        let within = |field: &str, value: u32, max: u32| {
            if (1..=max).contains(&value) {
                return Ok(value);
            }
            Err(Error::invalid(field, format!("must be 1 to {max}.")))
        };
        Ok(Self {
            depth: fit(within("depth", depth.unwrap_or(DEPTH), DEPTH_MAX)?)?,
            nodes: fit(within("limit", limit.unwrap_or(NODES), NODES_MAX)?)?,
        })
    }

    /// Rows of one kind: one more than fits shows that there are more.
    fn rows(&self) -> Result<i64> {
        fit(self.nodes.saturating_add(1))
    }
}

/// What a version came from (data, feature pipelines and, of a system, what it
/// holds) and what became of it (systems, promotions, production).
///
/// # Errors
/// When there is none of this number for the caller, or a bound is out of range.
pub async fn version_lineage(ctx: &Ctx, reference: &VersionRef, query: &LineageQuery) -> Result<Lineage> {
    let tenant = authz::tenant(ctx, &reference.model.tenant, Action::TenantRead).await?;
    let bounds = Bounds::of(query.depth, query.limit)?;
    let mut tx = TenantTx::begin(ctx, &tenant).await?;
    let version = authz::version(&mut tx, reference).await?;
    let root = [version.id.0];
    let mut graph = Graph::new(bounds.nodes);
    let up = queries::reach(&mut tx, Way::Up, &root, bounds.depth, bounds.rows()?).await?;
    let down = queries::reach(&mut tx, Way::Down, &root, bounds.depth, bounds.rows()?).await?;
    graph.roots(&root);
    fill(&mut tx, &tenant, &mut graph, &up, &down, &bounds).await?;
    tx.finish().await?;
    Ok(graph.finish())
}

/// What was made of data or of a feature pipeline: the versions that name it,
/// and what became of those.
///
/// # Errors
/// When no version names it, or a bound is out of range.
pub async fn input_lineage(ctx: &Ctx, tenant: &str, query: &InputQuery) -> Result<Lineage> {
    let tenant = authz::tenant(ctx, tenant, Action::TenantRead).await?;
    let bounds = Bounds::of(query.depth, query.limit)?;
    let kind = match query.kind.as_deref() {
        None | Some("dataset") => NodeKind::Dataset,
        Some("features") => NodeKind::Features,
        Some(other) => {
            return Err(Error::invalid("kind", format!("‘{other}’ is neither dataset nor features.")));
        }
    };
    if query.name.is_empty() {
        return Err(Error::invalid("name", "Give the name of the data or the feature pipeline."));
    }
    let mut tx = TenantTx::begin(ctx, &tenant).await?;
    let named = queries::named(&mut tx, kind, &query.name, query.identity.as_deref(), bounds.rows()?).await?;
    if named.is_empty() {
        return Err(Error::not_found("input of a version"));
    }
    let mut graph = Graph::new(bounds.nodes);
    let down = queries::reach(&mut tx, Way::Down, &named, bounds.depth, bounds.rows()?).await?;
    graph.only_input(kind, &query.name, query.identity.as_deref());
    fill(&mut tx, &tenant, &mut graph, &named, &down, &bounds).await?;
    tx.finish().await?;
    Ok(graph.finish())
}

/// Fills a graph: inputs of the versions that lie above, what became of those
/// that lie below. What was asked about is in both.
async fn fill(
    tx: &mut TenantTx<'_>,
    tenant: &authz::Tenant,
    graph: &mut Graph,
    above: &[Uuid],
    below: &[Uuid],
    bounds: &Bounds,
) -> Result<()> {
    let all: Vec<Uuid> = above.iter().chain(below).copied().collect::<BTreeSet<_>>().into_iter().collect();
    let rows = bounds.rows()?;
    graph.versions(queries::versions(tx, &all).await?, tenant.slug())?;
    graph.components(queries::components(tx, &all).await?);
    graph.inputs(queries::inputs(tx, above, rows).await?)?;
    graph.promotions(queries::promotions(tx, below, rows).await?)?;
    graph.periods(queries::periods(tx, below, rows).await?);
    Ok(())
}

/// Keeps what a new version names as its data and its feature pipeline, so
/// that who asks what became of either finds it.
pub(crate) async fn inputs_insert_in_tx(
    tx: &mut TenantTx<'_>,
    version: &authz::Version,
    context: &Value,
) -> Result<()> {
    let inputs = inputs_of(context)?;
    if inputs.is_empty() {
        return Ok(());
    }
    queries::inputs_insert(tx, version, &inputs).await
}

/// An input's kind, name, and digest or version.
type Input = (NodeKind, String, String);

fn inputs_of(context: &Value) -> Result<BTreeSet<Input>> {
    let mut inputs = BTreeSet::new();
    if let Some(data) = context.get("data") {
        let sets: Vec<Dataset> = serde_json::from_value(data.clone()).map_err(Error::internal)?;
        let input = |set: Dataset| (NodeKind::Dataset, set.name, set.digest.unwrap_or_default());
        inputs.extend(sets.into_iter().map(input));
    }
    if let Some(features) = context.get("features") {
        let pipeline: Features = serde_json::from_value(features.clone()).map_err(Error::internal)?;
        inputs.insert((NodeKind::Features, pipeline.name, pipeline.version));
    }
    Ok(inputs)
}

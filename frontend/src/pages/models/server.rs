//! What the pages of this feature need of core.

use crate::pages::pins::server as pins;
use crate::pages::systems;
use chrono::{DateTime, Utc};
use weighhouse_core::{Ctx, Result, models, promotions, tenancy, versions};
use weighhouse_types::context::Kind;
use weighhouse_types::models::{Model, ModelQuery};
use weighhouse_types::page::{Page, PageQuery};
use weighhouse_types::pins::Pin;
use weighhouse_types::reference::{ModelRef, VersionRef};
use weighhouse_types::systems::Combination;
use weighhouse_types::tenancy::Tenant;
use weighhouse_types::versions::{AsOf, ProductionAnswer, ProductionPeriod, Version, VersionSummary};

/// What a model's page shows.
pub(crate) struct ModelShown {
    pub(crate) tenant: Tenant,
    pub(crate) reference: ModelRef,
    pub(crate) model: Model,
    pub(crate) versions: Page<VersionSummary>,
    /// The five-minute question, for the moment asked about.
    pub(crate) answer: ProductionAnswer,
    /// The version that it names, and the one before it.
    pub(crate) produced: Option<Version>,
    pub(crate) before: Option<ProductionPeriod>,
    /// Newest first.
    pub(crate) periods: Vec<ProductionPeriod>,
    /// Combinations with other models' versions that something is known of.
    pub(crate) combinations: Vec<Combination>,
    /// The watch on a language model's provider.
    pub(crate) pin: Option<Pin>,
}

/// A client's models, as asked for.
pub(crate) async fn models(ctx: &Ctx, tenant: &str, query: &ModelQuery) -> Result<(Tenant, Page<Model>)> {
    Ok((tenancy::tenant_get(ctx, tenant).await?, models::model_list(ctx, tenant, query).await?))
}

pub(crate) async fn model(
    ctx: &Ctx,
    reference: ModelRef,
    at: Option<DateTime<Utc>>,
    cursor: Option<String>,
) -> Result<ModelShown> {
    let tenant = tenancy::tenant_get(ctx, &reference.tenant).await?;
    let model = models::model_get(ctx, &reference).await?;
    let pin = match model.kind {
        Kind::Llm => Some(pins::pin(ctx, &reference).await?),
        Kind::Model | Kind::System => None,
    };
    let versions = versions::version_list(ctx, &reference, &PageQuery { cursor, limit: None }).await?;
    let answer = promotions::production_at(ctx, &reference, &AsOf { at }).await?;
    let periods = promotions::production_history(ctx, &reference).await?;
    let produced = match &answer.production {
        Some(period) => {
            let version = VersionRef { model: reference.clone(), number: period.number };
            Some(versions::version_get(ctx, &version).await?)
        }
        None => None,
    };
    let from = answer.production.as_ref().map(|period| period.from);
    let earlier = periods.iter().filter(|period| from.is_some_and(|from| period.from < from));
    let before = earlier.max_by_key(|period| period.from).cloned();
    let combinations = systems::server::compatibility(ctx, &reference).await?;
    Ok(ModelShown {
        tenant,
        reference,
        model,
        versions,
        answer,
        produced,
        before,
        periods,
        combinations,
        pin,
    })
}

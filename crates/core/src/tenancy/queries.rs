//! SQL of agencies, tenants and the portfolio.

use crate::kernel::authz;
use crate::kernel::error::{Error, Result, fit};
use crate::kernel::sql::sql_query;
use crate::kernel::tx::{PlatformTx, PortfolioTx};
use crate::promotions::ProductionColumns;
use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Integer, Text, Uuid as SqlUuid};
use diesel_async::RunQueryDsl;
use std::collections::HashMap;
use uuid::Uuid;
use weighhouse_types::ids::TenantId;
use weighhouse_types::tenancy::{Agency, PortfolioModel};

pub(super) async fn agency_insert(tx: &mut PlatformTx<'_>, slug: &str, name: &str) -> Result<Agency> {
    use crate::schema::agencies::dsl;
    let id = Uuid::now_v7();
    let created_at = diesel::insert_into(dsl::agencies)
        .values((dsl::id.eq(id), dsl::slug.eq(slug), dsl::name.eq(name)))
        .returning(dsl::created_at)
        .get_result(tx.conn()?)
        .await
        .map_err(Error::from)
        .map_err(|e| {
            e.or_conflict("agencies_slug_key", || {
                format!("There is an agency ‘{slug}’ already; choose another slug.")
            })
        })?;
    Ok(Agency { id: id.into(), slug: slug.into(), name: name.into(), created_at })
}

pub(super) async fn tenant_insert(
    tx: &mut PlatformTx<'_>,
    agency: &authz::Agency,
    slug: &str,
    name: &str,
    synthetic: bool,
) -> Result<(TenantId, DateTime<Utc>)> {
    use crate::schema::tenants::dsl;
    let id = Uuid::now_v7();
    let created_at = diesel::insert_into(dsl::tenants)
        .values((
            dsl::tenant_id.eq(id),
            dsl::agency_id.eq(agency.id().0),
            dsl::slug.eq(slug),
            dsl::name.eq(name),
            dsl::synthetic.eq(synthetic),
        ))
        .returning(dsl::created_at)
        .get_result(tx.conn()?)
        .await
        .map_err(Error::from)
        .map_err(|e| {
            e.or_conflict("tenants_slug_key", || {
                format!("The slug ‘{slug}’ is taken; slugs are global. Choose another.")
            })
        })?;
    Ok((id.into(), created_at))
}

pub(super) async fn slugs_after(tx: &mut PlatformTx<'_>, after: &str) -> Result<Vec<String>> {
    use crate::schema::tenants::dsl;
    let slugs = dsl::tenants
        .filter(dsl::slug.gt(after))
        .select(dsl::slug)
        .order(dsl::slug)
        .limit(200)
        .load(tx.conn()?)
        .await?;
    Ok(slugs)
}

#[derive(QueryableByName)]
struct ModelRow {
    #[diesel(sql_type = SqlUuid)]
    tenant_id: Uuid,
    #[diesel(sql_type = Text)]
    project: String,
    #[diesel(sql_type = Text)]
    model: String,
    #[diesel(sql_type = Integer)]
    versions: i32,
    #[diesel(embed)]
    production: ProductionColumns,
}

/// The first models of every tenant in the transaction's list, at most so many
/// of each, with what is in production.
pub(super) async fn portfolio_models(
    tx: &mut PortfolioTx,
    each: usize,
) -> Result<HashMap<TenantId, Vec<PortfolioModel>>> {
    let rows: Vec<ModelRow> = sql_query(
        "SELECT f.*, r.number, r.digest, r.since, r.by
         FROM unnest(current_tenants()) AS of (id) CROSS JOIN LATERAL (
             SELECT m.tenant_id, m.id, p.slug AS project, m.name AS model, m.versions
             FROM projects p JOIN models m ON m.tenant_id = of.id AND m.project_id = p.id
             WHERE p.tenant_id = of.id ORDER BY p.slug, m.name LIMIT $1) AS f
         LEFT JOIN production_now r ON r.tenant_id = f.tenant_id AND r.model_id = f.id
         ORDER BY f.project, f.model",
    )
    .bind::<BigInt, _>(i64::try_from(each).map_err(Error::internal)?)
    .load(tx.conn()?)
    .await?;
    let mut models: HashMap<TenantId, Vec<PortfolioModel>> = HashMap::new();
    for row in rows {
        let latest = Some(fit(row.versions)?).filter(|n: &u32| *n > 0);
        let production = row.production.now()?;
        let model = PortfolioModel { project: row.project, model: row.model, production, latest };
        models.entry(row.tenant_id.into()).or_default().push(model);
    }
    Ok(models)
}

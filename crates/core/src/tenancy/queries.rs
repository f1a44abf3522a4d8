//! SQL of agencies, tenants and the portfolio.

use crate::kernel::authz;
use crate::kernel::error::{Error, Result, fit};
use crate::kernel::sql::sql_query;
use crate::kernel::tx::{PlatformTx, PortfolioTx};
use crate::promotions::ProductionColumns;
use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::{Integer, Text, Uuid as SqlUuid};
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

/// The models of every tenant in the transaction's list, at most 100 each,
/// with what is in production.
pub(super) async fn portfolio_models(tx: &mut PortfolioTx) -> Result<HashMap<TenantId, Vec<PortfolioModel>>> {
    let rows: Vec<ModelRow> = sql_query(
        "SELECT * FROM (
             SELECT m.tenant_id, p.slug AS project, m.name AS model, m.versions,
                    r.number, r.digest, r.since, r.by,
                    row_number() OVER (PARTITION BY m.tenant_id ORDER BY p.slug, m.name) AS n
             FROM models m
             JOIN projects p ON p.tenant_id = m.tenant_id AND p.id = m.project_id
             LEFT JOIN production_now r ON r.tenant_id = m.tenant_id AND r.model_id = m.id
         ) AS ranked WHERE n <= 100 ORDER BY tenant_id, n",
    )
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

//! SQL of projects.

use crate::kernel::authz;
use crate::kernel::error::{Error, Result, fit};
use crate::kernel::sql::sql_query;
use crate::kernel::tx::TenantTx;
use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use diesel_async::RunQueryDsl;
use uuid::Uuid;
use weighhouse_types::projects::Project;

pub(super) async fn project_insert(tx: &mut TenantTx<'_>, slug: &str, name: &str) -> Result<Project> {
    use crate::schema::projects::dsl;
    let id = Uuid::now_v7();
    let created_at = diesel::insert_into(dsl::projects)
        .values((
            dsl::tenant_id.eq(tx.tenant().0),
            dsl::id.eq(id),
            dsl::slug.eq(slug),
            dsl::name.eq(name),
            dsl::created_by.eq(tx.ctx().user_id()),
        ))
        .returning(dsl::created_at)
        .get_result(tx.conn()?)
        .await
        .map_err(Error::from)
        .map_err(|e| {
            e.or_conflict("projects_slug_key", || format!("There is a project ‘{slug}’ already."))
        })?;
    Ok(Project { id: id.into(), slug: slug.into(), name: name.into(), models: 0, created_at })
}

#[derive(QueryableByName)]
struct Row {
    #[diesel(sql_type = SqlUuid)]
    id: Uuid,
    #[diesel(sql_type = Text)]
    slug: String,
    #[diesel(sql_type = Text)]
    name: String,
    #[diesel(sql_type = BigInt)]
    models: i64,
    #[diesel(sql_type = Timestamptz)]
    created_at: DateTime<Utc>,
}

pub(super) async fn projects(
    tx: &mut TenantTx<'_>,
    tenant: &authz::Tenant,
    slug: Option<&str>,
) -> Result<Vec<Project>> {
    let rows: Vec<Row> = sql_query(
        "SELECT p.id, p.slug, p.name, p.created_at,
                (SELECT count(*) FROM models m WHERE m.tenant_id = p.tenant_id AND m.project_id = p.id) AS models
         FROM projects p
         WHERE p.tenant_id = $1 AND ($2 IS NULL OR p.slug = $2)
         ORDER BY p.slug LIMIT 500",
    )
    .bind::<SqlUuid, _>(tenant.id().0)
    .bind::<Nullable<Text>, _>(slug)
    .load(tx.conn()?)
    .await?;
    let project = |row: Row| {
        Ok(Project {
            id: row.id.into(),
            slug: row.slug,
            name: row.name,
            models: fit(row.models)?,
            created_at: row.created_at,
        })
    };
    rows.into_iter().map(project).collect()
}

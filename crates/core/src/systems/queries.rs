//! SQL of systems: what they hold, and who uses a version.

use super::register::Parts;
use super::rules::Held;
use crate::kernel::authz;
use crate::kernel::error::{Error, Result, fit};
use crate::kernel::sql::sql_query;
use crate::kernel::tx::TenantTx;
use diesel::prelude::*;
use diesel::sql_types::{Array, Binary, Integer, Nullable, Text, Uuid as SqlUuid};
use diesel_async::RunQueryDsl;
use std::collections::HashMap;
use uuid::Uuid;
use weighhouse_types::reference::{ModelRef, VersionRef};
use weighhouse_types::systems::{SystemPart, SystemUse};
use weighhouse_types::versions::Stage;

mod affected;
mod compatibility;
mod policy;
pub(super) use affected::{AffectedRow, affected, pairs};
pub(super) use compatibility::{combinations, statement_insert};
pub(super) use policy::{policy, policy_lock, policy_set};

/// The most that a list of systems shows.
const LISTED: usize = 200;

/// A version's names, as they come out of a join of versions, models and projects.
#[derive(QueryableByName)]
pub(super) struct Names {
    #[diesel(sql_type = Text)]
    project: String,
    #[diesel(sql_type = Text)]
    model: String,
    #[diesel(sql_type = Integer)]
    number: i32,
}

impl Names {
    fn reference(self, tenant: &str) -> Result<VersionRef> {
        let model = ModelRef { tenant: tenant.to_owned(), project: self.project, model: self.model };
        Ok(VersionRef { model, number: fit(self.number)? })
    }
}

/// A version that a context names.
#[derive(Clone)]
pub(super) struct Named {
    pub(super) version: Uuid,
    pub(super) model: Uuid,
    /// `project/model@N`.
    pub(super) name: String,
    pub(super) digest: String,
    pub(super) stage: Stage,
}

#[derive(QueryableByName)]
struct NamedRow {
    #[diesel(sql_type = SqlUuid)]
    version_id: Uuid,
    #[diesel(sql_type = SqlUuid)]
    model_id: Uuid,
    #[diesel(embed)]
    names: Names,
    #[diesel(sql_type = Binary)]
    digest: Vec<u8>,
    #[diesel(sql_type = Text)]
    stage: String,
}

/// The tenant's versions of these references; those that are not there are missing.
pub(super) async fn named(
    tx: &mut TenantTx<'_>,
    references: &[(String, VersionRef)],
) -> Result<HashMap<VersionRef, Named>> {
    let Some((_, first)) = references.first() else { return Ok(HashMap::new()) };
    let tenant = first.model.tenant.clone();
    let column = |of: fn(&VersionRef) -> &str| references.iter().map(|(_, r)| of(r)).collect::<Vec<_>>();
    // A number beyond the column's type is none that is there.
    let numbers: Vec<i32> =
        references.iter().map(|(_, r)| i32::try_from(r.number).unwrap_or_default()).collect();
    let rows: Vec<NamedRow> = sql_query(
        "SELECT v.id AS version_id, v.model_id, p.slug AS project, m.name AS model, v.number, v.digest, s.stage
         FROM unnest($2, $3, $4) AS wanted(project, model, number)
         JOIN projects p ON p.tenant_id = $1 AND p.slug = wanted.project
         JOIN models m ON m.tenant_id = $1 AND m.project_id = p.id AND m.name = wanted.model
         JOIN versions v ON v.tenant_id = $1 AND v.model_id = m.id AND v.number = wanted.number
         JOIN version_stages s ON s.tenant_id = $1 AND s.version_id = v.id",
    )
    .bind::<SqlUuid, _>(tx.tenant().0)
    .bind::<Array<Text>, _>(column(|r| &r.model.project))
    .bind::<Array<Text>, _>(column(|r| &r.model.model))
    .bind::<Array<Integer>, _>(numbers)
    .load(tx.conn()?)
    .await?;
    let entry = |row: NamedRow| {
        let reference = row.names.reference(&tenant)?;
        let part = Named {
            version: row.version_id,
            model: row.model_id,
            name: format!("{}/{}@{}", reference.model.project, reference.model.model, reference.number),
            digest: hex::encode(row.digest),
            stage: row.stage.parse().map_err(Error::internal)?,
        };
        Ok((reference, part))
    };
    rows.into_iter().map(entry).collect()
}

#[derive(QueryableByName)]
struct HeldRow {
    #[diesel(sql_type = SqlUuid)]
    system_id: Uuid,
    #[diesel(sql_type = SqlUuid)]
    component_id: Uuid,
    #[diesel(sql_type = SqlUuid)]
    component_model_id: Uuid,
    #[diesel(embed)]
    names: Names,
}

/// What these versions and all below them hold directly, system by system.
pub(super) async fn held_below(tx: &mut TenantTx<'_>, ids: &[Uuid]) -> Result<Vec<(Uuid, Held<Uuid>)>> {
    let rows: Vec<HeldRow> = sql_query(
        "SELECT c.system_id, c.component_id, c.component_model_id, p.slug AS project, m.name AS model, v.number
         FROM (SELECT unnest($2) AS id
               UNION SELECT b.version_id FROM unnest($2) AS of, system_parts($1, of) b) below
         JOIN system_components c ON c.tenant_id = $1 AND c.system_id = below.id
         JOIN versions v ON v.tenant_id = $1 AND v.id = c.component_id
         JOIN models m ON m.tenant_id = $1 AND m.id = v.model_id
         JOIN projects p ON p.tenant_id = $1 AND p.id = m.project_id
         ORDER BY c.system_id, c.role LIMIT 100000",
    )
    .bind::<SqlUuid, _>(tx.tenant().0)
    .bind::<Array<SqlUuid>, _>(ids)
    .load(tx.conn()?)
    .await?;
    let held = |row: HeldRow| {
        let Names { project, model, number } = row.names;
        let name = format!("{project}/{model}@{number}");
        (row.system_id, Held { version: row.component_id, model: row.component_model_id, name })
    };
    Ok(rows.into_iter().map(held).collect())
}

pub(super) async fn parts_insert(
    tx: &mut TenantTx<'_>,
    system: &authz::Version,
    parts: &Parts,
) -> Result<()> {
    use crate::schema::system_components::dsl;
    let rows: Vec<_> = parts
        .0
        .iter()
        .map(|(role, part)| {
            (
                dsl::tenant_id.eq(system.model.tenant_id.0),
                dsl::system_id.eq(system.id.0),
                dsl::system_model_id.eq(system.model.id.0),
                dsl::role.eq(role),
                dsl::component_id.eq(part.version),
                dsl::component_model_id.eq(part.model),
            )
        })
        .collect();
    diesel::insert_into(dsl::system_components).values(rows).execute(tx.conn()?).await?;
    Ok(())
}

#[derive(QueryableByName)]
struct Id {
    #[diesel(sql_type = SqlUuid)]
    id: Uuid,
}

/// Ids that a query gives of a tenant (`$1`) and a version (`$2`).
async fn ids(tx: &mut TenantTx<'_>, version: &authz::Version, sql: &'static str) -> Result<Vec<Uuid>> {
    let rows: Vec<Id> = sql_query(sql)
        .bind::<SqlUuid, _>(version.model.tenant_id.0)
        .bind::<SqlUuid, _>(version.id.0)
        .load(tx.conn()?)
        .await?;
    Ok(rows.into_iter().map(|row| row.id).collect())
}

/// Every version that a version holds, through systems in it too.
pub(super) async fn part_ids(tx: &mut TenantTx<'_>, version: &authz::Version) -> Result<Vec<Uuid>> {
    ids(tx, version, "SELECT version_id AS id FROM system_parts($1, $2)").await
}

/// Every system version past development that holds a version, through
/// systems in it too.
pub(super) async fn systems_with(tx: &mut TenantTx<'_>, version: &authz::Version) -> Result<Vec<Uuid>> {
    let sql = "SELECT w.version_id AS id FROM systems_with($1, ARRAY[$2]) w
         JOIN version_stages s ON s.tenant_id = $1 AND s.version_id = w.version_id
         WHERE s.stage NOT IN ('development', 'retired') LIMIT 1000";
    ids(tx, version, sql).await
}

/// Who registered what a version holds.
pub(super) async fn part_authors(tx: &mut TenantTx<'_>, version: &authz::Version) -> Result<Vec<Uuid>> {
    let sql = "SELECT DISTINCT v.author_id AS id FROM system_parts($1, $2) s
         JOIN versions v ON v.tenant_id = $1 AND v.id = s.version_id";
    ids(tx, version, sql).await
}

#[derive(QueryableByName)]
struct PartRow {
    #[diesel(sql_type = Text)]
    role: String,
    #[diesel(embed)]
    names: Names,
    #[diesel(sql_type = Binary)]
    digest: Vec<u8>,
    #[diesel(sql_type = Text)]
    stage: String,
    #[diesel(sql_type = Nullable<Integer>)]
    production: Option<i32>,
}

/// What a version holds directly, by role.
pub(super) async fn parts(tx: &mut TenantTx<'_>, version: &authz::Version) -> Result<Vec<SystemPart>> {
    let rows: Vec<PartRow> = sql_query(
        "SELECT c.role, p.slug AS project, m.name AS model, v.number, v.digest, s.stage, n.number AS production
         FROM system_components c
         JOIN versions v ON v.tenant_id = c.tenant_id AND v.id = c.component_id
         JOIN models m ON m.tenant_id = v.tenant_id AND m.id = v.model_id
         JOIN projects p ON p.tenant_id = m.tenant_id AND p.id = m.project_id
         JOIN version_stages s ON s.tenant_id = v.tenant_id AND s.version_id = v.id
         LEFT JOIN production_now n ON n.tenant_id = v.tenant_id AND n.model_id = v.model_id
         WHERE c.tenant_id = $1 AND c.system_id = $2 ORDER BY c.role",
    )
    .bind::<SqlUuid, _>(version.model.tenant_id.0)
    .bind::<SqlUuid, _>(version.id.0)
    .load(tx.conn()?)
    .await?;
    let part = |row: PartRow| {
        Ok(SystemPart {
            role: row.role,
            version: row.names.reference(&version.model.reference.tenant)?,
            digest: hex::encode(row.digest),
            stage: row.stage.parse().map_err(Error::internal)?,
            production: row.production.map(fit).transpose()?,
        })
    };
    rows.into_iter().map(part).collect()
}

#[derive(QueryableByName)]
struct UseRow {
    #[diesel(embed)]
    names: Names,
    #[diesel(sql_type = Text)]
    role: String,
    #[diesel(sql_type = Text)]
    stage: String,
}

/// The system versions that hold a version directly, those in use first.
pub(super) async fn used_by(tx: &mut TenantTx<'_>, version: &authz::Version) -> Result<Vec<SystemUse>> {
    let rows: Vec<UseRow> = sql_query(format!(
        "SELECT p.slug AS project, m.name AS model, v.number, c.role, s.stage
         FROM system_components c
         JOIN versions v ON v.tenant_id = c.tenant_id AND v.id = c.system_id
         JOIN models m ON m.tenant_id = v.tenant_id AND m.id = v.model_id
         JOIN projects p ON p.tenant_id = m.tenant_id AND p.id = m.project_id
         JOIN version_stages s ON s.tenant_id = v.tenant_id AND s.version_id = v.id
         WHERE c.tenant_id = $1 AND c.component_id = $2
         ORDER BY array_position(ARRAY['production', 'staging'], s.stage), p.slug, m.name, v.number DESC
         LIMIT {LISTED}"
    ))
    .bind::<SqlUuid, _>(version.model.tenant_id.0)
    .bind::<SqlUuid, _>(version.id.0)
    .load(tx.conn()?)
    .await?;
    let using = |row: UseRow| {
        Ok(SystemUse {
            system: row.names.reference(&version.model.reference.tenant)?,
            role: row.role,
            stage: row.stage.parse().map_err(Error::internal)?,
        })
    };
    rows.into_iter().map(using).collect()
}

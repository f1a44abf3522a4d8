//! Several versions at once.

use super::{Model, Version};
use crate::kernel::error::{Error, Result, fit};
use crate::kernel::sql::sql_query;
use crate::kernel::tx::TenantTx;
use diesel::sql_types::{Array, BigInt, Integer, Text, Uuid as SqlUuid};
use diesel_async::RunQueryDsl;
use uuid::Uuid;
use weighhouse_types::error::Code;
use weighhouse_types::reference::{ModelRef, VersionRef};

#[derive(diesel::QueryableByName)]
struct FoundVersion {
    #[diesel(sql_type = SqlUuid)]
    model_id: Uuid,
    #[diesel(sql_type = SqlUuid)]
    id: Uuid,
    #[diesel(sql_type = BigInt)]
    place: i64,
}

/// Several versions of the transaction's tenant, in the order of their
/// references, by one query.
pub(crate) async fn versions(tx: &mut TenantTx<'_>, references: &[VersionRef]) -> Result<Vec<Version>> {
    let tenant_id = tx.tenant();
    let projects: Vec<&str> = references.iter().map(|r| r.model.project.as_str()).collect();
    let models: Vec<&str> = references.iter().map(|r| r.model.model.as_str()).collect();
    let numbers: Vec<i32> = references.iter().map(|r| i32::try_from(r.number).unwrap_or(0)).collect();
    let found: Vec<FoundVersion> = sql_query(
        "SELECT v.model_id, v.id, asked.place
         FROM unnest($2, $3, $4) WITH ORDINALITY AS asked (project, model, number, place)
         JOIN projects p ON p.tenant_id = $1 AND p.slug = asked.project
         JOIN models m ON m.tenant_id = $1 AND m.project_id = p.id AND m.name = asked.model
         JOIN versions v ON v.tenant_id = $1 AND v.model_id = m.id AND v.number = asked.number",
    )
    .bind::<SqlUuid, _>(tenant_id.0)
    .bind::<Array<Text>, _>(projects)
    .bind::<Array<Text>, _>(models)
    .bind::<Array<Integer>, _>(numbers)
    .load(tx.conn()?)
    .await?;
    let version = |(reference, place): (&VersionRef, i64)| {
        let found = found.iter().find(|found| found.place == place).ok_or_else(|| no_version(reference))?;
        let model = Model {
            tenant_id,
            id: found.model_id.into(),
            reference: reference.model.clone(),
            _made_here: (),
        };
        Ok(Version { model, id: found.id.into(), number: reference.number, _made_here: () })
    };
    references.iter().zip(1..).map(version).collect()
}

/// The refusal for one of several versions that is not there; their tenant is
/// visible, so it may be named.
fn no_version(reference: &VersionRef) -> Error {
    let VersionRef { model, number } = reference;
    let detail =
        format!("There is no version {}/{}@{number} here. Check the spelling.", model.project, model.model);
    Error::refused(Code::NotFound, detail)
}

#[derive(diesel::QueryableByName)]
struct Found {
    #[diesel(sql_type = SqlUuid)]
    id: Uuid,
    #[diesel(sql_type = SqlUuid)]
    model_id: Uuid,
    #[diesel(sql_type = Text)]
    tenant: String,
    #[diesel(sql_type = Text)]
    project: String,
    #[diesel(sql_type = Text)]
    model: String,
    #[diesel(sql_type = Integer)]
    number: i32,
}

/// Those versions of the transaction's tenant, in the order of their models'
/// ids; an id of anything else is left out.
pub(crate) async fn versions_by_id(tx: &mut TenantTx<'_>, ids: &[Uuid]) -> Result<Vec<Version>> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let tenant_id = tx.tenant();
    let found: Vec<Found> = sql_query(
        "SELECT v.id, v.model_id, t.slug AS tenant, p.slug AS project, m.name AS model, v.number
         FROM versions v
         JOIN models m ON m.tenant_id = v.tenant_id AND m.id = v.model_id
         JOIN projects p ON p.tenant_id = m.tenant_id AND p.id = m.project_id
         JOIN tenants t ON t.tenant_id = v.tenant_id
         WHERE v.tenant_id = $1 AND v.id = ANY ($2) ORDER BY v.model_id, v.number",
    )
    .bind::<SqlUuid, _>(tenant_id.0)
    .bind::<Array<SqlUuid>, _>(ids)
    .load(tx.conn()?)
    .await?;
    let handle = |row: Found| {
        let reference = ModelRef { tenant: row.tenant, project: row.project, model: row.model };
        let model = Model { tenant_id, id: row.model_id.into(), reference, _made_here: () };
        Ok(Version { model, id: row.id.into(), number: fit(row.number)?, _made_here: () })
    };
    found.into_iter().map(handle).collect()
}

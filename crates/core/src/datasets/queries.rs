//! SQL of datasets and feature pipelines.

use super::NewRecord;
use crate::kernel::authz;
use crate::kernel::error::{Error, Result, fit};
use crate::kernel::sql::sql_query;
use crate::kernel::tx::TenantTx;
use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Binary, Integer, Jsonb, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use diesel_async::RunQueryDsl;
use serde_json::Value;
use uuid::Uuid;
use weighhouse_types::datasets::{Class, DataRef, Record, Registered, UsedBy};
use weighhouse_types::ids::DataVersionId;
use weighhouse_types::reference::{ModelRef, VersionRef};

#[derive(QueryableByName)]
struct Locked {
    #[diesel(sql_type = SqlUuid)]
    id: Uuid,
    #[diesel(sql_type = Integer)]
    versions: i32,
}

/// Locks a name's row, made where it is new; gives it and its newest number.
pub(super) async fn series_lock(
    tx: &mut TenantTx<'_>,
    tenant: &authz::Tenant,
    new: &NewRecord,
) -> Result<(Uuid, i32)> {
    let row: Locked = sql_query(
        "INSERT INTO data_series (tenant_id, id, class, name) VALUES ($1, $2, $3, $4)
         ON CONFLICT (tenant_id, class, name) DO UPDATE SET versions = data_series.versions
         RETURNING id, versions",
    )
    .bind::<SqlUuid, _>(tenant.id().0)
    .bind::<SqlUuid, _>(Uuid::now_v7())
    .bind::<Text, _>(new.class.as_str())
    .bind::<Text, _>(&new.name)
    .get_result(tx.conn()?)
    .await?;
    Ok((row.id, row.versions))
}

pub(super) async fn number_of_digest(
    tx: &mut TenantTx<'_>,
    tenant: &authz::Tenant,
    series: Uuid,
    digest: &[u8; 32],
) -> Result<Option<u32>> {
    use crate::schema::data_versions::dsl;
    let number: Option<i32> = dsl::data_versions
        .filter(dsl::tenant_id.eq(tenant.id().0).and(dsl::series_id.eq(series)))
        .filter(dsl::digest.eq(digest.as_slice()))
        .select(dsl::number)
        .first(tx.conn()?)
        .await
        .optional()?;
    number.map(fit).transpose()
}

pub(super) async fn version_insert(
    tx: &mut TenantTx<'_>,
    tenant: &authz::Tenant,
    series: Uuid,
    number: i32,
    new: &NewRecord,
) -> Result<()> {
    let author = tx.ctx().user_id();
    sql_query(
        "WITH version AS (
             INSERT INTO data_versions
                 (tenant_id, id, series_id, number, digest, content_digest, record, author_id)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8))
         UPDATE data_series SET versions = $4 WHERE tenant_id = $1 AND id = $3",
    )
    .bind::<SqlUuid, _>(tenant.id().0)
    .bind::<SqlUuid, _>(Uuid::now_v7())
    .bind::<SqlUuid, _>(series)
    .bind::<Integer, _>(number)
    .bind::<Binary, _>(new.digest.as_slice())
    .bind::<Nullable<Binary>, _>(new.content_digest.as_deref())
    .bind::<Jsonb, _>(&new.record)
    .bind::<Nullable<SqlUuid>, _>(author)
    .execute(tx.conn()?)
    .await?;
    Ok(())
}

#[derive(QueryableByName)]
struct Row {
    #[diesel(sql_type = SqlUuid)]
    id: Uuid,
    #[diesel(sql_type = Text)]
    name: String,
    #[diesel(sql_type = Integer)]
    number: i32,
    #[diesel(sql_type = Binary)]
    digest: Vec<u8>,
    #[diesel(sql_type = Jsonb)]
    record: Value,
    #[diesel(sql_type = Text)]
    author: String,
    #[diesel(sql_type = Timestamptz)]
    created_at: DateTime<Utc>,
}

impl Row {
    fn registered<T: Record>(self) -> Result<Registered<T>> {
        Ok(Registered {
            id: self.id.into(),
            name: self.name,
            number: fit(self.number)?,
            digest: hex::encode(self.digest),
            author: self.author,
            created_at: self.created_at,
            record: serde_json::from_value(self.record).map_err(Error::internal)?,
            used_by: Vec::new(),
        })
    }
}

/// The columns of a version; lists leave its profile out.
fn select(record: &str) -> String {
    format!(
        "SELECT v.id, s.name, v.number, v.digest, {record} AS record,
                coalesce(u.name, 'the operator') AS author, v.created_at
         FROM data_series s
         JOIN data_versions v ON v.tenant_id = s.tenant_id AND v.series_id = s.id
         LEFT JOIN users u ON u.id = v.author_id"
    )
}

const WITHOUT_PROFILE: &str = "v.record - 'profile'";

/// The newest version of each name after one, by name.
pub(super) async fn newest<T: Record>(
    tx: &mut TenantTx<'_>,
    tenant: &authz::Tenant,
    class: Class,
    after: Option<&str>,
    limit: i64,
) -> Result<Vec<Registered<T>>> {
    let rows: Vec<Row> = sql_query(format!(
        "{} WHERE s.tenant_id = $1 AND s.class = $2 AND v.number = s.versions
             AND ($3 IS NULL OR s.name > $3)
         ORDER BY s.name LIMIT $4",
        select(WITHOUT_PROFILE)
    ))
    .bind::<SqlUuid, _>(tenant.id().0)
    .bind::<Text, _>(class.as_str())
    .bind::<Nullable<Text>, _>(after)
    .bind::<BigInt, _>(limit)
    .load(tx.conn()?)
    .await?;
    rows.into_iter().map(Row::registered).collect()
}

/// Versions under a name below a number, newest first.
pub(super) async fn versions<T: Record>(
    tx: &mut TenantTx<'_>,
    tenant: &authz::Tenant,
    (class, name): (Class, &str),
    before: Option<i32>,
    limit: i64,
) -> Result<Vec<Registered<T>>> {
    let rows: Vec<Row> = sql_query(format!(
        "{} WHERE s.tenant_id = $1 AND s.class = $2 AND s.name = $3 AND ($4 IS NULL OR v.number < $4)
         ORDER BY v.number DESC LIMIT $5",
        select(WITHOUT_PROFILE)
    ))
    .bind::<SqlUuid, _>(tenant.id().0)
    .bind::<Text, _>(class.as_str())
    .bind::<Text, _>(name)
    .bind::<Nullable<Integer>, _>(before)
    .bind::<BigInt, _>(limit)
    .load(tx.conn()?)
    .await?;
    rows.into_iter().map(Row::registered).collect()
}

pub(super) async fn version<T: Record>(
    tx: &mut TenantTx<'_>,
    tenant: &authz::Tenant,
    class: Class,
    reference: &DataRef,
) -> Result<Option<Registered<T>>> {
    let rows: Vec<Row> = sql_query(format!(
        "{} WHERE s.tenant_id = $1 AND s.class = $2 AND s.name = $3 AND v.number = $4",
        select("v.record")
    ))
    .bind::<SqlUuid, _>(tenant.id().0)
    .bind::<Text, _>(class.as_str())
    .bind::<Text, _>(&reference.name)
    .bind::<Integer, _>(i32::try_from(reference.number).unwrap_or(0))
    .load(tx.conn()?)
    .await?;
    rows.into_iter().next().map(Row::registered).transpose()
}

#[derive(QueryableByName)]
struct UseRow {
    #[diesel(sql_type = Text)]
    project: String,
    #[diesel(sql_type = Text)]
    model: String,
    #[diesel(sql_type = Integer)]
    number: i32,
    #[diesel(sql_type = Text)]
    stage: String,
    #[diesel(sql_type = Text)]
    component: String,
}

/// The model versions whose context names it, or data of its digest.
pub(super) async fn used_by(
    tx: &mut TenantTx<'_>,
    tenant: &authz::Tenant,
    id: DataVersionId,
) -> Result<Vec<UsedBy>> {
    let rows: Vec<UseRow> = sql_query(
        "SELECT DISTINCT p.slug AS project, m.name AS model, v.number, st.stage, i.component, v.created_at
         FROM data_versions d
         JOIN data_series s ON s.tenant_id = d.tenant_id AND s.id = d.series_id
         JOIN version_inputs i ON i.tenant_id = d.tenant_id
             AND (i.data_version_id = d.id OR (s.class = 'dataset' AND i.content_digest = d.content_digest))
         JOIN versions v ON v.tenant_id = i.tenant_id AND v.id = i.version_id
         JOIN version_stages st ON st.tenant_id = v.tenant_id AND st.version_id = v.id
         JOIN models m ON m.tenant_id = v.tenant_id AND m.id = v.model_id
         JOIN projects p ON p.tenant_id = m.tenant_id AND p.id = m.project_id
         WHERE d.tenant_id = $1 AND d.id = $2
         ORDER BY v.created_at DESC, p.slug, m.name, v.number, i.component LIMIT 200",
    )
    .bind::<SqlUuid, _>(tenant.id().0)
    .bind::<SqlUuid, _>(id.0)
    .load(tx.conn()?)
    .await?;
    let used = |row: UseRow| {
        let model = ModelRef { tenant: tenant.slug().into(), project: row.project, model: row.model };
        Ok(UsedBy {
            version: VersionRef { model, number: fit(row.number)? },
            stage: row.stage.parse().map_err(Error::internal)?,
            component: row.component.parse().map_err(Error::internal)?,
        })
    };
    rows.into_iter().map(used).collect()
}

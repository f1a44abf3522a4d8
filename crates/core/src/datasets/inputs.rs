//! What a model version's context names of the tenant's data: checked when the
//! version is registered, kept beside it, shown from both ends.

use crate::kernel::authz;
use crate::kernel::error::{Error, Result, fit};
use crate::kernel::sql::sql_query;
use crate::kernel::tx::TenantTx;
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Binary, Integer, Nullable, Text, Uuid as SqlUuid};
use diesel_async::RunQueryDsl;
use serde::de::DeserializeOwned;
use serde_json::Value;
use uuid::Uuid;
use weighhouse_types::context::{Dataset, Evaluation, Features};
use weighhouse_types::datasets::{Class, DataRef, Input, Use, bare_sha256};

/// One thing that a context names.
pub(crate) struct Named {
    component: Use,
    position: usize,
    content_digest: Option<Vec<u8>>,
    data_version: Option<Uuid>,
}

/// Finds what a context names. Whatever has a reference must be there, and
/// agree with the digest beside it; a digest alone need not be known.
///
/// # Errors
/// Says which reference names nothing of this tenant, or other data.
pub(crate) async fn inputs_resolve_in_tx(tx: &mut TenantTx<'_>, context: &Value) -> Result<Vec<Named>> {
    let mut found = Vec::new();
    for (n, set) in part::<Vec<Dataset>>(context, "data")?.into_iter().flatten().enumerate() {
        let place = (Use::Data, n, format!("context.data[{n}].version"));
        found.extend(named(tx, place, set.version.as_deref(), set.digest.as_deref()).await?);
    }
    if let Some(features) = part::<Features>(context, "features")? {
        let place = (Use::Features, 0, "context.features.pipeline".to_owned());
        found.extend(named(tx, place, features.pipeline.as_deref(), None).await?);
    }
    for (n, set) in part::<Vec<Evaluation>>(context, "evaluation")?.into_iter().flatten().enumerate() {
        let place = (Use::Evaluation, n, String::new());
        found.extend(named(tx, place, None, set.digest.as_deref()).await?);
    }
    Ok(found)
}

/// A component of a context that has its form already.
fn part<T: DeserializeOwned>(context: &Value, key: &str) -> Result<Option<T>> {
    context.get(key).map(T::deserialize).transpose().map_err(Error::internal)
}

async fn named(
    tx: &mut TenantTx<'_>,
    (component, position, field): (Use, usize, String),
    reference: Option<&str>,
    digest: Option<&str>,
) -> Result<Option<Named>> {
    let content_digest =
        digest.and_then(bare_sha256).map(hex::decode).transpose().map_err(Error::internal)?;
    let Some(reference) = reference else {
        let named = Named { component, position, content_digest, data_version: None };
        return Ok(Some(named).filter(|named| named.content_digest.is_some()));
    };
    let class = if component == Use::Features { Class::Pipeline } else { Class::Dataset };
    let wanted: DataRef = reference.parse().map_err(|e: String| Error::invalid(&field, e))?;
    let found = identify(tx, class, &wanted).await?.ok_or_else(|| {
        let detail =
            format!("There is no {class} ‘{wanted}’ here. Register it first, or check the spelling.");
        Error::invalid(&field, detail)
    })?;
    if let (Some(digest), Some(registered)) = (digest, &found.content_digest)
        && content_digest.as_ref() != Some(registered)
    {
        let registered = hex::encode(registered);
        let detail =
            format!("‘{wanted}’ has the digest {registered}, and `digest` says {digest}: it is other data.");
        return Err(Error::invalid(&field, detail));
    }
    // The reference alone says which it is: another version may hold the same bytes.
    Ok(Some(Named { component, position, content_digest: None, data_version: Some(found.id) }))
}

#[derive(QueryableByName)]
struct Found {
    #[diesel(sql_type = SqlUuid)]
    id: Uuid,
    #[diesel(sql_type = Nullable<Binary>)]
    content_digest: Option<Vec<u8>>,
}

async fn identify(tx: &mut TenantTx<'_>, class: Class, reference: &DataRef) -> Result<Option<Found>> {
    let tenant = tx.tenant();
    let rows: Vec<Found> = sql_query(
        "SELECT v.id, v.content_digest FROM data_versions v
         JOIN data_series s ON s.tenant_id = v.tenant_id AND s.id = v.series_id
         WHERE s.tenant_id = $1 AND s.class = $2 AND s.name = $3 AND v.number = $4",
    )
    .bind::<SqlUuid, _>(tenant.0)
    .bind::<Text, _>(class.as_str())
    .bind::<Text, _>(&reference.name)
    .bind::<Integer, _>(i32::try_from(reference.number).unwrap_or(0))
    .load(tx.conn()?)
    .await?;
    Ok(rows.into_iter().next())
}

/// Keeps what a version that was just registered names.
pub(crate) async fn inputs_record_in_tx(
    tx: &mut TenantTx<'_>,
    version: &authz::Version,
    inputs: &[Named],
) -> Result<()> {
    if inputs.is_empty() {
        return Ok(());
    }
    let components: Vec<&str> = inputs.iter().map(|input| input.component.as_str()).collect();
    let positions = inputs.iter().map(|input| fit::<_, i32>(input.position)).collect::<Result<Vec<_>>>()?;
    let digests: Vec<Option<&[u8]>> = inputs.iter().map(|input| input.content_digest.as_deref()).collect();
    let versions: Vec<Option<Uuid>> = inputs.iter().map(|input| input.data_version).collect();
    sql_query(
        "INSERT INTO version_inputs
             (tenant_id, version_id, component, position, content_digest, data_version_id)
         SELECT $1, $2, * FROM unnest($3, $4, $5, $6)",
    )
    .bind::<SqlUuid, _>(version.model.tenant_id.0)
    .bind::<SqlUuid, _>(version.id.0)
    .bind::<Array<Text>, _>(components)
    .bind::<Array<Integer>, _>(positions)
    .bind::<Array<Nullable<Binary>>, _>(digests)
    .bind::<Array<Nullable<SqlUuid>>, _>(versions)
    .execute(tx.conn()?)
    .await?;
    Ok(())
}

#[derive(QueryableByName)]
struct Row {
    #[diesel(sql_type = Text)]
    component: String,
    #[diesel(sql_type = Integer)]
    position: i32,
    #[diesel(sql_type = Text)]
    class: String,
    #[diesel(sql_type = Text)]
    name: String,
    #[diesel(sql_type = Integer)]
    number: i32,
    #[diesel(sql_type = Nullable<Text>)]
    split: Option<String>,
    #[diesel(sql_type = Nullable<BigInt>)]
    rows: Option<i64>,
}

/// What a version names that is registered, in the order of its context. Where
/// several dataset versions hold the same bytes, the newest stands for them.
pub(crate) async fn inputs_of(tx: &mut TenantTx<'_>, version: &authz::Version) -> Result<Vec<Input>> {
    let rows: Vec<Row> = sql_query(
        "SELECT DISTINCT ON (i.component, i.position) i.component, i.position, s.class, s.name, d.number,
                d.record ->> 'split' AS split, (d.record -> 'rows')::bigint AS rows
         FROM version_inputs i
         JOIN data_versions d ON d.tenant_id = i.tenant_id
             AND (d.id = i.data_version_id OR d.content_digest = i.content_digest)
         JOIN data_series s ON s.tenant_id = d.tenant_id AND s.id = d.series_id
         WHERE i.tenant_id = $1 AND i.version_id = $2
             AND (s.class = 'dataset' OR i.data_version_id IS NOT NULL)
         ORDER BY i.component, i.position, d.created_at DESC, d.id DESC",
    )
    .bind::<SqlUuid, _>(version.model.tenant_id.0)
    .bind::<SqlUuid, _>(version.id.0)
    .load(tx.conn()?)
    .await?;
    let input = |row: Row| {
        Ok(Input {
            component: row.component.parse().map_err(Error::internal)?,
            position: fit(row.position)?,
            class: row.class.parse().map_err(Error::internal)?,
            name: row.name,
            number: fit(row.number)?,
            split: row.split,
            rows: row.rows.map(fit).transpose()?,
        })
    };
    rows.into_iter().map(input).collect()
}

//! Datasets and feature pipelines: immutable, numbered versions under a name
//! of their tenant. Both are one kind of record to this module.

mod inputs;
mod queries;

pub(crate) use inputs::{inputs_of, inputs_record_in_tx, inputs_resolve_in_tx};

use crate::kernel::authz;
use crate::kernel::ctx::Ctx;
use crate::kernel::error::{Error, Result, fit};
use crate::kernel::page;
use crate::kernel::tx::TenantTx;
use serde_json::Value;
use weighhouse_ledger::canonical;
use weighhouse_types::audit::Event;
use weighhouse_types::datasets::{
    Class, DataRef, DatasetRecord, Drift, Record, Registered, Side, data_name_check,
};
use weighhouse_types::page::{Page, PageQuery};
use weighhouse_types::permission::Action;

/// A record in its one form, with what follows from it.
pub(crate) struct NewRecord {
    class: Class,
    name: String,
    digest: [u8; 32],
    content_digest: Option<Vec<u8>>,
    record: Value,
}

/// Registers a version under a name, which is made where it is new. The same
/// record again answers with the version that is there, and `false`.
///
/// # Errors
/// When the record is not valid; nothing is registered then.
pub async fn data_register<T: Record>(
    ctx: &Ctx,
    tenant: &str,
    name: &str,
    record: &T,
) -> Result<(Registered<T>, bool)> {
    let tenant = authz::tenant(ctx, tenant, Action::DataRegister).await?;
    let new = prepare(name, record)?;
    let mut tx = TenantTx::begin(ctx, &tenant).await?;
    // From here on registrations under this name come one after the other.
    let (series, newest) = queries::series_lock(&mut tx, &tenant, &new).await?;
    if let Some(there) = queries::number_of_digest(&mut tx, &tenant, series, &new.digest).await? {
        let found = read(&mut tx, &tenant, &DataRef { name: new.name, number: there }).await?;
        tx.finish().await?;
        return Ok((found, false));
    }
    let number = newest + 1;
    queries::version_insert(&mut tx, &tenant, series, number, &new).await?;
    let reference = DataRef { name: new.name, number: fit(number)? };
    let found: Registered<T> = read(&mut tx, &tenant, &reference).await?;
    let event = Event::DataRegistered {
        class: T::CLASS.as_str().into(),
        version: format!("{}/{reference}", tenant.slug()),
        digest: found.digest.clone(),
        content_digest: record.content_digest().map(str::to_owned),
    };
    tx.commit(&event).await?;
    Ok((found, true))
}

fn prepare<T: Record>(name: &str, record: &T) -> Result<NewRecord> {
    data_name_check(name).map_err(|e| Error::invalid("name", e))?;
    record.check()?;
    let value = serde_json::to_value(record).map_err(Error::internal)?;
    let digest = crate::kernel::secret::sha256(&canonical::to_bytes(&value).map_err(Error::internal)?);
    let content_digest = record.content_digest().map(hex::decode).transpose().map_err(Error::internal)?;
    Ok(NewRecord { class: T::CLASS, name: name.into(), digest, content_digest, record: value })
}

/// The newest version of every name, by name.
///
/// # Errors
/// When the tenant is not visible.
pub async fn series_list<T: Record>(
    ctx: &Ctx,
    tenant: &str,
    query: &PageQuery,
) -> Result<Page<Registered<T>>> {
    let tenant = authz::tenant(ctx, tenant, Action::TenantRead).await?;
    let mut tx = TenantTx::begin(ctx, &tenant).await?;
    let after: Option<String> = page::after(query)?;
    let found = queries::newest(&mut tx, &tenant, T::CLASS, after.as_deref(), page::fetch(query)).await?;
    tx.finish().await?;
    page::cut(query, found, |version| version.name.clone())
}

/// The versions under a name, newest first.
///
/// # Errors
/// When there is none of this name for the caller.
pub async fn data_list<T: Record>(
    ctx: &Ctx,
    tenant: &str,
    name: &str,
    query: &PageQuery,
) -> Result<Page<Registered<T>>> {
    let tenant = authz::tenant(ctx, tenant, Action::TenantRead).await?;
    let mut tx = TenantTx::begin(ctx, &tenant).await?;
    let before: Option<i32> = page::after(query)?;
    let found = queries::versions(&mut tx, &tenant, (T::CLASS, name), before, page::fetch(query)).await?;
    tx.finish().await?;
    if found.is_empty() && before.is_none() {
        return Err(Error::not_found(T::CLASS.as_str()));
    }
    page::cut(query, found, |version| version.number)
}

/// A version with its profile and the model versions that were made of it.
///
/// # Errors
/// When there is none of this name and number for the caller.
pub async fn data_get<T: Record>(ctx: &Ctx, tenant: &str, reference: &DataRef) -> Result<Registered<T>> {
    let tenant = authz::tenant(ctx, tenant, Action::TenantRead).await?;
    let mut tx = TenantTx::begin(ctx, &tenant).await?;
    let found = read(&mut tx, &tenant, reference).await?;
    tx.finish().await?;
    Ok(found)
}

async fn read<T: Record>(
    tx: &mut TenantTx<'_>,
    tenant: &authz::Tenant,
    reference: &DataRef,
) -> Result<Registered<T>> {
    let found = queries::version(tx, tenant, T::CLASS, reference).await?;
    let mut found = found.ok_or_else(|| Error::not_found(T::CLASS.as_str()))?;
    found.used_by = queries::used_by(tx, tenant, found.id).await?;
    Ok(found)
}

/// How a dataset version differs from another of its tenant, `from`.
///
/// # Errors
/// When either is not there for the caller.
pub async fn drift(ctx: &Ctx, tenant: &str, from: &DataRef, to: &DataRef) -> Result<Drift> {
    let tenant = authz::tenant(ctx, tenant, Action::TenantRead).await?;
    let mut tx = TenantTx::begin(ctx, &tenant).await?;
    let drift = drift_in_tx(&mut tx, &tenant, from, to).await?;
    tx.finish().await?;
    Ok(drift)
}

/// The same inside a transaction, for those who compare more than data.
pub(crate) async fn drift_in_tx(
    tx: &mut TenantTx<'_>,
    tenant: &authz::Tenant,
    from: &DataRef,
    to: &DataRef,
) -> Result<Drift> {
    let before: Registered<DatasetRecord> = read(tx, tenant, from).await?;
    let after: Registered<DatasetRecord> = read(tx, tenant, to).await?;
    Ok(Drift::between(side(from, &before.record), side(to, &after.record)))
}

fn side<'a>(reference: &'a DataRef, record: &'a DatasetRecord) -> Side<'a> {
    let profile = record.profile.as_ref();
    let rows = record.rows.or_else(|| profile.map(|profile| profile.rows));
    Side { reference, rows, schema: &record.schema, profile }
}

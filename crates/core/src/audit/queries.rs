//! SQL of the audit logs.

use crate::kernel::authz;
use crate::kernel::error::{Error, Result, fit};
use crate::kernel::sql;
use crate::kernel::tx::{PlatformTx, TenantTx};
use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Binary, Nullable, Text, Uuid as SqlUuid};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use serde::Deserialize;
use serde_json::{Value, json};
use uuid::Uuid;
use weighhouse_ledger::Hash;
use weighhouse_types::audit::{AuditEntry, Event};

#[derive(QueryableByName)]
struct Row {
    #[diesel(sql_type = BigInt)]
    index: i64,
    #[diesel(sql_type = Binary)]
    leaf: Vec<u8>,
    #[diesel(sql_type = Binary)]
    leaf_hash: Vec<u8>,
    #[diesel(sql_type = Nullable<Text>)]
    payload: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    actor: Option<String>,
}

/// The fields of a leaf that a page shows.
#[derive(Deserialize)]
struct Leaf {
    time: DateTime<Utc>,
    event: String,
    via: String,
}

impl Row {
    fn entry(self) -> Result<AuditEntry> {
        let leaf: Leaf = serde_json::from_slice(&self.leaf).map_err(Error::internal)?;
        let payload: Option<Value> =
            self.payload.map(|text| serde_json::from_str(&text)).transpose().map_err(Error::internal)?;
        let who = match (&self.actor, leaf.via.as_str()) {
            (Some(actor), _) => actor.as_str(),
            (None, "console") => "The operator",
            (None, "worker") => "Weighhouse itself",
            (None, _) => "Somebody with the link",
        };
        let sentence = match &payload {
            Some(payload) => {
                let event = json!({"event": leaf.event, "payload": payload});
                serde_json::from_value::<Event>(event).map_err(Error::internal)?.sentence(who)
            }
            None => format!("{who}: {} (its details have expired).", leaf.event),
        };
        Ok(AuditEntry {
            index: fit(self.index)?,
            at: leaf.time,
            event: leaf.event,
            actor: self.actor,
            via: leaf.via,
            sentence,
            payload,
            leaf_hash: hex::encode(self.leaf_hash),
        })
    }
}

/// One log's tables and the name of their first column.
struct Tables {
    prefix: &'static str,
    owner: &'static str,
}

const TENANT: Tables = Tables { prefix: "audit", owner: "tenant_id" };
const AGENCY: Tables = Tables { prefix: "agency_audit", owner: "agency_id" };

async fn entries(
    conn: &mut AsyncPgConnection,
    Tables { prefix, owner }: Tables,
    id: Uuid,
    before: Option<i64>,
    limit: i64,
) -> Result<Vec<AuditEntry>> {
    let rows: Vec<Row> = sql::query(format!(
        "SELECT l.index, l.leaf, l.leaf_hash, p.payload, u.name AS actor
         FROM {prefix}_leaves l
         LEFT JOIN {prefix}_payloads p ON p.{owner} = l.{owner} AND p.index = l.index
         LEFT JOIN users u ON u.id = (convert_from(l.leaf, 'UTF8')::json ->> 'actor')::uuid
         WHERE l.{owner} = $1 AND ($2 IS NULL OR l.index < $2)
         ORDER BY l.index DESC LIMIT $3"
    ))
    .bind::<SqlUuid, _>(id)
    .bind::<Nullable<BigInt>, _>(before)
    .bind::<BigInt, _>(limit)
    .load(conn)
    .await?;
    rows.into_iter().map(Row::entry).collect()
}

#[derive(QueryableByName)]
struct LeafHash {
    #[diesel(sql_type = Binary)]
    leaf_hash: Vec<u8>,
}

async fn hashes(
    conn: &mut AsyncPgConnection,
    Tables { prefix, owner }: Tables,
    id: Uuid,
) -> Result<Vec<Hash>> {
    let rows: Vec<LeafHash> =
        sql::query(format!("SELECT leaf_hash FROM {prefix}_leaves WHERE {owner} = $1 ORDER BY index"))
            .bind::<SqlUuid, _>(id)
            .load(conn)
            .await?;
    let hash = |row: LeafHash| {
        let bytes: [u8; 32] = row.leaf_hash.as_slice().try_into().map_err(Error::internal)?;
        Ok(Hash::from(bytes))
    };
    rows.into_iter().map(hash).collect()
}

pub(super) async fn tenant_entries(
    tx: &mut TenantTx<'_>,
    tenant: &authz::Tenant,
    before: Option<i64>,
    limit: i64,
) -> Result<Vec<AuditEntry>> {
    entries(tx.conn()?, TENANT, tenant.id().0, before, limit).await
}

pub(super) async fn tenant_hashes(tx: &mut TenantTx<'_>, tenant: &authz::Tenant) -> Result<Vec<Hash>> {
    hashes(tx.conn()?, TENANT, tenant.id().0).await
}

pub(super) async fn agency_entries(
    tx: &mut PlatformTx<'_>,
    agency: &authz::Agency,
    before: Option<i64>,
    limit: i64,
) -> Result<Vec<AuditEntry>> {
    entries(tx.conn()?, AGENCY, agency.id().0, before, limit).await
}

pub(super) async fn agency_hashes(tx: &mut PlatformTx<'_>, agency: &authz::Agency) -> Result<Vec<Hash>> {
    hashes(tx.conn()?, AGENCY, agency.id().0).await
}

//! SQL of the audit logs.

pub(super) mod tiles;

use crate::kernel::authz;
use crate::kernel::error::{Error, Result, fit};
use crate::kernel::tx::{PlatformTx, TenantTx};
use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Binary, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use serde::Deserialize;
use serde_json::{Value, json};
use uuid::Uuid;
use weighhouse_types::audit::{AuditEntry, AuditQuery, Event};

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
    filter: &AuditQuery,
    before: Option<i64>,
    limit: i64,
) -> Result<Vec<AuditEntry>> {
    let rows: Vec<Row> = diesel::sql_query(format!(
        "SELECT l.index, l.leaf, l.leaf_hash, p.payload, u.name AS actor
         FROM {prefix}_leaves l
         CROSS JOIN LATERAL (SELECT convert_from(l.leaf, 'UTF8')::json AS said) j
         LEFT JOIN {prefix}_payloads p ON p.{owner} = l.{owner} AND p.index = l.index
         LEFT JOIN users u ON u.id = (j.said ->> 'actor')::uuid
         WHERE l.{owner} = $1 AND ($2 IS NULL OR l.index < $2)
           AND ($4 IS NULL OR (j.said ->> 'time')::timestamptz >= $4)
           AND ($5 IS NULL OR (j.said ->> 'time')::timestamptz < $5)
           AND ($6 IS NULL OR lower($6) IN (lower(u.name), lower(u.email)))
           AND ($7 IS NULL OR j.said ->> 'event' = $7 OR starts_with(j.said ->> 'event', $7 || '.'))
           AND ($8 IS NULL OR EXISTS (
               SELECT FROM json_each_text(p.payload::json) f
               WHERE f.key IN ('model', 'version', 'from', 'to')
                 AND (f.value = $8 OR starts_with(f.value, $8 || '@'))))
         ORDER BY l.index DESC LIMIT $3"
    ))
    .bind::<SqlUuid, _>(id)
    .bind::<Nullable<BigInt>, _>(before)
    .bind::<BigInt, _>(limit)
    .bind::<Nullable<Timestamptz>, _>(filter.since)
    .bind::<Nullable<Timestamptz>, _>(filter.until)
    .bind::<Nullable<Text>, _>(filter.actor.as_deref())
    .bind::<Nullable<Text>, _>(filter.event.as_deref())
    .bind::<Nullable<Text>, _>(filter.model.as_deref())
    .load(conn)
    .await?;
    rows.into_iter().map(Row::entry).collect()
}

pub(super) async fn tenant_entries(
    tx: &mut TenantTx<'_>,
    tenant: &authz::Tenant,
    filter: &AuditQuery,
    before: Option<i64>,
    limit: i64,
) -> Result<Vec<AuditEntry>> {
    entries(tx.conn()?, TENANT, tenant.id().0, filter, before, limit).await
}

pub(super) async fn agency_entries(
    tx: &mut PlatformTx<'_>,
    agency: &authz::Agency,
    filter: &AuditQuery,
    before: Option<i64>,
    limit: i64,
) -> Result<Vec<AuditEntry>> {
    entries(tx.conn()?, AGENCY, agency.id().0, filter, before, limit).await
}

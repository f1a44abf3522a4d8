//! SQL of the audit logs.

pub(super) mod tiles;

use crate::kernel::authz;
use crate::kernel::error::{Error, Result, fit};
use crate::kernel::sql::sql_query;
use crate::kernel::tx::{PlatformTx, TenantTx};
use chrono::{DateTime, SecondsFormat, Utc};
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Binary, Nullable, Text, Uuid as SqlUuid};
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

/// Where a leaf says when: 27 bytes, in UTC to the microsecond, which sort as
/// the moments do.
const TIME: &str = "substring(l.leaf FROM position('\"time\":\"'::bytea IN l.leaf) + 8 FOR 27)";

/// What is sought, as the bytes that stand in a leaf: it is canonical JSON, so
/// that what it says is written in one way only, and finding bytes is ten
/// times faster than reading JSON.
struct Sought {
    since: Option<Vec<u8>>,
    until: Option<Vec<u8>>,
    actors: Option<Vec<Vec<u8>>>,
    events: Option<Vec<Vec<u8>>>,
    /// A model's name inside a JSON text.
    model: Option<String>,
}

impl Sought {
    async fn of(conn: &mut AsyncPgConnection, filter: &AuditQuery) -> Result<Self> {
        let time = |at: DateTime<Utc>| at.to_rfc3339_opts(SecondsFormat::Micros, true).into_bytes();
        let events = |event: &String| {
            [format!("\"event\":\"{event}\""), format!("\"event\":\"{event}.")].map(String::into_bytes).into()
        };
        let model = filter.model.as_ref().map(serde_json::to_string).transpose().map_err(Error::internal)?;
        let actors = match &filter.actor {
            Some(actor) => Some(Self::actors(conn, actor).await?),
            None => None,
        };
        Ok(Self {
            since: filter.since.map(time),
            until: filter.until.map(time),
            actors,
            events: filter.event.as_ref().map(events),
            model: model.map(|text| text.trim_matches('"').to_owned()),
        })
    }

    /// Whoever is called so, or has this e-mail address.
    async fn actors(conn: &mut AsyncPgConnection, actor: &str) -> Result<Vec<Vec<u8>>> {
        #[derive(QueryableByName)]
        struct Id {
            #[diesel(sql_type = SqlUuid)]
            id: Uuid,
        }
        let ids: Vec<Id> =
            sql_query("SELECT id FROM users WHERE lower($1) IN (lower(name), lower(email)) LIMIT 100")
                .bind::<Text, _>(actor)
                .load(conn)
                .await?;
        Ok(ids.into_iter().map(|Id { id }| format!("\"actor\":\"{id}\"").into_bytes()).collect())
    }
}

async fn entries(
    conn: &mut AsyncPgConnection,
    Tables { prefix, owner }: Tables,
    id: Uuid,
    filter: &AuditQuery,
    before: Option<i64>,
    limit: i64,
) -> Result<Vec<AuditEntry>> {
    let sought = Sought::of(conn, filter).await?;
    if sought.actors.as_ref().is_some_and(Vec::is_empty) {
        return Ok(Vec::new());
    }
    let rows: Vec<Row> = sql_query(format!(
        "SELECT l.index, l.leaf, l.leaf_hash, p.payload, u.name AS actor
         FROM {prefix}_leaves l
         LEFT JOIN {prefix}_payloads p ON p.{owner} = l.{owner} AND p.index = l.index
         LEFT JOIN users u ON u.id = (convert_from(l.leaf, 'UTF8')::json ->> 'actor')::uuid
         WHERE l.{owner} = $1 AND ($2 IS NULL OR l.index < $2)
           AND ($4 IS NULL OR {TIME} >= $4) AND ($5 IS NULL OR {TIME} < $5)
           AND ($6 IS NULL OR EXISTS (SELECT FROM unnest($6) said WHERE position(said IN l.leaf) > 0))
           AND ($7 IS NULL OR EXISTS (SELECT FROM unnest($7) said WHERE position(said IN l.leaf) > 0))
           AND ($8 IS NULL OR (strpos(p.payload, $9) > 0 AND EXISTS (
               SELECT FROM json_each_text(p.payload::json) f
               WHERE f.key IN ('model', 'version', 'with', 'from', 'to')
                 AND (f.value = $8 OR starts_with(f.value, $8 || '@'))
                 -- What moved with a system, still as JSON.
                 OR f.key = 'moved' AND strpos(f.value, chr(34) || $9 || '@') > 0)))
         ORDER BY l.index DESC LIMIT $3"
    ))
    .bind::<SqlUuid, _>(id)
    .bind::<Nullable<BigInt>, _>(before)
    .bind::<BigInt, _>(limit)
    .bind::<Nullable<Binary>, _>(sought.since)
    .bind::<Nullable<Binary>, _>(sought.until)
    .bind::<Nullable<Array<Binary>>, _>(sought.actors)
    .bind::<Nullable<Array<Binary>>, _>(sought.events)
    .bind::<Nullable<Text>, _>(filter.model.as_deref())
    .bind::<Nullable<Text>, _>(sought.model)
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

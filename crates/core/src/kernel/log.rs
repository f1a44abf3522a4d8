//! Audit on commit: one leaf of an RFC 6962 log per mutation, written in the
//! mutation's own transaction.

use super::app::App;
use super::ctx::Ctx;
use super::error::{Error, Result};
use super::secret;
use super::sql::sql_query;
use super::tx::PlatformTx;
use chrono::{SecondsFormat, Utc};
use diesel::sql_types::{BigInt, Binary, Text, Uuid as SqlUuid};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use serde::Serialize;
use uuid::Uuid;
use weighhouse_ledger::{canonical, export, tree};
use weighhouse_types::audit::Event;
use weighhouse_types::ids::{AgencyId, TenantId};

/// Which log an event goes to.
#[derive(Clone, Copy)]
pub(crate) enum Log {
    Tenant(TenantId),
    Agency(AgencyId),
}

impl Log {
    /// The opaque id that stands in the log's leaves and in its name.
    pub(crate) fn id(self) -> Uuid {
        match self {
            Self::Tenant(id) => id.0,
            Self::Agency(id) => id.0,
        }
    }

    /// Whose log it is, as metrics name it.
    pub(crate) const fn kind(self) -> &'static str {
        match self {
            Self::Tenant(_) => "tenant",
            Self::Agency(_) => "agency",
        }
    }

    /// One round trip: next index under the head's lock.
    fn next_index(self) -> &'static str {
        match self {
            Self::Tenant(_) => {
                "INSERT INTO audit_heads AS head (tenant_id, size) VALUES ($1, 1)
                 ON CONFLICT (tenant_id) DO UPDATE SET size = head.size + 1 RETURNING size - 1 AS index"
            }
            Self::Agency(_) => {
                "INSERT INTO agency_audit_heads AS head (agency_id, size) VALUES ($1, 1)
                 ON CONFLICT (agency_id) DO UPDATE SET size = head.size + 1 RETURNING size - 1 AS index"
            }
        }
    }

    fn insert(self) -> &'static str {
        match self {
            Self::Tenant(_) => {
                "WITH leaf AS (INSERT INTO audit_leaves VALUES ($1, $2, $3, $4))
                 INSERT INTO audit_payloads VALUES ($1, $2, $5, $6)"
            }
            Self::Agency(_) => {
                "WITH leaf AS (INSERT INTO agency_audit_leaves VALUES ($1, $2, $3, $4))
                 INSERT INTO agency_audit_payloads VALUES ($1, $2, $5, $6)"
            }
        }
    }
}

/// How many logs the signer refuses, because they are not what it signed.
pub(super) async fn refused(app: &App) -> Result<i64> {
    let mut tx = PlatformTx::begin(app).await?;
    let Count { count } = sql_query(
        "SELECT (SELECT count(*) FROM audit_checkpoints WHERE refusal IS NOT NULL)
              + (SELECT count(*) FROM agency_audit_checkpoints WHERE refusal IS NOT NULL) AS count",
    )
    .get_result(tx.conn()?)
    .await?;
    tx.finish().await?;
    Ok(count)
}

#[derive(diesel::QueryableByName)]
struct Count {
    #[diesel(sql_type = BigInt)]
    count: i64,
}

/// What is hashed into the tree: opaque ids, time, kind, and the hash of the
/// payload under a nonce, so that a payload can expire and the leaf stay.
#[derive(Serialize)]
struct Leaf<'a> {
    log: Uuid,
    index: i64,
    time: String,
    event: &'a str,
    actor: Option<Uuid>,
    via: String,
    request: &'a str,
    payload_hash: String,
}

#[derive(diesel::QueryableByName)]
struct Index {
    #[diesel(sql_type = BigInt)]
    index: i64,
}

/// Appends an event. Called last in a transaction: the head's row stays
/// locked until the commit.
pub(super) async fn append(conn: &mut AsyncPgConnection, ctx: &Ctx, log: Log, event: &Event) -> Result<()> {
    let payload = serde_json::to_value(event).map_err(Error::internal)?;
    let payload = payload.get("payload").cloned().unwrap_or_default();
    let payload = String::from_utf8(canonical::to_bytes(&payload).map_err(Error::internal)?)
        .map_err(Error::internal)?;
    let nonce = secret::random32();

    let Index { index } = sql_query(log.next_index()).bind::<SqlUuid, _>(log.id()).get_result(conn).await?;
    let leaf = canonical::to_bytes(&Leaf {
        log: log.id(),
        index,
        time: Utc::now().to_rfc3339_opts(SecondsFormat::Micros, true),
        event: event.name(),
        actor: ctx.user_id(),
        via: ctx.via(),
        request: &ctx.request_id,
        payload_hash: export::payload_hash(&nonce, &payload).to_string(),
    })
    .map_err(Error::internal)?;
    let leaf_hash = tree::leaf_hash(&leaf);
    sql_query(log.insert())
        .bind::<SqlUuid, _>(log.id())
        .bind::<BigInt, _>(index)
        .bind::<Binary, _>(&leaf)
        .bind::<Binary, _>(leaf_hash.as_bytes().as_slice())
        .bind::<Binary, _>(nonce.as_slice())
        .bind::<Text, _>(&payload)
        .execute(conn)
        .await?;
    tracing::debug!(event = event.name(), log = %log.id(), index, request_id = ctx.request_id, "audited");
    Ok(())
}

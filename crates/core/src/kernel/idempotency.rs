//! Requests under an `Idempotency-Key`: done at most once, answered alike.
//!
//! A request takes its key in a transaction of its own, under a lease. The
//! operation's own transaction then marks the key as done, so that effect and
//! mark are committed together or not at all, and only by whoever still has
//! the lease. Last, the answer is kept. Whatever is lost on the way, a second
//! try under the key never repeats what was done:
//! - lost before the commit: nothing happened; once the lease is over the
//!   second try does the work;
//! - lost between commit and answer: the second try is told that it was done.
//!
//! What commits without an event (parts of files, leases) leaves no mark: it
//! may be repeated by its nature. An operation of several transactions (a login
//! and its membership) is marked by the first.

use super::app::App;
use super::ctx::{Actor, Ctx};
use super::error::{Error, Result};
use super::secret;
use super::sql::sql_query;
use super::tx::PlatformTx;
use chrono::{DateTime, Utc};
use diesel::sql_types::{Binary, Bool, Nullable, SmallInt, Text, Timestamptz, Uuid as SqlUuid};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use uuid::Uuid;
use weighhouse_types::error::Code;

/// How long a request is left alone before it counts as lost.
const LEASE: &str = "60 seconds";
/// How long a key and its answer are kept.
const KEPT: &str = "24 hours";
/// Keys are removed in batches of this size.
const PRUNE_BATCH: i64 = 10_000;

/// A request under a key.
#[derive(Clone, Copy, Debug)]
pub struct Keyed<'a> {
    pub key: &'a str,
    /// The address as it was sent.
    pub address: &'a str,
    /// The address's pattern, which holds no secret.
    pub route: &'a str,
    pub body: &'a [u8],
}

/// The right to do the work of a key, until the lease is over.
#[derive(Clone, Debug)]
pub struct Claim {
    id: [u8; 32],
    lease: Uuid,
}

/// An answer that was kept.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Kept {
    pub status: u16,
    pub content_type: String,
    pub body: Vec<u8>,
}

/// What is known of a key.
#[derive(Debug)]
pub enum Reserved {
    /// Nothing: the work is the caller's.
    First(Claim),
    /// The request was answered before.
    Before(Kept),
    /// The request is still at work.
    AtWork,
}

#[derive(diesel::QueryableByName)]
struct Row {
    #[diesel(sql_type = Binary)]
    fingerprint: Vec<u8>,
    #[diesel(sql_type = Bool)]
    running: bool,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    done_at: Option<DateTime<Utc>>,
    #[diesel(sql_type = Nullable<SmallInt>)]
    status: Option<i16>,
    #[diesel(sql_type = Nullable<Text>)]
    content_type: Option<String>,
    #[diesel(sql_type = Nullable<Binary>)]
    body: Option<Vec<u8>>,
}

/// Takes a key for its first request, or finds what came of it.
///
/// # Errors
/// When the key was used for another request, and when its request was done
/// and the answer lost.
pub async fn reserve(ctx: &Ctx, keyed: &Keyed<'_>) -> Result<Reserved> {
    let claim = Claim { id: keyed.id(ctx), lease: Uuid::new_v4() };
    let fingerprint = digest(&[keyed.key.as_bytes(), keyed.body]);
    let mut tx = PlatformTx::begin(&ctx.app).await?;
    if insert(tx.conn()?, keyed.route, &claim, &fingerprint).await? {
        tx.commit_bookkeeping().await?;
        return Ok(Reserved::First(claim));
    }
    let found: Vec<Row> = sql_query(
        "SELECT fingerprint, leased_until > now() AS running, done_at, status, content_type, body
         FROM idempotency_keys WHERE id = $1",
    )
    .bind::<Binary, _>(claim.id.as_slice())
    .load(tx.conn()?)
    .await?;
    tx.finish().await?;
    match found.into_iter().next() {
        Some(row) if row.fingerprint != fingerprint => Err(Error::refused(
            Code::Mismatch,
            "This Idempotency-Key was used for another request. Send that one unchanged, or take a new key.",
        )),
        Some(Row { status: Some(status), content_type, body, .. }) => Ok(Reserved::Before(Kept {
            status: super::error::fit(status)?,
            content_type: content_type.unwrap_or_default(),
            body: body.unwrap_or_default(),
        })),
        Some(Row { running: false, done_at: Some(at), .. }) => Err(Error::conflict(format!(
            "The request under this Idempotency-Key was carried out at {}, and its answer was lost. \
             Look at what it made before you send anything again; take a new key for a new request.",
            at.format("%Y-%m-%d %H:%M:%S UTC")
        ))),
        // Gone again between the two looks: it failed, and may be repeated.
        Some(_) | None => Ok(Reserved::AtWork),
    }
}

/// Takes a key that is new, expired, or whose request was lost before it did
/// anything.
async fn insert(
    conn: &mut AsyncPgConnection,
    route: &str,
    claim: &Claim,
    fingerprint: &[u8; 32],
) -> Result<bool> {
    let taken = sql_query(format!(
        "INSERT INTO idempotency_keys AS k (id, fingerprint, route, lease, leased_until, expires_at)
         VALUES ($1, $2, $3, $4, now() + interval '{LEASE}', now() + interval '{KEPT}')
         ON CONFLICT (id) DO UPDATE SET
             fingerprint = excluded.fingerprint, created_at = now(), lease = excluded.lease,
             leased_until = excluded.leased_until, expires_at = excluded.expires_at,
             done_at = NULL, status = NULL, content_type = NULL, body = NULL
         WHERE k.expires_at <= now()
            OR (k.fingerprint = excluded.fingerprint AND k.leased_until <= now()
                AND k.done_at IS NULL AND k.status IS NULL)"
    ))
    .bind::<Binary, _>(claim.id.as_slice())
    .bind::<Binary, _>(fingerprint.as_slice())
    .bind::<Text, _>(route)
    .bind::<SqlUuid, _>(claim.lease)
    .execute(conn)
    .await?;
    Ok(taken == 1)
}

/// Marks the request's key as done, inside of the operation's transaction.
pub(super) async fn mark(conn: &mut AsyncPgConnection, ctx: &Ctx) -> Result<()> {
    let Some(claim) = &ctx.claim else { return Ok(()) };
    let marked = sql_query(
        "UPDATE idempotency_keys SET done_at = coalesce(done_at, now()) WHERE id = $1 AND lease = $2",
    )
    .bind::<Binary, _>(claim.id.as_slice())
    .bind::<SqlUuid, _>(claim.lease)
    .execute(conn)
    .await?;
    if marked == 1 {
        return Ok(());
    }
    Err(Error::conflict(
        "This request took too long, and another one under its Idempotency-Key took over. This one changed nothing.",
    ))
}

/// Keeps the answer of a key's request.
///
/// # Errors
/// When the database fails.
pub async fn keep(app: &App, claim: &Claim, kept: &Kept) -> Result<()> {
    let status: i16 = super::error::fit(kept.status)?;
    let mut tx = PlatformTx::begin(app).await?;
    sql_query(
        "UPDATE idempotency_keys SET status = $3, content_type = $4, body = $5 WHERE id = $1 AND lease = $2",
    )
    .bind::<Binary, _>(claim.id.as_slice())
    .bind::<SqlUuid, _>(claim.lease)
    .bind::<SmallInt, _>(status)
    .bind::<Text, _>(&kept.content_type)
    .bind::<Binary, _>(&kept.body)
    .execute(tx.conn()?)
    .await?;
    tx.commit_bookkeeping().await
}

/// Gives a key back whose request came to nothing. What was done all the same
/// stays marked, without an answer.
///
/// # Errors
/// When the database fails.
pub async fn release(app: &App, claim: &Claim) -> Result<()> {
    let mut tx = PlatformTx::begin(app).await?;
    sql_query(
        "WITH undone AS (DELETE FROM idempotency_keys WHERE id = $1 AND lease = $2 AND done_at IS NULL)
         UPDATE idempotency_keys SET leased_until = now() WHERE id = $1 AND lease = $2 AND done_at IS NOT NULL",
    )
    .bind::<Binary, _>(claim.id.as_slice())
    .bind::<SqlUuid, _>(claim.lease)
    .execute(tx.conn()?)
    .await?;
    tx.commit_bookkeeping().await
}

/// Forgets keys and answers whose day is over.
///
/// # Errors
/// When the database fails.
pub async fn prune(app: &App) -> Result<()> {
    loop {
        let mut tx = PlatformTx::begin(app).await?;
        let gone = sql_query(format!(
            "DELETE FROM idempotency_keys WHERE expires_at <= now() AND id IN (
                 SELECT id FROM idempotency_keys WHERE expires_at <= now() LIMIT {PRUNE_BATCH})"
        ))
        .execute(tx.conn()?)
        .await?;
        tx.commit_bookkeeping().await?;
        if i64::try_from(gone).map_err(Error::internal)? < PRUNE_BATCH {
            return Ok(());
        }
    }
}

impl Keyed<'_> {
    /// What the key is unique in: one person's sessions, one token (whether it
    /// comes itself or as a JWT), or, of who has no login, the key alone.
    fn id(&self, ctx: &Ctx) -> [u8; 32] {
        let caller = match &ctx.actor {
            Actor::Token { token, .. } => format!("token {token}"),
            _ => ctx.user_id().map_or_else(String::new, |user| format!("user {user}")),
        };
        digest(&[caller.as_bytes(), self.address.as_bytes(), self.key.as_bytes()])
    }
}

/// One hash over several texts, none of which can be taken for its neighbour.
fn digest(parts: &[&[u8]]) -> [u8; 32] {
    let hashes: Vec<u8> = parts.iter().flat_map(|part| secret::sha256(part)).collect();
    secret::sha256(&hashes)
}

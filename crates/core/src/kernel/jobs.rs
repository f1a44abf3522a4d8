//! Jobs: a table in Postgres, enqueued in the transaction of their cause,
//! leased with a fencing token, retried with backoff, and kept when they die.

use super::app::App;
use super::error::{Error, Result};
use super::sql::sql_query;
use super::tx::PlatformTx;
use diesel::sql_types::{Array, BigInt, Bool, Double, Integer, Jsonb, Nullable, Text, Uuid as SqlUuid};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use serde::{Deserialize, Serialize};
use std::time::Duration;
use uuid::Uuid;
use weighhouse_types::ids::TenantId;
use weighhouse_types::reference::VersionRef;

/// A job is dead after this many attempts: about a day of retries.
pub const ATTEMPTS_MAX: i32 = 15;
/// How long a job is its worker's without a sign of life.
const LEASE: &str = "30 seconds";
/// How often a worker renews the lease of what it is about.
pub const RENEW: Duration = Duration::from_secs(10);

/// What is to be done. Carries ids; every job may run twice.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", content = "payload", rename_all = "snake_case")]
pub enum Job {
    /// Send a mail of the outbox.
    MailSend { mail: Uuid },
    /// Mail a link to choose a new password to whoever has the login, if
    /// anybody has: so that asking for one takes the same time in either case.
    PasswordResetSend { email: String },
    /// Scan the files of a version for what they run when loaded.
    VersionScan { version: VersionRef },
}

/// Which jobs a worker's loop takes: long ones have one of their own, so that
/// no mail waits for them.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Lane {
    Short,
    Long,
}

/// The kinds that take minutes.
const LONG: &[&str] = &["version_scan"];

impl Job {
    /// The kind, as in the database and in metrics.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::MailSend { .. } => "mail_send",
            Self::PasswordResetSend { .. } => "password_reset_send",
            Self::VersionScan { .. } => "version_scan",
        }
    }

    /// How long one attempt may take.
    #[must_use]
    pub const fn patience(&self) -> Duration {
        match self {
            Self::MailSend { .. } => Duration::from_secs(90),
            Self::PasswordResetSend { .. } => Duration::from_secs(30),
            Self::VersionScan { .. } => Duration::from_secs(4 * 3600),
        }
    }
}

/// A job that this worker holds.
#[derive(Debug)]
pub struct Leased {
    pub id: Uuid,
    /// None for a kind that this program does not know: a newer one's.
    pub job: Option<Job>,
    pub attempts: i32,
    /// The request that caused it.
    pub request_id: String,
    lease: Uuid,
}

pub(crate) async fn enqueue(
    conn: &mut AsyncPgConnection,
    tenant: Option<TenantId>,
    request_id: &str,
    job: &Job,
) -> Result<()> {
    let job = serde_json::to_value(job).map_err(Error::internal)?;
    sql_query(
        "INSERT INTO jobs (id, tenant_id, kind, payload, request_id)
         VALUES ($1, $2, $3 ->> 'kind', $3 -> 'payload', $4)",
    )
    .bind::<SqlUuid, _>(Uuid::now_v7())
    .bind::<Nullable<SqlUuid>, _>(tenant.map(|t| t.0))
    .bind::<Jsonb, _>(job)
    .bind::<Text, _>(request_id)
    .execute(conn)
    .await?;
    Ok(())
}

#[derive(diesel::QueryableByName)]
struct Row {
    #[diesel(sql_type = SqlUuid)]
    id: Uuid,
    #[diesel(sql_type = Jsonb)]
    job: serde_json::Value,
    #[diesel(sql_type = Integer)]
    attempts: i32,
    #[diesel(sql_type = Text)]
    request_id: String,
}

/// Takes the next due job, if there is one that no other worker holds.
///
/// # Errors
/// When the database fails.
pub async fn claim(app: &App, lane: Lane) -> Result<Option<Leased>> {
    let lease = Uuid::new_v4();
    let mut tx = PlatformTx::begin(app).await?;
    let rows: Vec<Row> = sql_query(format!(
        "UPDATE jobs SET lease = $1, leased_until = now() + interval '{LEASE}', attempts = attempts + 1
         WHERE id = (
             SELECT id FROM jobs
             WHERE done_at IS NULL AND dead_at IS NULL AND run_at <= now()
               AND (leased_until IS NULL OR leased_until < now())
               AND (kind = ANY($2)) = $3
             ORDER BY run_at LIMIT 1 FOR UPDATE SKIP LOCKED)
         RETURNING id, jsonb_build_object('kind', kind, 'payload', payload) AS job, attempts, request_id"
    ))
    .bind::<SqlUuid, _>(lease)
    .bind::<Array<Text>, _>(LONG)
    .bind::<Bool, _>(lane == Lane::Long)
    .load(tx.conn()?)
    .await?;
    tx.commit_bookkeeping().await?;
    let Some(row) = rows.into_iter().next() else { return Ok(None) };
    let job = serde_json::from_value(row.job).ok();
    Ok(Some(Leased { id: row.id, job, attempts: row.attempts, request_id: row.request_id, lease }))
}

/// Keeps a job for another while. False when another worker has it by now.
///
/// # Errors
/// When the database fails.
pub async fn renew(app: &App, leased: &Leased) -> Result<bool> {
    let mut tx = PlatformTx::begin(app).await?;
    let kept = sql_query(format!(
        "UPDATE jobs SET leased_until = now() + interval '{LEASE}' WHERE id = $1 AND lease = $2"
    ))
    .bind::<SqlUuid, _>(leased.id)
    .bind::<SqlUuid, _>(leased.lease)
    .execute(tx.conn()?)
    .await?;
    tx.commit_bookkeeping().await?;
    Ok(kept > 0)
}

/// Marks a job as done, unless its lease has passed to another worker.
///
/// # Errors
/// When the database fails.
pub async fn done(app: &App, leased: &Leased) -> Result<()> {
    let mut tx = PlatformTx::begin(app).await?;
    sql_query("UPDATE jobs SET done_at = now(), leased_until = NULL WHERE id = $1 AND lease = $2")
        .bind::<SqlUuid, _>(leased.id)
        .bind::<SqlUuid, _>(leased.lease)
        .execute(tx.conn()?)
        .await?;
    tx.commit_bookkeeping().await
}

/// Puts a failed job back, later each time; after the last attempt, or where
/// none can help, it is dead and stays to be seen.
///
/// # Errors
/// When the database fails.
pub async fn failed(app: &App, leased: &Leased, error: &str, dead: bool) -> Result<()> {
    let mut tx = PlatformTx::begin(app).await?;
    sql_query(
        "UPDATE jobs SET leased_until = NULL, last_error = $3,
             run_at = now() + make_interval(secs => $4 * (0.5 + random())),
             dead_at = CASE WHEN $5 THEN now() END
         WHERE id = $1 AND lease = $2",
    )
    .bind::<SqlUuid, _>(leased.id)
    .bind::<SqlUuid, _>(leased.lease)
    .bind::<Text, _>(error)
    .bind::<Double, _>(backoff_seconds(leased.attempts))
    .bind::<Bool, _>(dead)
    .execute(tx.conn()?)
    .await?;
    tx.commit_bookkeeping().await
}

/// How many jobs there are, by their state.
#[derive(diesel::QueryableByName, Debug)]
pub(crate) struct Counts {
    #[diesel(sql_type = BigInt)]
    due: i64,
    #[diesel(sql_type = BigInt)]
    waiting: i64,
    #[diesel(sql_type = BigInt)]
    running: i64,
    #[diesel(sql_type = BigInt)]
    dead: i64,
    #[diesel(sql_type = BigInt)]
    pub(crate) oldest_due_seconds: i64,
}

impl Counts {
    pub(crate) const fn states(&self) -> [(&'static str, i64); 4] {
        [("due", self.due), ("waiting", self.waiting), ("running", self.running), ("dead", self.dead)]
    }
}

/// Counts the jobs that are not done. A job that failed waits for its next
/// attempt; one whose worker is gone is due again.
pub(crate) async fn counts(app: &App) -> Result<Counts> {
    let mut tx = PlatformTx::begin(app).await?;
    let counts = sql_query(
        "SELECT count(*) FILTER (WHERE due) AS due,
                count(*) FILTER (WHERE dead_at IS NULL AND NOT leased AND run_at > now()) AS waiting,
                count(*) FILTER (WHERE dead_at IS NULL AND leased) AS running,
                count(*) FILTER (WHERE dead_at IS NOT NULL) AS dead,
                coalesce(extract(epoch FROM now() - min(run_at) FILTER (WHERE due)), 0)::bigint
                    AS oldest_due_seconds
         FROM (SELECT *, coalesce(leased_until > now(), false) AS leased,
                      dead_at IS NULL AND run_at <= now() AND NOT coalesce(leased_until > now(), false) AS due
               FROM jobs WHERE done_at IS NULL) AS open",
    )
    .get_result(tx.conn()?)
    .await?;
    tx.finish().await?;
    Ok(counts)
}

/// How long a job that is done is kept.
const KEPT: &str = "7 days";

/// Forgets jobs that were done a while ago, ten thousand at a time.
///
/// # Errors
/// When the database fails.
pub async fn prune(app: &App) -> Result<()> {
    let mut tx = PlatformTx::begin(app).await?;
    sql_query(format!(
        "DELETE FROM jobs WHERE id IN (
             SELECT id FROM jobs WHERE done_at < now() - interval '{KEPT}' LIMIT 10000 FOR UPDATE SKIP LOCKED)"
    ))
    .execute(tx.conn()?)
    .await?;
    tx.commit_bookkeeping().await
}

/// 2, 4, 8 … seconds, at most two hours; jitter comes on top.
fn backoff_seconds(attempts: i32) -> f64 {
    2_f64.powi(attempts.clamp(1, 13)).min(7200.0)
}

#[cfg(test)]
mod tests {
    use super::backoff_seconds;

    #[test]
    fn backoff_grows_and_is_bounded() {
        assert!((backoff_seconds(1) - 2.0).abs() < f64::EPSILON);
        assert!((backoff_seconds(3) - 8.0).abs() < f64::EPSILON);
        assert!((backoff_seconds(1000) - 7200.0).abs() < f64::EPSILON);
    }
}

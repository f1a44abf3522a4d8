//! Jobs: a table in Postgres, enqueued in the transaction of their cause,
//! leased with a fencing token, retried with backoff, and kept when they die.

use super::app::App;
use super::error::{Error, Result};
use super::sql;
use super::tx::PlatformTx;
use diesel::sql_types::{Double, Integer, Jsonb, Nullable, Text, Uuid as SqlUuid};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use serde::{Deserialize, Serialize};
use uuid::Uuid;
use weighhouse_types::ids::TenantId;

/// A job is dead after this many attempts: about a day of retries.
pub const ATTEMPTS_MAX: i32 = 15;
/// How long a worker may take before another one may.
const LEASE: &str = "2 minutes";

/// What is to be done. Carries ids; every job may run twice.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", content = "payload", rename_all = "snake_case")]
pub enum Job {
    /// Send a mail of the outbox.
    MailSend { mail: Uuid },
}

/// A job that this worker holds.
#[derive(Debug)]
pub struct Leased {
    pub id: Uuid,
    pub job: Job,
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
    sql::query(
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
pub async fn claim(app: &App) -> Result<Option<Leased>> {
    let lease = Uuid::new_v4();
    let mut tx = PlatformTx::begin(app).await?;
    let rows: Vec<Row> = sql::query(format!(
        "UPDATE jobs SET lease = $1, leased_until = now() + interval '{LEASE}', attempts = attempts + 1
         WHERE id = (
             SELECT id FROM jobs
             WHERE done_at IS NULL AND dead_at IS NULL AND run_at <= now()
               AND (leased_until IS NULL OR leased_until < now())
             ORDER BY run_at LIMIT 1 FOR UPDATE SKIP LOCKED)
         RETURNING id, jsonb_build_object('kind', kind, 'payload', payload) AS job, attempts, request_id"
    ))
    .bind::<SqlUuid, _>(lease)
    .load(tx.conn()?)
    .await?;
    tx.commit_bookkeeping().await?;
    let Some(row) = rows.into_iter().next() else { return Ok(None) };
    let job = serde_json::from_value(row.job).map_err(Error::internal)?;
    Ok(Some(Leased { id: row.id, job, attempts: row.attempts, request_id: row.request_id, lease }))
}

/// Marks a job as done, unless its lease has passed to another worker.
///
/// # Errors
/// When the database fails.
pub async fn done(app: &App, leased: &Leased) -> Result<()> {
    let mut tx = PlatformTx::begin(app).await?;
    sql::query("UPDATE jobs SET done_at = now(), leased_until = NULL WHERE id = $1 AND lease = $2")
        .bind::<SqlUuid, _>(leased.id)
        .bind::<SqlUuid, _>(leased.lease)
        .execute(tx.conn()?)
        .await?;
    tx.commit_bookkeeping().await
}

/// Puts a failed job back, later each time; after the last attempt it is dead
/// and stays to be seen.
///
/// # Errors
/// When the database fails.
pub async fn failed(app: &App, leased: &Leased, error: &str) -> Result<()> {
    let mut tx = PlatformTx::begin(app).await?;
    sql::query(
        "UPDATE jobs SET leased_until = NULL, last_error = $3,
             run_at = now() + make_interval(secs => $4 * (0.5 + random())),
             dead_at = CASE WHEN attempts >= $5 THEN now() END
         WHERE id = $1 AND lease = $2",
    )
    .bind::<SqlUuid, _>(leased.id)
    .bind::<SqlUuid, _>(leased.lease)
    .bind::<Text, _>(error)
    .bind::<Double, _>(backoff_seconds(leased.attempts))
    .bind::<Integer, _>(ATTEMPTS_MAX)
    .execute(tx.conn()?)
    .await?;
    tx.commit_bookkeeping().await
}

/// How long a job that is done is kept.
const KEPT: &str = "7 days";

/// Forgets jobs that were done a while ago, ten thousand at a time.
///
/// # Errors
/// When the database fails.
pub async fn prune(app: &App) -> Result<()> {
    let mut tx = PlatformTx::begin(app).await?;
    sql::query(format!(
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

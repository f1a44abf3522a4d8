//! SQL of failed jobs.

use crate::kernel::authz;
use crate::kernel::error::{Result, fit};
use crate::kernel::sql::sql_query;
use crate::kernel::tx::{PlatformTx, TenantTx};
use chrono::{DateTime, Utc};
use diesel::sql_types::{BigInt, Bool, Integer, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use diesel::{OptionalExtension, QueryableByName};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use uuid::Uuid;
use weighhouse_types::ids::JobId;
use weighhouse_types::jobs::{JobState, JobSummary};

/// A failed job as it stands.
#[derive(QueryableByName)]
pub(super) struct Troubled {
    #[diesel(sql_type = SqlUuid)]
    pub(super) id: Uuid,
    #[diesel(sql_type = Nullable<SqlUuid>)]
    pub(super) tenant_id: Option<Uuid>,
    #[diesel(sql_type = Text)]
    pub(super) kind: String,
    #[diesel(sql_type = Text)]
    pub(super) about: String,
    #[diesel(sql_type = Bool)]
    pub(super) running: bool,
    #[diesel(sql_type = Bool)]
    dead: bool,
    #[diesel(sql_type = Integer)]
    attempts: i32,
    #[diesel(sql_type = Text)]
    last_error: String,
    #[diesel(sql_type = Timestamptz)]
    run_at: DateTime<Utc>,
    #[diesel(sql_type = Timestamptz)]
    created_at: DateTime<Utc>,
    #[diesel(sql_type = Text)]
    request_id: String,
}

impl Troubled {
    fn summary(self, tenant: Option<String>) -> Result<JobSummary> {
        let state = match (self.dead, self.running) {
            (true, _) => JobState::Dead,
            (false, true) => JobState::Running,
            (false, false) => JobState::Failed,
        };
        Ok(JobSummary {
            id: self.id.into(),
            kind: self.kind,
            tenant,
            about: self.about,
            state,
            attempts: fit(self.attempts)?,
            last_error: self.last_error,
            next_run: (state == JobState::Failed).then_some(self.run_at),
            created_at: self.created_at,
            request_id: self.request_id,
        })
    }
}

/// What is read of a failed job; a mail's subject and recipient say what it
/// is about.
const TROUBLED: &str = "
    SELECT j.id, j.tenant_id, j.kind, j.attempts, j.last_error, j.run_at, j.created_at, j.request_id,
           j.dead_at IS NOT NULL AS dead, coalesce(j.leased_until > now(), false) AS running,
           coalesce(m.subject || ', to ' || m.recipient, CASE WHEN j.kind = 'version_scan' THEN 'scan of '
               || concat_ws('/', j.payload #>> '{version,model,tenant}', j.payload #>> '{version,model,project}',
                            j.payload #>> '{version,model,model}') || '@' || (j.payload #>> '{version,number}') END,
               j.kind) AS about
    FROM jobs j
    LEFT JOIN mails m ON j.kind = 'mail_send' AND m.id = (j.payload ->> 'mail')::uuid
    WHERE j.done_at IS NULL AND j.last_error IS NOT NULL";

pub(super) async fn of_tenant(
    tx: &mut TenantTx<'_>,
    tenant: &authz::Tenant,
    before: Option<JobId>,
    limit: i64,
) -> Result<Vec<JobSummary>> {
    let rows: Vec<Troubled> = sql_query(format!(
        "{TROUBLED} AND j.tenant_id = $1 AND ($2 IS NULL OR j.id < $2) ORDER BY j.id DESC LIMIT $3"
    ))
    .bind::<SqlUuid, _>(tenant.id().0)
    .bind::<Nullable<SqlUuid>, _>(before.map(|id| id.0))
    .bind::<BigInt, _>(limit)
    .load(tx.conn()?)
    .await?;
    let slug = tenant.slug().to_owned();
    rows.into_iter().map(|row| row.summary(Some(slug.clone()))).collect()
}

#[derive(QueryableByName)]
struct OfAll {
    #[diesel(embed)]
    job: Troubled,
    #[diesel(sql_type = Nullable<Text>)]
    tenant: Option<String>,
}

pub(super) async fn of_all(
    tx: &mut PlatformTx<'_>,
    before: Option<JobId>,
    limit: i64,
) -> Result<Vec<JobSummary>> {
    let rows: Vec<OfAll> = sql_query(format!(
        "SELECT f.*, t.slug AS tenant FROM ({TROUBLED} AND ($1 IS NULL OR j.id < $1)
             ORDER BY j.id DESC LIMIT $2) AS f
         LEFT JOIN tenants t ON t.tenant_id = f.tenant_id ORDER BY f.id DESC"
    ))
    .bind::<Nullable<SqlUuid>, _>(before.map(|id| id.0))
    .bind::<BigInt, _>(limit)
    .load(tx.conn()?)
    .await?;
    rows.into_iter().map(|row| row.job.summary(row.tenant)).collect()
}

/// A failed job that the transaction sees, held until its end.
pub(super) async fn lock(conn: &mut AsyncPgConnection, id: JobId) -> Result<Option<Troubled>> {
    let found = sql_query(format!("{TROUBLED} AND j.id = $1 FOR UPDATE OF j"))
        .bind::<SqlUuid, _>(id.0)
        .get_result(conn)
        .await;
    Ok(found.optional()?)
}

/// Due now, with all its attempts before it.
pub(super) async fn retry(conn: &mut AsyncPgConnection, job: &Troubled) -> Result<()> {
    sql_query("UPDATE jobs SET run_at = now(), attempts = 0, dead_at = NULL WHERE id = $1")
        .bind::<SqlUuid, _>(job.id)
        .execute(conn)
        .await?;
    Ok(())
}

/// Over, without having been done. A mail's bodies go with it.
pub(super) async fn discard(conn: &mut AsyncPgConnection, job: &Troubled) -> Result<()> {
    sql_query(
        "WITH over AS (UPDATE jobs SET done_at = now() WHERE id = $1
                       RETURNING kind, (payload ->> 'mail')::uuid AS mail)
         UPDATE mails SET text_body = NULL, html_body = NULL
         FROM over WHERE over.kind = 'mail_send' AND mails.id = over.mail",
    )
    .bind::<SqlUuid, _>(job.id)
    .execute(conn)
    .await?;
    Ok(())
}

//! SQL that finds what has expired, and removes it.

use crate::kernel::error::{Error, Result, fit};
use crate::kernel::sql::sql_query;
use crate::kernel::tx::TenantTx;
use crate::retention::rules::{self, Artifact, Ended, Payload, Term};
use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Binary, Bool, Integer, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use diesel_async::RunQueryDsl;
use std::future::Future;
use uuid::Uuid;
use weighhouse_types::reference::{ModelRef, VersionRef};
use weighhouse_types::versions::Stage;

/// Rows read at a time.
const PAGE: i64 = 1000;

/// Rows of one kind that expire, read in an order that is nearly that of their
/// age, so that the reading can stop where the young ones begin.
pub(in crate::retention) trait Expiring: Sized {
    type Key: Copy;

    /// Rows after a key, in order; at most [`PAGE`].
    fn page(
        tx: &mut TenantTx<'_>,
        after: Option<Self::Key>,
    ) -> impl Future<Output = Result<Vec<Self>>> + Send;
    /// Removes rows, as the role that may.
    fn delete(tx: &mut TenantTx<'_>, keys: &[Self::Key]) -> impl Future<Output = Result<()>> + Send;
    fn key(&self) -> Self::Key;
    /// From when its term counts.
    fn since(&self) -> DateTime<Utc>;
    fn bytes(&self) -> u64;
    fn is_due(&self, term: &Term) -> bool;
}

/// The first `want` rows that have expired, and whether there may be more.
pub(in crate::retention) async fn expired<T: Expiring>(
    tx: &mut TenantTx<'_>,
    term: &Term,
    want: usize,
) -> Result<(Vec<T>, bool)> {
    let (mut found, mut after) = (Vec::new(), None);
    loop {
        let page = T::page(tx, after).await?;
        let full = fit::<_, i64>(page.len())? == PAGE;
        let old = page.last().is_some_and(|last| term.is_over(last.since()));
        after = page.last().map(T::key);
        found.extend(page.into_iter().filter(|row| row.is_due(term)));
        if found.len() > want || !(full && old) {
            let more = found.len() > want;
            found.truncate(want);
            return Ok((found, more));
        }
    }
}

/// An entry of the audit log whose payload is there.
#[derive(QueryableByName)]
pub(in crate::retention) struct PayloadRow {
    #[diesel(sql_type = BigInt)]
    index: i64,
    #[diesel(sql_type = Text)]
    event: String,
    #[diesel(sql_type = Timestamptz)]
    at: DateTime<Utc>,
    #[diesel(sql_type = Text)]
    payload: String,
}

impl Expiring for PayloadRow {
    type Key = i64;

    async fn page(tx: &mut TenantTx<'_>, after: Option<i64>) -> Result<Vec<Self>> {
        let rows = sql_query(format!(
            "SELECT p.index, entry ->> 'event' AS event, (entry ->> 'time')::timestamptz AS at, p.payload
             FROM audit_payloads p
             JOIN audit_leaves l ON l.tenant_id = p.tenant_id AND l.index = p.index,
             LATERAL (SELECT convert_from(l.leaf, 'UTF8')::json) AS parsed (entry)
             WHERE p.tenant_id = $1 AND p.index > $2 ORDER BY p.index LIMIT {PAGE}"
        ))
        .bind::<SqlUuid, _>(tx.tenant().0)
        .bind::<BigInt, _>(after.unwrap_or(-1))
        .load(tx.conn()?)
        .await?;
        Ok(rows)
    }

    async fn delete(tx: &mut TenantTx<'_>, keys: &[i64]) -> Result<()> {
        let mut sweeper = tx.sweeper().await?;
        sql_query("DELETE FROM audit_payloads WHERE tenant_id = $1 AND index = ANY($2)")
            .bind::<SqlUuid, _>(sweeper.tenant().0)
            .bind::<Array<BigInt>, _>(keys)
            .execute(sweeper.conn()?)
            .await?;
        sweeper.done().await
    }

    fn key(&self) -> i64 {
        self.index
    }

    fn since(&self) -> DateTime<Utc> {
        self.at
    }

    fn bytes(&self) -> u64 {
        // The nonce goes with it.
        u64::try_from(self.payload.len()).unwrap_or(u64::MAX).saturating_add(32)
    }

    fn is_due(&self, term: &Term) -> bool {
        let entry = Payload { event: &self.event, at: self.at, payload: &self.payload };
        rules::payload_is_due(term, &entry)
    }
}

/// A mail that was sent.
#[derive(QueryableByName)]
pub(in crate::retention) struct MailRow {
    #[diesel(sql_type = SqlUuid)]
    id: Uuid,
    #[diesel(sql_type = Timestamptz)]
    sent_at: DateTime<Utc>,
    #[diesel(sql_type = Text)]
    subject: String,
    #[diesel(sql_type = BigInt)]
    bytes: i64,
}

impl Expiring for MailRow {
    type Key = Uuid;

    async fn page(tx: &mut TenantTx<'_>, after: Option<Uuid>) -> Result<Vec<Self>> {
        let mut sweeper = tx.sweeper().await?;
        let rows = sql_query(format!(
            "SELECT id, sent_at, subject, (octet_length(subject) + octet_length(recipient))::bigint AS bytes
             FROM mails
             WHERE tenant_id = $1 AND sent_at IS NOT NULL AND ($2 IS NULL OR id > $2) ORDER BY id LIMIT {PAGE}"
        ))
        .bind::<SqlUuid, _>(sweeper.tenant().0)
        .bind::<Nullable<SqlUuid>, _>(after)
        .load(sweeper.conn()?)
        .await?;
        sweeper.done().await?;
        Ok(rows)
    }

    async fn delete(tx: &mut TenantTx<'_>, keys: &[Uuid]) -> Result<()> {
        let mut sweeper = tx.sweeper().await?;
        sql_query("DELETE FROM mails WHERE tenant_id = $1 AND id = ANY($2) AND sent_at IS NOT NULL")
            .bind::<SqlUuid, _>(sweeper.tenant().0)
            .bind::<Array<SqlUuid>, _>(keys)
            .execute(sweeper.conn()?)
            .await?;
        sweeper.done().await
    }

    fn key(&self) -> Uuid {
        self.id
    }

    fn since(&self) -> DateTime<Utc> {
        self.sent_at
    }

    fn bytes(&self) -> u64 {
        u64::try_from(self.bytes).unwrap_or_default()
    }

    fn is_due(&self, term: &Term) -> bool {
        rules::mail_is_due(term, self.sent_at, &self.subject)
    }
}

/// A session of one of the tenant's people that has ended.
#[derive(QueryableByName)]
pub(in crate::retention) struct SessionRow {
    #[diesel(sql_type = SqlUuid)]
    id: Uuid,
    #[diesel(sql_type = Timestamptz)]
    ended_at: DateTime<Utc>,
    #[diesel(sql_type = BigInt)]
    bytes: i64,
    #[diesel(sql_type = Bool)]
    staff: bool,
    #[diesel(sql_type = Bool)]
    held: bool,
    #[diesel(sql_type = Array<Nullable<Integer>>)]
    terms: Vec<Option<i32>>,
}

impl Expiring for SessionRow {
    type Key = Uuid;

    async fn page(tx: &mut TenantTx<'_>, after: Option<Uuid>) -> Result<Vec<Self>> {
        let mut sweeper = tx.sweeper().await?;
        let rows = sql_query(format!(
            "SELECT s.id, coalesce(s.revoked_at, s.expires_at) AS ended_at, octet_length(s.agent)::bigint AS bytes,
                    EXISTS (SELECT FROM agency_members a WHERE a.user_id = s.user_id) AS staff,
                    EXISTS (SELECT FROM memberships o JOIN legal_holds h ON h.tenant_id = o.tenant_id
                            WHERE o.user_id = s.user_id AND h.model_id IS NULL AND h.lifted_at IS NULL) AS held,
                    -- A term that was just set does not count yet, as for the tenant's own sweep.
                    ARRAY(SELECT CASE WHEN r.set_at < now() - interval '1 day' THEN r.sessions END
                          FROM memberships o
                          LEFT JOIN retention_policies r ON r.tenant_id = o.tenant_id
                          WHERE o.user_id = s.user_id) AS terms
             FROM memberships m JOIN sessions s ON s.user_id = m.user_id
             WHERE m.tenant_id = $1 AND ($2 IS NULL OR s.id > $2)
               AND coalesce(s.revoked_at, s.expires_at) < now()
             ORDER BY s.id LIMIT {PAGE}"
        ))
        .bind::<SqlUuid, _>(sweeper.tenant().0)
        .bind::<Nullable<SqlUuid>, _>(after)
        .load(sweeper.conn()?)
        .await?;
        sweeper.done().await?;
        Ok(rows)
    }

    async fn delete(tx: &mut TenantTx<'_>, keys: &[Uuid]) -> Result<()> {
        let mut sweeper = tx.sweeper().await?;
        sql_query("DELETE FROM sessions WHERE id = ANY($1) AND coalesce(revoked_at, expires_at) < now()")
            .bind::<Array<SqlUuid>, _>(keys)
            .execute(sweeper.conn()?)
            .await?;
        sweeper.done().await
    }

    fn key(&self) -> Uuid {
        self.id
    }

    fn since(&self) -> DateTime<Utc> {
        self.ended_at
    }

    fn bytes(&self) -> u64 {
        // The hash of its secret and the dates besides.
        u64::try_from(self.bytes).unwrap_or_default().saturating_add(96)
    }

    fn is_due(&self, term: &Term) -> bool {
        // Its checks bound the number: none is lost.
        let terms: Vec<_> = self.terms.iter().map(|days| days.and_then(|days| fit(days).ok())).collect();
        let session = Ended { at: self.ended_at, staff: self.staff, held: self.held, terms: &terms };
        rules::session_is_due(term.now, &session)
    }
}

/// An archived or retired version that has its files.
#[derive(QueryableByName)]
pub(in crate::retention) struct ArtifactRow {
    #[diesel(sql_type = SqlUuid)]
    pub(in crate::retention) id: Uuid,
    #[diesel(sql_type = Text)]
    project: String,
    #[diesel(sql_type = Text)]
    model: String,
    #[diesel(sql_type = Integer)]
    number: i32,
    #[diesel(sql_type = Binary)]
    pub(in crate::retention) digest: Vec<u8>,
    #[diesel(sql_type = Integer)]
    pub(in crate::retention) files: i32,
    #[diesel(sql_type = BigInt)]
    pub(in crate::retention) size: i64,
    #[diesel(sql_type = Text)]
    stage: String,
    #[diesel(sql_type = Timestamptz)]
    pub(in crate::retention) since: DateTime<Utc>,
    #[diesel(sql_type = Bool)]
    open_request: bool,
    /// Whether a system holds it.
    #[diesel(sql_type = Bool)]
    pub(in crate::retention) in_system: bool,
}

impl ArtifactRow {
    pub(in crate::retention) fn reference(&self, tenant: &str) -> Result<VersionRef> {
        let model =
            ModelRef { tenant: tenant.into(), project: self.project.clone(), model: self.model.clone() };
        Ok(VersionRef { model, number: fit(self.number)? })
    }

    pub(in crate::retention) fn stage(&self) -> Result<Stage> {
        self.stage.parse().map_err(Error::internal)
    }

    /// What decides about it; `restorable` is whether a rollback would restore it.
    pub(in crate::retention) fn artifact<'a>(
        &self,
        model: &'a ModelRef,
        restorable: bool,
    ) -> Result<Artifact<'a>> {
        Ok(Artifact {
            model,
            stage: self.stage()?,
            since: self.since,
            open_request: self.open_request,
            rollback_target: restorable,
        })
    }
}

const ARTIFACT: &str = "
    SELECT v.id, p.slug AS project, m.name AS model, v.number, v.digest, v.files, v.size, s.stage,
           greatest(s.since, a.restored_at) AS since,
           EXISTS (SELECT FROM promotions q WHERE q.tenant_id = v.tenant_id AND q.version_id = v.id
                   AND q.state = 'open') AS open_request,
           EXISTS (SELECT FROM system_components c WHERE c.tenant_id = v.tenant_id
                   AND c.component_id = v.id) AS in_system
    FROM version_stages s
    JOIN versions v ON v.tenant_id = s.tenant_id AND v.id = s.version_id
    JOIN models m ON m.tenant_id = v.tenant_id AND m.id = v.model_id
    JOIN projects p ON p.tenant_id = m.tenant_id AND p.id = m.project_id
    LEFT JOIN artifact_sweeps a ON a.tenant_id = v.tenant_id AND a.version_id = v.id
    WHERE s.tenant_id = $1 AND v.files > 0 AND (a.version_id IS NULL OR a.restored_at IS NOT NULL)";

/// Versions that have been in a stage since before a moment, after an id.
pub(in crate::retention) async fn artifacts(
    tx: &mut TenantTx<'_>,
    stage: Stage,
    before: DateTime<Utc>,
    after: Option<Uuid>,
) -> Result<Vec<ArtifactRow>> {
    let rows = sql_query(format!(
        "{ARTIFACT} AND s.stage = $2 AND greatest(s.since, a.restored_at) < $3 AND ($4 IS NULL OR v.id > $4)
         ORDER BY v.id LIMIT {PAGE}"
    ))
    .bind::<SqlUuid, _>(tx.tenant().0)
    .bind::<Text, _>(stage.as_str())
    .bind::<Timestamptz, _>(before)
    .bind::<Nullable<SqlUuid>, _>(after)
    .load(tx.conn()?)
    .await?;
    Ok(rows)
}

/// The same about one version, as it stands now; `None` where its files went.
pub(in crate::retention) async fn artifact_again(
    tx: &mut TenantTx<'_>,
    id: Uuid,
) -> Result<Option<ArtifactRow>> {
    let rows: Vec<ArtifactRow> = sql_query(format!("{ARTIFACT} AND v.id = $2"))
        .bind::<SqlUuid, _>(tx.tenant().0)
        .bind::<SqlUuid, _>(id)
        .load(tx.conn()?)
        .await?;
    Ok(rows.into_iter().next())
}

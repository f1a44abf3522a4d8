//! SQL of production periods.

use crate::kernel::authz;
use crate::kernel::error::{Error, Result, fit};
use crate::kernel::sql::sql_query;
use crate::kernel::tx::TenantTx;
use crate::promotions::rules::Past;
use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::{Array, Binary, Bool, Integer, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use diesel_async::RunQueryDsl;
use uuid::Uuid;
use weighhouse_types::versions::{PeriodCause, ProductionNow, ProductionPeriod};

/// What is in production now.
pub(in crate::promotions) struct Current {
    pub(in crate::promotions) number: u32,
    pub(in crate::promotions) since: DateTime<Utc>,
}

#[derive(QueryableByName)]
struct Moment {
    #[diesel(sql_type = Integer)]
    number: i32,
    #[diesel(sql_type = Timestamptz)]
    at: DateTime<Utc>,
}

pub(in crate::promotions) async fn current(
    tx: &mut TenantTx<'_>,
    model: &authz::Model,
) -> Result<Option<Current>> {
    let rows: Vec<Moment> = sql_query(
        "SELECT v.number, lower(r.period) AS at FROM production_periods r
         JOIN versions v ON v.tenant_id = r.tenant_id AND v.id = r.version_id
         WHERE r.tenant_id = $1 AND r.model_id = $2 AND upper_inf(r.period)",
    )
    .bind::<SqlUuid, _>(model.tenant_id.0)
    .bind::<SqlUuid, _>(model.id.0)
    .load(tx.conn()?)
    .await?;
    let current = |row: Moment| Ok(Current { number: fit(row.number)?, since: row.at });
    rows.into_iter().next().map(current).transpose()
}

/// The moment at which production of these models can move: now, and never
/// before what is or was last in production began and ended, should the clock
/// have been set back. Called under the models' locks.
pub(in crate::promotions) async fn moment(tx: &mut TenantTx<'_>, models: &[Uuid]) -> Result<DateTime<Utc>> {
    #[derive(QueryableByName)]
    struct At {
        #[diesel(sql_type = Timestamptz)]
        at: DateTime<Utc>,
    }
    let row: At = sql_query(
        "SELECT greatest(clock_timestamp(),
                         max(coalesce(upper(period), lower(period) + interval '1 microsecond'))) AS at
         FROM production_periods WHERE tenant_id = $1 AND model_id = ANY ($2)",
    )
    .bind::<SqlUuid, _>(tx.tenant().0)
    .bind::<Array<SqlUuid>, _>(models)
    .get_result(tx.conn()?)
    .await?;
    Ok(row.at)
}

/// Ends what is in production at a moment.
pub(in crate::promotions) async fn period_end(
    tx: &mut TenantTx<'_>,
    model: &authz::Model,
    cause: PeriodCause,
    at: DateTime<Utc>,
) -> Result<()> {
    sql_query(
        "UPDATE production_periods SET period = tstzrange(lower(period), $4), ended_by = $3
         WHERE tenant_id = $1 AND model_id = $2 AND upper_inf(period)",
    )
    .bind::<SqlUuid, _>(model.tenant_id.0)
    .bind::<SqlUuid, _>(model.id.0)
    .bind::<Text, _>(cause_name(cause))
    .bind::<Timestamptz, _>(at)
    .execute(tx.conn()?)
    .await?;
    Ok(())
}

/// Waits until nobody else changes what is in production at the tenant, or
/// asks for it.
pub(in crate::promotions) async fn production_lock(tx: &mut TenantTx<'_>) -> Result<()> {
    sql_query("SELECT pg_advisory_xact_lock(hashtextextended('production ' || $1::text, 0))")
        .bind::<SqlUuid, _>(tx.tenant().0)
        .execute(tx.conn()?)
        .await?;
    Ok(())
}

/// A period to begin.
pub(in crate::promotions) struct PeriodBegin<'a> {
    pub(in crate::promotions) at: DateTime<Utc>,
    pub(in crate::promotions) cause: PeriodCause,
    pub(in crate::promotions) promotion: Option<Uuid>,
    pub(in crate::promotions) user: Uuid,
    pub(in crate::promotions) reason: &'a str,
}

pub(in crate::promotions) async fn period_begin(
    tx: &mut TenantTx<'_>,
    version: &authz::Version,
    begin: &PeriodBegin<'_>,
) -> Result<()> {
    sql_query(
        "INSERT INTO production_periods
             (tenant_id, id, model_id, version_id, period, began_by, promotion_id, user_id, reason)
         VALUES ($1, $2, $3, $4, tstzrange($5, NULL), $6, $7, $8, $9)",
    )
    .bind::<SqlUuid, _>(version.model.tenant_id.0)
    .bind::<SqlUuid, _>(Uuid::now_v7())
    .bind::<SqlUuid, _>(version.model.id.0)
    .bind::<SqlUuid, _>(version.id.0)
    .bind::<Timestamptz, _>(begin.at)
    .bind::<Text, _>(cause_name(begin.cause))
    .bind::<Nullable<SqlUuid>, _>(begin.promotion)
    .bind::<SqlUuid, _>(begin.user)
    .bind::<Text, _>(begin.reason)
    .execute(tx.conn()?)
    .await?;
    Ok(())
}

#[derive(QueryableByName)]
struct PastRow {
    #[diesel(sql_type = Integer)]
    number: i32,
    #[diesel(sql_type = Bool)]
    rolled_back_from: bool,
    #[diesel(sql_type = Bool)]
    unusable: bool,
    #[diesel(sql_type = Bool)]
    current: bool,
}

/// The model's periods, newest first, the current one at the head; empty
/// where nothing is in production.
pub(in crate::promotions) async fn past(tx: &mut TenantTx<'_>, model: &authz::Model) -> Result<Vec<Past>> {
    let rows: Vec<PastRow> = sql_query(
        "SELECT v.number, coalesce(r.ended_by = 'rollback', false) AS rolled_back_from,
                s.stage = 'retired' OR a.version_id IS NOT NULL
                    OR CASE WHEN m.kind = 'system' THEN EXISTS (
                           SELECT FROM system_parts(r.tenant_id, r.version_id) part
                           JOIN version_stages ps ON ps.tenant_id = r.tenant_id AND ps.version_id = part.version_id
                           LEFT JOIN artifact_sweeps pa ON pa.tenant_id = r.tenant_id
                                AND pa.version_id = part.version_id AND pa.restored_at IS NULL
                           WHERE ps.stage = 'retired' OR pa.version_id IS NOT NULL) ELSE false END AS unusable,
                upper_inf(r.period) AS current
         FROM production_periods r
         JOIN models m ON m.tenant_id = r.tenant_id AND m.id = r.model_id
         JOIN versions v ON v.tenant_id = r.tenant_id AND v.id = r.version_id
         JOIN version_stages s ON s.tenant_id = r.tenant_id AND s.version_id = r.version_id
         LEFT JOIN artifact_sweeps a ON a.tenant_id = r.tenant_id AND a.version_id = r.version_id
              AND a.restored_at IS NULL
         WHERE r.tenant_id = $1 AND r.model_id = $2
         ORDER BY lower(r.period) DESC LIMIT 10000",
    )
    .bind::<SqlUuid, _>(model.tenant_id.0)
    .bind::<SqlUuid, _>(model.id.0)
    .load(tx.conn()?)
    .await?;
    if !rows.as_slice().first().is_some_and(|row| row.current) {
        return Ok(Vec::new());
    }
    let past = |row: PastRow| {
        Ok(Past { number: fit(row.number)?, rolled_back_from: row.rolled_back_from, unusable: row.unusable })
    };
    rows.into_iter().map(past).collect()
}

#[derive(QueryableByName)]
struct PeriodRow {
    #[diesel(sql_type = Integer)]
    number: i32,
    #[diesel(sql_type = Binary)]
    digest: Vec<u8>,
    #[diesel(sql_type = Timestamptz)]
    begun: DateTime<Utc>,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    ended: Option<DateTime<Utc>>,
    #[diesel(sql_type = Text)]
    began_by: String,
    #[diesel(sql_type = Nullable<Text>)]
    ended_by: Option<String>,
    #[diesel(sql_type = Text)]
    requested_by: String,
    #[diesel(sql_type = Array<Text>)]
    approved_by: Vec<String>,
    #[diesel(sql_type = Text)]
    reason: String,
}

impl PeriodRow {
    fn period(self) -> Result<ProductionPeriod> {
        Ok(ProductionPeriod {
            number: fit(self.number)?,
            digest: hex::encode(self.digest),
            from: self.begun,
            until: self.ended,
            began_by: cause_parse(&self.began_by)?,
            ended_by: self.ended_by.as_deref().map(cause_parse).transpose()?,
            requested_by: self.requested_by,
            approved_by: self.approved_by,
            reason: self.reason,
        })
    }
}

/// Which of a model's periods.
#[derive(Clone, Copy)]
pub(in crate::promotions) enum Which {
    All,
    /// The one that holds a moment.
    At(DateTime<Utc>),
    /// The one that lasts.
    Now,
}

/// A model's periods newest first. What a rollback restored was approved when
/// it was promoted.
pub(in crate::promotions) async fn periods(
    tx: &mut TenantTx<'_>,
    model: &authz::Model,
    which: Which,
) -> Result<Vec<ProductionPeriod>> {
    let (at, now) = match which {
        Which::All => (None, false),
        Which::At(at) => (Some(at), false),
        Which::Now => (None, true),
    };
    let rows: Vec<PeriodRow> = sql_query(
        "SELECT v.number, v.digest, lower(r.period) AS begun, upper(r.period) AS ended, r.began_by, r.ended_by,
                u.name AS requested_by, r.reason,
                ARRAY(SELECT au.name FROM approvals a
                      JOIN promotions q ON q.tenant_id = a.tenant_id AND q.id = a.promotion_id
                           AND q.evidence_digest = a.evidence_digest
                      JOIN users au ON au.id = a.approver_id
                      WHERE a.tenant_id = r.tenant_id AND a.decision = 'approve'
                        AND a.promotion_id = coalesce(r.promotion_id, (
                            SELECT e.promotion_id FROM production_periods e
                            WHERE e.tenant_id = r.tenant_id AND e.version_id = r.version_id
                              AND e.promotion_id IS NOT NULL AND lower(e.period) < lower(r.period)
                            ORDER BY lower(e.period) DESC LIMIT 1))
                      ORDER BY a.at) AS approved_by
         FROM production_periods r
         JOIN versions v ON v.tenant_id = r.tenant_id AND v.id = r.version_id
         JOIN users u ON u.id = r.user_id
         WHERE r.tenant_id = $1 AND r.model_id = $2 AND ($3 IS NULL OR r.period @> $3)
           AND (NOT $4 OR upper_inf(r.period))
         ORDER BY lower(r.period) DESC LIMIT 1000",
    )
    .bind::<SqlUuid, _>(model.tenant_id.0)
    .bind::<SqlUuid, _>(model.id.0)
    .bind::<Nullable<Timestamptz>, _>(at)
    .bind::<Bool, _>(now)
    .load(tx.conn()?)
    .await?;
    rows.into_iter().map(PeriodRow::period).collect()
}

/// The digest of one of a model's versions.
pub(in crate::promotions) async fn digest_hex(
    tx: &mut TenantTx<'_>,
    model: &authz::Model,
    number: u32,
) -> Result<String> {
    use crate::schema::versions::dsl;
    let digest: Vec<u8> = dsl::versions
        .filter(dsl::tenant_id.eq(model.tenant_id.0).and(dsl::model_id.eq(model.id.0)))
        .filter(dsl::number.eq(fit::<_, i32>(number)?))
        .select(dsl::digest)
        .first(tx.conn()?)
        .await?;
    Ok(hex::encode(digest))
}

const fn cause_name(cause: PeriodCause) -> &'static str {
    match cause {
        PeriodCause::Promotion => "promotion",
        PeriodCause::Rollback => "rollback",
    }
}

fn cause_parse(name: &str) -> Result<PeriodCause> {
    match name {
        "promotion" => Ok(PeriodCause::Promotion),
        "rollback" => Ok(PeriodCause::Rollback),
        other => Err(Error::internal(format!("period cause ‘{other}’"))),
    }
}

/// The columns of the view `production_now`, joined to a model: all empty
/// where nothing is in production.
#[derive(QueryableByName)]
pub(crate) struct ProductionColumns {
    #[diesel(sql_type = Nullable<Integer>)]
    number: Option<i32>,
    #[diesel(sql_type = Nullable<Binary>)]
    digest: Option<Vec<u8>>,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    since: Option<DateTime<Utc>>,
    #[diesel(sql_type = Nullable<Array<Text>>)]
    by: Option<Vec<String>>,
}

impl ProductionColumns {
    pub(crate) fn now(self) -> Result<Option<ProductionNow>> {
        let (Some(number), Some(digest), Some(since)) = (self.number, self.digest, self.since) else {
            return Ok(None);
        };
        let by = self.by.unwrap_or_default();
        Ok(Some(ProductionNow { number: fit(number)?, digest: hex::encode(digest), since, by }))
    }
}

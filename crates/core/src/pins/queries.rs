//! SQL of watches and alerts.

mod candidates;
mod looks;

pub(super) use candidates::{candidate, candidates, parts};
pub(super) use looks::{
    Due, Lease, answered, due, due_now, model_reference, observed_set, open_models, troubled, watch_leased,
};

use crate::kernel::authz;
use crate::kernel::error::{Error, Result, fit};
use crate::kernel::sql::sql_query;
use crate::kernel::tx::TenantTx;
use chrono::{DateTime, Utc};
use diesel::QueryableByName;
use diesel::sql_types::{BigInt, Binary, Bool, Integer, Jsonb, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use diesel_async::RunQueryDsl;
use serde_json::Value;
use uuid::Uuid;
use weighhouse_types::context::Kind;
use weighhouse_types::ids::PinAlertId;
use weighhouse_types::pins::{Golden, Observation, PinAlert, PinChange, PinClosed, PinWatch};
use weighhouse_types::reference::{ModelRef, VersionRef};

/// A watch as stored.
#[derive(QueryableByName)]
pub(super) struct WatchRow {
    #[diesel(sql_type = Text)]
    pub(super) endpoint: String,
    #[diesel(sql_type = Text)]
    pub(super) pinned: String,
    #[diesel(sql_type = Nullable<Binary>)]
    pub(super) secret: Option<Vec<u8>>,
    #[diesel(sql_type = Integer)]
    every_minutes: i32,
    #[diesel(sql_type = Jsonb)]
    golden: Value,
    #[diesel(sql_type = SqlUuid)]
    pub(super) revision: Uuid,
    #[diesel(sql_type = Text)]
    set_by: String,
    #[diesel(sql_type = Timestamptz)]
    set_at: DateTime<Utc>,
    #[diesel(sql_type = Nullable<Jsonb>)]
    observed: Option<Value>,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    observed_at: Option<DateTime<Utc>>,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    seen_at: Option<DateTime<Utc>>,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    unreachable_since: Option<DateTime<Utc>>,
    #[diesel(sql_type = Nullable<Text>)]
    trouble: Option<String>,
    #[diesel(sql_type = Timestamptz)]
    due_at: DateTime<Utc>,
}

impl WatchRow {
    pub(super) fn golden(&self) -> Result<Vec<Golden>> {
        serde_json::from_value(self.golden.clone()).map_err(Error::internal)
    }

    pub(super) fn observation(&self) -> Result<Option<Observation>> {
        self.observed.clone().map(|seen| serde_json::from_value(seen).map_err(Error::internal)).transpose()
    }

    pub(super) fn shown(self) -> Result<PinWatch> {
        Ok(PinWatch {
            golden: self.golden()?,
            observed: self.observation()?,
            endpoint: self.endpoint,
            pinned: self.pinned,
            has_secret: self.secret.is_some(),
            every_minutes: fit(self.every_minutes)?,
            set_by: self.set_by,
            set_at: self.set_at,
            seen_at: self.seen_at,
            unreachable_since: self.unreachable_since,
            trouble: self.trouble,
            due_at: self.due_at,
            observed_at: self.observed_at,
        })
    }
}

const WATCH: &str = "
    SELECT w.endpoint, w.pinned, w.secret, l.every_minutes, w.golden, w.revision,
           coalesce(u.name, 'the operator') AS set_by, w.set_at, w.observed, w.observed_at, l.seen_at,
           l.unreachable_since, l.trouble, l.due_at
    FROM pin_watches w
    JOIN pin_looks l ON l.tenant_id = w.tenant_id AND l.model_id = w.model_id
    LEFT JOIN users u ON u.id = w.set_by
    WHERE w.tenant_id = $1 AND w.model_id = $2";

pub(super) async fn watch(tx: &mut TenantTx<'_>, model: &authz::Model) -> Result<Option<WatchRow>> {
    let rows: Vec<WatchRow> = sql_query(WATCH)
        .bind::<SqlUuid, _>(model.tenant_id.0)
        .bind::<SqlUuid, _>(model.id.0)
        .load(tx.conn()?)
        .await?;
    Ok(rows.into_iter().next())
}

/// A watch to set.
pub(super) struct NewWatch<'a> {
    pub(super) endpoint: &'a str,
    pub(super) pinned: &'a str,
    pub(super) secret: Option<&'a [u8]>,
    pub(super) every_minutes: u32,
    pub(super) golden: &'a [Golden],
    /// What stays recorded.
    pub(super) observed: Option<&'a Observation>,
}

/// Sets a watch, due at once.
pub(super) async fn watch_set(tx: &mut TenantTx<'_>, model: &authz::Model, new: &NewWatch<'_>) -> Result<()> {
    let set_by = tx.ctx().user_id();
    let observed = new.observed.map(serde_json::to_value).transpose().map_err(Error::internal)?;
    sql_query(
        "INSERT INTO pin_watches AS w
             (tenant_id, model_id, endpoint, pinned, secret, golden, revision, set_by, observed, observed_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, CASE WHEN $9 IS NOT NULL THEN now() END)
         ON CONFLICT (tenant_id, model_id) DO UPDATE SET
             endpoint = $3, pinned = $4, secret = $5, golden = $6, revision = $7, set_by = $8, set_at = now(),
             observed = $9, observed_at = CASE WHEN $9 IS NOT NULL THEN coalesce(w.observed_at, now()) END",
    )
    .bind::<SqlUuid, _>(model.tenant_id.0)
    .bind::<SqlUuid, _>(model.id.0)
    .bind::<Text, _>(new.endpoint)
    .bind::<Text, _>(new.pinned)
    .bind::<Nullable<Binary>, _>(new.secret)
    .bind::<Jsonb, _>(serde_json::to_value(new.golden).map_err(Error::internal)?)
    .bind::<SqlUuid, _>(Uuid::new_v4())
    .bind::<Nullable<SqlUuid>, _>(set_by)
    .bind::<Nullable<Jsonb>, _>(observed)
    .execute(tx.conn()?)
    .await?;
    sql_query(
        "INSERT INTO pin_looks AS l (tenant_id, model_id, every_minutes) VALUES ($1, $2, $3)
         ON CONFLICT (tenant_id, model_id) DO UPDATE SET
             every_minutes = $3, due_at = now(), lease = NULL, leased_until = NULL, unreachable_since = NULL,
             trouble = NULL, seen_at = CASE WHEN $4 THEN l.seen_at END",
    )
    .bind::<SqlUuid, _>(model.tenant_id.0)
    .bind::<SqlUuid, _>(model.id.0)
    .bind::<Integer, _>(fit::<_, i32>(new.every_minutes)?)
    .bind::<Bool, _>(new.observed.is_some())
    .execute(tx.conn()?)
    .await?;
    Ok(())
}

pub(super) async fn watch_delete(tx: &mut TenantTx<'_>, model: &authz::Model) -> Result<()> {
    for table in ["pin_looks", "pin_watches"] {
        sql_query(format!("DELETE FROM {table} WHERE tenant_id = $1 AND model_id = $2"))
            .bind::<SqlUuid, _>(model.tenant_id.0)
            .bind::<SqlUuid, _>(model.id.0)
            .execute(tx.conn()?)
            .await?;
    }
    Ok(())
}

#[derive(QueryableByName)]
struct NewestRow {
    #[diesel(sql_type = Text)]
    kind: String,
    #[diesel(sql_type = Nullable<Jsonb>)]
    llm: Option<Value>,
}

/// A model's kind, and the `llm` component of its newest version.
pub(super) async fn newest(tx: &mut TenantTx<'_>, model: &authz::Model) -> Result<(Kind, Option<Value>)> {
    let row: NewestRow = sql_query(
        "SELECT m.kind, v.context -> 'llm' AS llm FROM models m
         LEFT JOIN versions v ON v.tenant_id = m.tenant_id AND v.model_id = m.id AND v.number = m.versions
         WHERE m.tenant_id = $1 AND m.id = $2",
    )
    .bind::<SqlUuid, _>(model.tenant_id.0)
    .bind::<SqlUuid, _>(model.id.0)
    .get_result(tx.conn()?)
    .await?;
    Ok((row.kind.parse().map_err(Error::internal)?, row.llm))
}

/// Which alerts.
#[derive(Default)]
pub(super) struct Wanted<'a> {
    pub(super) model: Option<&'a authz::Model>,
    pub(super) open: bool,
    pub(super) before: Option<(DateTime<Utc>, Uuid)>,
}

#[derive(QueryableByName)]
struct AlertRow {
    #[diesel(sql_type = SqlUuid)]
    id: Uuid,
    #[diesel(sql_type = Text)]
    tenant: String,
    #[diesel(sql_type = Text)]
    project: String,
    #[diesel(sql_type = Text)]
    model: String,
    #[diesel(sql_type = Text)]
    endpoint: String,
    #[diesel(sql_type = Text)]
    pinned: String,
    #[diesel(sql_type = Timestamptz)]
    opened_at: DateTime<Utc>,
    #[diesel(sql_type = Jsonb)]
    changes: Value,
    #[diesel(sql_type = Jsonb)]
    before: Value,
    #[diesel(sql_type = Jsonb)]
    after: Value,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    closed_at: Option<DateTime<Utc>>,
    #[diesel(sql_type = Nullable<Integer>)]
    closed_by: Option<i32>,
}

const ALERT: &str = "
    SELECT a.id, t.slug AS tenant, p.slug AS project, m.name AS model, a.endpoint, a.pinned, a.opened_at, a.changes,
           a.before, a.after, a.closed_at, v.number AS closed_by
    FROM pin_alerts a
    JOIN tenants t ON t.tenant_id = a.tenant_id
    JOIN models m ON m.tenant_id = a.tenant_id AND m.id = a.model_id
    JOIN projects p ON p.tenant_id = m.tenant_id AND p.id = m.project_id
    LEFT JOIN versions v ON v.tenant_id = a.tenant_id AND v.id = a.closed_by
    WHERE a.tenant_id = $1";

impl AlertRow {
    fn alert(self) -> Result<PinAlert> {
        let model = ModelRef { tenant: self.tenant, project: self.project, model: self.model };
        let observation = |json| serde_json::from_value::<Observation>(json).map_err(Error::internal);
        let closed = match self.closed_at.zip(self.closed_by) {
            Some((at, number)) => {
                Some(PinClosed { at, by: VersionRef { model: model.clone(), number: fit(number)? } })
            }
            None => None,
        };
        Ok(PinAlert {
            id: self.id.into(),
            model,
            pinned: self.pinned,
            endpoint: self.endpoint,
            opened_at: self.opened_at,
            changes: serde_json::from_value(self.changes).map_err(Error::internal)?,
            before: observation(self.before)?,
            after: observation(self.after)?,
            closed,
        })
    }
}

/// Alerts, newest first.
pub(super) async fn alerts(tx: &mut TenantTx<'_>, wanted: &Wanted<'_>, limit: i64) -> Result<Vec<PinAlert>> {
    let (at, id) = wanted.before.unzip();
    let rows: Vec<AlertRow> = sql_query(format!(
        "{ALERT} AND ($2 IS NULL OR a.model_id = $2) AND (NOT $3 OR a.closed_at IS NULL)
             AND ($4 IS NULL OR (a.opened_at, a.id) < ($4, $5))
         ORDER BY a.opened_at DESC, a.id DESC LIMIT $6"
    ))
    .bind::<SqlUuid, _>(tx.tenant().0)
    .bind::<Nullable<SqlUuid>, _>(wanted.model.map(|model| model.id.0))
    .bind::<Bool, _>(wanted.open)
    .bind::<Nullable<Timestamptz>, _>(at)
    .bind::<Nullable<SqlUuid>, _>(id)
    .bind::<BigInt, _>(limit)
    .load(tx.conn()?)
    .await?;
    rows.into_iter().map(AlertRow::alert).collect()
}

/// The newest alert about what a model pins.
pub(super) async fn newest_about(
    tx: &mut TenantTx<'_>,
    model: &authz::Model,
    pinned: &str,
) -> Result<Option<PinAlert>> {
    let rows: Vec<AlertRow> =
        sql_query(format!("{ALERT} AND a.model_id = $2 AND a.pinned = $3 ORDER BY a.opened_at DESC LIMIT 1"))
            .bind::<SqlUuid, _>(model.tenant_id.0)
            .bind::<SqlUuid, _>(model.id.0)
            .bind::<Text, _>(pinned)
            .load(tx.conn()?)
            .await?;
    rows.into_iter().next().map(AlertRow::alert).transpose()
}

pub(super) async fn alert_insert(
    tx: &mut TenantTx<'_>,
    model: &authz::Model,
    watch: &WatchRow,
    changes: &[PinChange],
    (before, after): (&Observation, &Observation),
) -> Result<PinAlertId> {
    let id = Uuid::now_v7();
    let json = |seen: &Observation| serde_json::to_value(seen).map_err(Error::internal);
    sql_query(
        "INSERT INTO pin_alerts (tenant_id, id, model_id, endpoint, pinned, changes, before, after)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
    )
    .bind::<SqlUuid, _>(model.tenant_id.0)
    .bind::<SqlUuid, _>(id)
    .bind::<SqlUuid, _>(model.id.0)
    .bind::<Text, _>(&watch.endpoint)
    .bind::<Text, _>(&watch.pinned)
    .bind::<Jsonb, _>(serde_json::to_value(changes).map_err(Error::internal)?)
    .bind::<Jsonb, _>(json(before)?)
    .bind::<Jsonb, _>(json(after)?)
    .execute(tx.conn()?)
    .await?;
    Ok(id.into())
}

/// Closes an alert, unless somebody else just did.
pub(super) async fn alert_close(tx: &mut TenantTx<'_>, id: PinAlertId, by: &authz::Version) -> Result<bool> {
    let closed = sql_query(
        "UPDATE pin_alerts SET closed_at = now(), closed_by = $3
         WHERE tenant_id = $1 AND id = $2 AND closed_at IS NULL",
    )
    .bind::<SqlUuid, _>(by.model.tenant_id.0)
    .bind::<SqlUuid, _>(id.0)
    .bind::<SqlUuid, _>(by.id.0)
    .execute(tx.conn()?)
    .await?;
    Ok(closed == 1)
}

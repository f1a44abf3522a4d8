//! Work that comes round by itself: any number of workers, one turn each time.

use super::app::App;
use super::error::Result;
use super::sql::sql_query;
use super::tx::PlatformTx;
use chrono::{DateTime, Utc};
use diesel::sql_types::{Double, Text, Timestamptz};
use diesel_async::RunQueryDsl;
use std::time::Duration;

#[derive(diesel::QueryableByName)]
struct Due {
    #[diesel(sql_type = Timestamptz)]
    due_at: DateTime<Utc>,
}

/// When the work of a name is due next, as far as any worker has said.
pub(crate) async fn due_at(app: &App, name: &str) -> Result<Option<DateTime<Utc>>> {
    let mut tx = PlatformTx::begin(app).await?;
    let due: Vec<Due> = sql_query("SELECT due_at FROM schedules WHERE name = $1")
        .bind::<Text, _>(name)
        .load(tx.conn()?)
        .await?;
    tx.finish().await?;
    Ok(due.into_iter().next().map(|due| due.due_at))
}

#[derive(diesel::QueryableByName)]
struct Turn {
    #[diesel(sql_type = Text)]
    #[expect(dead_code, reason = "that there is a row is the answer")]
    name: String,
}

/// Whether it is this worker's turn to do the work of a name, due `every` so
/// often. A turn that fails is not repeated before the next: the work has to
/// be such that the next turn makes up for it, and that two may overlap.
///
/// # Errors
/// When the database fails.
pub async fn take_turn(app: &App, name: &str, every: Duration) -> Result<bool> {
    let mut tx = PlatformTx::begin(app).await?;
    let turn: Vec<Turn> = sql_query(
        "INSERT INTO schedules AS s (name, due_at) VALUES ($1, now() + make_interval(secs => $2))
         ON CONFLICT (name) DO UPDATE SET due_at = excluded.due_at WHERE s.due_at <= now()
         RETURNING name",
    )
    .bind::<Text, _>(name)
    .bind::<Double, _>(every.as_secs_f64())
    .load(tx.conn()?)
    .await?;
    tx.commit_bookkeeping().await?;
    Ok(!turn.is_empty())
}

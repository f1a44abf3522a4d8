//! SQL of a person's own list of sessions.

use super::SESSION_IDLE;
use crate::kernel::error::Result;
use crate::kernel::sql::sql_query;
use crate::kernel::tx::PlatformTx;
use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::{Nullable, Text, Timestamptz, Uuid as SqlUuid};
use diesel_async::RunQueryDsl;
use uuid::Uuid;
use weighhouse_types::identity::Session;
use weighhouse_types::ids::{SessionId, UserId};

#[derive(QueryableByName)]
struct SessionRow {
    #[diesel(sql_type = SqlUuid)]
    id: Uuid,
    #[diesel(sql_type = Text)]
    agent: String,
    #[diesel(sql_type = Timestamptz)]
    created_at: DateTime<Utc>,
    #[diesel(sql_type = Timestamptz)]
    last_seen_at: DateTime<Utc>,
    #[diesel(sql_type = Timestamptz)]
    expires_at: DateTime<Utc>,
}

/// A person's live sessions, the one used last first.
pub(crate) async fn sessions_of(
    tx: &mut PlatformTx<'_>,
    user: UserId,
    current: SessionId,
) -> Result<Vec<Session>> {
    let rows: Vec<SessionRow> = sql_query(format!(
        "SELECT id, agent, created_at, last_seen_at, expires_at FROM sessions
         WHERE user_id = $1 AND revoked_at IS NULL AND expires_at > now()
           AND last_seen_at > now() - interval '{SESSION_IDLE}'
         ORDER BY (id = $2) DESC, last_seen_at DESC LIMIT 200"
    ))
    .bind::<SqlUuid, _>(user.0)
    .bind::<SqlUuid, _>(current.0)
    .load(tx.conn()?)
    .await?;
    let session = |row: SessionRow| Session {
        id: row.id.into(),
        agent: row.agent,
        created_at: row.created_at,
        last_seen_at: row.last_seen_at,
        expires_at: row.expires_at,
        current: row.id == current.0,
    };
    Ok(rows.into_iter().map(session).collect())
}

#[derive(QueryableByName)]
struct Ended {
    #[diesel(sql_type = SqlUuid)]
    id: Uuid,
}

/// Ends live sessions of a person: the one named, or all but `except`. Gives
/// those that it ended.
pub(crate) async fn sessions_revoke(
    tx: &mut PlatformTx<'_>,
    user: UserId,
    only: Option<SessionId>,
    except: Option<SessionId>,
) -> Result<Vec<SessionId>> {
    let rows: Vec<Ended> = sql_query(
        "UPDATE sessions SET revoked_at = now()
         WHERE user_id = $1 AND revoked_at IS NULL AND expires_at > now()
           AND ($2 IS NULL OR id = $2) AND id IS DISTINCT FROM $3 RETURNING id",
    )
    .bind::<SqlUuid, _>(user.0)
    .bind::<Nullable<SqlUuid>, _>(only.map(|id| id.0))
    .bind::<Nullable<SqlUuid>, _>(except.map(|id| id.0))
    .load(tx.conn()?)
    .await?;
    Ok(rows.into_iter().map(|row| row.id.into()).collect())
}

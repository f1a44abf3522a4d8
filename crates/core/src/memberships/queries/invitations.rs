//! SQL of invitations. Those to a client and those to an agency stand in
//! tables of one shape, each behind its own wall.

use super::Email;
use crate::kernel::authz::Agency;
use crate::kernel::error::{Error, Result};
use crate::kernel::secret;
use crate::kernel::sql::sql_query;
use crate::kernel::tx::PlatformTx;
use chrono::{DateTime, Duration, Utc};
use diesel::prelude::*;
use diesel::sql_types::{Binary, Bool, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use std::fmt::Display;
use std::str::FromStr;
use uuid::Uuid;
use weighhouse_types::ids::{AgencyId, InvitationId, TenantId, UserId};

/// An invitation's link works for this long.
const INVITATION_DAYS: i64 = 7;

/// Where people are invited to.
pub(in crate::memberships) struct Place {
    table: &'static str,
    key: &'static str,
    id: Uuid,
}

impl From<TenantId> for Place {
    fn from(tenant: TenantId) -> Self {
        Self { table: "invitations", key: "tenant_id", id: tenant.0 }
    }
}

impl From<AgencyId> for Place {
    fn from(agency: AgencyId) -> Self {
        Self { table: "staff_invitations", key: "agency_id", id: agency.0 }
    }
}

impl From<&Agency> for Place {
    fn from(agency: &Agency) -> Self {
        agency.id().into()
    }
}

/// An invitation as it is stored.
#[derive(QueryableByName)]
pub(in crate::memberships) struct Row {
    #[diesel(sql_type = SqlUuid)]
    pub(in crate::memberships) id: Uuid,
    #[diesel(sql_type = Text)]
    pub(in crate::memberships) email: String,
    #[diesel(sql_type = Text)]
    role: String,
    #[diesel(sql_type = Timestamptz)]
    pub(in crate::memberships) created_at: DateTime<Utc>,
    #[diesel(sql_type = Timestamptz)]
    pub(in crate::memberships) expires_at: DateTime<Utc>,
}

impl Row {
    /// The role invited to, of the place's own kind.
    pub(in crate::memberships) fn role<R: FromStr<Err = String>>(&self) -> Result<R> {
        self.role.parse().map_err(Error::internal)
    }
}

pub(in crate::memberships) async fn insert(
    conn: &mut AsyncPgConnection,
    place: &Place,
    email: &str,
    role: impl Display,
    token: &str,
    inviter: UserId,
) -> Result<Row> {
    let Place { table, key, id } = place;
    let row = sql_query(format!(
        "INSERT INTO {table} ({key}, id, email, role, token_hash, invited_by, expires_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7) RETURNING id, email, role, created_at, expires_at"
    ))
    .bind::<SqlUuid, _>(id)
    .bind::<SqlUuid, _>(Uuid::now_v7())
    .bind::<Text, _>(email)
    .bind::<Text, _>(role.to_string())
    .bind::<Binary, _>(secret::sha256(token.as_bytes()).as_slice())
    .bind::<SqlUuid, _>(inviter.0)
    .bind::<Timestamptz, _>(Utc::now() + Duration::days(INVITATION_DAYS))
    .get_result(conn)
    .await?;
    Ok(row)
}

/// Those that wait to be taken, newest first.
pub(in crate::memberships) async fn waiting(conn: &mut AsyncPgConnection, place: &Place) -> Result<Vec<Row>> {
    let Place { table, key, id } = place;
    let rows = sql_query(format!(
        "SELECT id, email, role, created_at, expires_at FROM {table}
         WHERE {key} = $1 AND accepted_at IS NULL AND revoked_at IS NULL AND expires_at > now()
         ORDER BY created_at DESC LIMIT 200"
    ))
    .bind::<SqlUuid, _>(id)
    .load(conn)
    .await?;
    Ok(rows)
}

/// How an invitation ends.
#[derive(Clone, Copy)]
pub(in crate::memberships) enum Close {
    Accepted,
    Revoked,
}

/// Closes an invitation that is open. Gives its address, or `None` where it
/// was closed before.
pub(in crate::memberships) async fn close(
    conn: &mut AsyncPgConnection,
    place: &Place,
    invitation: InvitationId,
    how: Close,
) -> Result<Option<String>> {
    let Place { table, key, id } = place;
    let column = match how {
        Close::Accepted => "accepted_at",
        Close::Revoked => "revoked_at",
    };
    let rows: Vec<Email> = sql_query(format!(
        "UPDATE {table} SET {column} = now()
         WHERE {key} = $1 AND id = $2 AND accepted_at IS NULL AND revoked_at IS NULL
           AND expires_at > now() RETURNING email"
    ))
    .bind::<SqlUuid, _>(id)
    .bind::<SqlUuid, _>(invitation.0)
    .load(conn)
    .await?;
    Ok(rows.into_iter().next().map(|row| row.email))
}

/// An invitation found by its link.
#[derive(QueryableByName)]
pub(in crate::memberships) struct Open {
    /// Absent for an invitation to the agency.
    #[diesel(sql_type = Nullable<SqlUuid>)]
    pub(in crate::memberships) tenant_id: Option<Uuid>,
    #[diesel(sql_type = SqlUuid)]
    pub(in crate::memberships) id: Uuid,
    #[diesel(sql_type = SqlUuid)]
    pub(in crate::memberships) agency_id: Uuid,
    #[diesel(sql_type = Text)]
    pub(in crate::memberships) place: String,
    #[diesel(sql_type = Text)]
    pub(in crate::memberships) email: String,
    #[diesel(sql_type = Text)]
    pub(in crate::memberships) role: String,
    #[diesel(sql_type = Bool)]
    pub(in crate::memberships) has_login: bool,
}

pub(in crate::memberships) async fn by_token(tx: &mut PlatformTx<'_>, token: &str) -> Result<Option<Open>> {
    let rows: Vec<Open> = sql_query(
        "SELECT i.*, EXISTS (SELECT FROM users u WHERE u.email = i.email) AS has_login
         FROM (SELECT c.tenant_id, c.id, t.agency_id, t.name AS place, c.email, c.role,
                      c.token_hash, c.accepted_at, c.revoked_at, c.expires_at
               FROM invitations c JOIN tenants t ON t.tenant_id = c.tenant_id
               UNION ALL
               SELECT NULL, s.id, s.agency_id, a.name, s.email, s.role,
                      s.token_hash, s.accepted_at, s.revoked_at, s.expires_at
               FROM staff_invitations s JOIN agencies a ON a.id = s.agency_id) AS i
         WHERE i.token_hash = $1 AND i.accepted_at IS NULL AND i.revoked_at IS NULL AND i.expires_at > now()",
    )
    .bind::<Binary, _>(secret::sha256(token.as_bytes()).as_slice())
    .load(tx.conn()?)
    .await?;
    Ok(rows.into_iter().next())
}

//! SQL of logins, sessions and tokens.

pub(super) mod links;
pub(super) mod sessions;
mod tokens;

pub(super) use tokens::{token_insert, token_live, token_revoke, token_use, tokens_of};

use crate::kernel::app::App;
use crate::kernel::error::{Error, Result};
use crate::kernel::secret;
use crate::kernel::sql::sql_query;
use crate::kernel::tx::{PlatformLook, PlatformTx, in_time};
use chrono::{Duration, Utc};
use diesel::prelude::*;
use diesel::sql_types::{Binary, Bool, Nullable, Text, Uuid as SqlUuid};
use diesel_async::RunQueryDsl;
use uuid::Uuid;
use weighhouse_types::identity::User;
use weighhouse_types::ids::{AgencyId, SessionId, UserId};

/// A session ends when it was not used for this long …
const SESSION_IDLE: &str = "24 hours";
/// … and after this many days in any case.
const SESSION_DAYS: i64 = 7;

/// A login as stored.
#[derive(QueryableByName)]
pub(crate) struct Login {
    #[diesel(sql_type = SqlUuid)]
    pub(crate) id: Uuid,
    #[diesel(sql_type = SqlUuid)]
    pub(crate) agency_id: Uuid,
    #[diesel(sql_type = Text)]
    pub(crate) email: String,
    #[diesel(sql_type = Text)]
    pub(crate) name: String,
    #[diesel(sql_type = Text)]
    pub(crate) password_hash: String,
    #[diesel(sql_type = Bool)]
    pub(crate) operator: bool,
    /// The name of the agency whose log records what happens to it.
    #[diesel(sql_type = Text)]
    pub(crate) agency: String,
    /// Whether it reaches anything at all.
    #[diesel(sql_type = Bool)]
    pub(crate) reaches: bool,
}

/// Whether the login `u` reaches anything: who was removed from their last
/// place is out at once, whatever credential they hold.
const REACHES: &str = "(u.operator OR EXISTS (SELECT FROM memberships m WHERE m.user_id = u.id)
     OR EXISTS (SELECT FROM agency_members s WHERE s.user_id = u.id))";

pub(super) async fn login_by_email(tx: &mut PlatformTx<'_>, email: &str) -> Result<Option<Login>> {
    let rows: Vec<Login> = sql_query(format!(
        "SELECT u.id, u.agency_id, u.email, u.name, u.password_hash, u.operator, a.name AS agency,
                {REACHES} AS reaches
         FROM users u JOIN agencies a ON a.id = u.agency_id WHERE u.email = $1"
    ))
    .bind::<Text, _>(email)
    .load(tx.conn()?)
    .await?;
    Ok(rows.into_iter().next())
}

/// A new login, as an insert.
pub(super) struct NewLogin<'a> {
    pub(super) agency: AgencyId,
    pub(super) email: &'a str,
    pub(super) name: &'a str,
    pub(super) password_hash: &'a str,
    pub(super) operator: bool,
}

pub(super) async fn login_insert(tx: &mut PlatformTx<'_>, new: &NewLogin<'_>) -> Result<UserId> {
    use crate::schema::users::dsl;
    let id = Uuid::now_v7();
    diesel::insert_into(dsl::users)
        .values((
            dsl::id.eq(id),
            dsl::agency_id.eq(new.agency.0),
            dsl::email.eq(new.email),
            dsl::name.eq(new.name),
            dsl::password_hash.eq(new.password_hash),
            dsl::operator.eq(new.operator),
        ))
        .execute(tx.conn()?)
        .await
        .map_err(Error::from)
        .map_err(|e| {
            e.or_conflict("users_email_key", || format!("There is a login for {} already.", new.email))
        })?;
    Ok(id.into())
}

pub(crate) async fn agency_member_insert(
    tx: &mut PlatformTx<'_>,
    agency: AgencyId,
    user: UserId,
    role: &str,
) -> Result<()> {
    use crate::schema::agency_members::dsl;
    diesel::insert_into(dsl::agency_members)
        .values((dsl::agency_id.eq(agency.0), dsl::user_id.eq(user.0), dsl::role.eq(role)))
        .execute(tx.conn()?)
        .await
        .map_err(Error::from)
        .map_err(|e| e.or_conflict("agency_members_pkey", || "This person works here already.".into()))?;
    Ok(())
}

pub(super) async fn session_insert(
    tx: &mut PlatformTx<'_>,
    user: Uuid,
    cookie: &str,
    agent: &str,
) -> Result<SessionId> {
    use crate::schema::sessions::dsl;
    let id = Uuid::now_v7();
    diesel::insert_into(dsl::sessions)
        .values((
            dsl::id.eq(id),
            dsl::user_id.eq(user),
            dsl::token_hash.eq(secret::sha256(cookie.as_bytes()).as_slice()),
            dsl::agent.eq(agent),
            dsl::expires_at.eq(Utc::now() + Duration::days(SESSION_DAYS)),
        ))
        .execute(tx.conn()?)
        .await?;
    Ok(id.into())
}

/// The person whom a credential speaks for.
#[derive(QueryableByName)]
struct UserColumns {
    #[diesel(sql_type = SqlUuid)]
    id: Uuid,
    #[diesel(sql_type = Text)]
    email: String,
    #[diesel(sql_type = Text)]
    name: String,
    #[diesel(sql_type = Bool)]
    operator: bool,
}

impl UserColumns {
    fn user(self) -> User {
        User { id: self.id.into(), email: self.email, name: self.name, operator: self.operator }
    }
}

#[derive(QueryableByName)]
struct SessionUser {
    #[diesel(sql_type = SqlUuid)]
    session: Uuid,
    #[diesel(embed)]
    user: UserColumns,
    #[diesel(sql_type = Bool)]
    stale: bool,
}

/// Finds a live session, and notes at most once a minute that it was used.
pub(super) async fn session_use(app: &App, cookie: &str) -> Result<Option<(SessionId, User)>> {
    let hash = secret::sha256(cookie.as_bytes());
    let mut look = PlatformLook::begin(app).await?;
    let query = sql_query(format!(
        "SELECT s.id AS session, u.id, u.email, u.name, u.operator,
                s.last_seen_at < now() - interval '1 minute' AS stale
         FROM sessions s JOIN users u ON u.id = s.user_id
         WHERE s.token_hash = $1 AND s.revoked_at IS NULL AND s.expires_at > now()
           AND s.last_seen_at > now() - interval '{SESSION_IDLE}' AND {REACHES}"
    ));
    let query = query.bind::<Binary, _>(hash.as_slice());
    let rows: Vec<SessionUser> = in_time(query.load(look.conn()?)).await?;
    look.finish();
    let Some(row) = rows.into_iter().next() else { return Ok(None) };
    if row.stale {
        let mut tx = PlatformTx::begin(app).await?;
        sql_query("UPDATE sessions SET last_seen_at = now() WHERE id = $1")
            .bind::<SqlUuid, _>(row.session)
            .execute(tx.conn()?)
            .await?;
        tx.commit_bookkeeping().await?;
    }
    Ok(Some((row.session.into(), row.user.user())))
}

#[derive(QueryableByName)]
struct AgencyOf {
    #[diesel(sql_type = SqlUuid)]
    agency_id: Uuid,
}

/// Ends a session; gives the agency whose log records it.
pub(super) async fn session_revoke(tx: &mut PlatformTx<'_>, session: SessionId) -> Result<AgencyId> {
    let row: AgencyOf = sql_query(
        "UPDATE sessions s SET revoked_at = coalesce(revoked_at, now())
         FROM users u WHERE u.id = s.user_id AND s.id = $1 RETURNING u.agency_id",
    )
    .bind::<SqlUuid, _>(session.0)
    .get_result(tx.conn()?)
    .await?;
    Ok(row.agency_id.into())
}

/// The agency whose log records what happens to a login.
pub(super) async fn agency_of(tx: &mut PlatformTx<'_>, user: UserId) -> Result<AgencyId> {
    let row: AgencyOf = sql_query("SELECT agency_id FROM users WHERE id = $1")
        .bind::<SqlUuid, _>(user.0)
        .get_result(tx.conn()?)
        .await?;
    Ok(row.agency_id.into())
}

/// The one-time code of the first visit: its hash, as long as it was not used.
/// Locks it, so that of two first visitors one comes second.
pub(super) async fn setup_code_hash(tx: &mut PlatformTx<'_>) -> Result<Option<Vec<u8>>> {
    use crate::schema::installation::dsl;
    let found: Option<Option<Vec<u8>>> =
        dsl::installation.select(dsl::setup_code_hash).for_update().first(tx.conn()?).await.optional()?;
    Ok(found.flatten())
}

/// Sets (or, with `None`, uses up) the one-time code.
pub(super) async fn setup_code_set(tx: &mut PlatformTx<'_>, hash: Option<&[u8]>) -> Result<()> {
    sql_query(
        "INSERT INTO installation (setup_code_hash) VALUES ($1)
         ON CONFLICT (singleton) DO UPDATE SET setup_code_hash = excluded.setup_code_hash",
    )
    .bind::<Nullable<Binary>, _>(hash)
    .execute(tx.conn()?)
    .await?;
    Ok(())
}

/// Whether anybody has a login.
pub(super) async fn any_user(tx: &mut PlatformTx<'_>) -> Result<bool> {
    use crate::schema::users::dsl;
    let found: Option<Uuid> = dsl::users.select(dsl::id).first(tx.conn()?).await.optional()?;
    Ok(found.is_some())
}

//! SQL of logins, sessions and tokens.

pub(super) mod links;
pub(super) mod sessions;

use crate::kernel::authz;
use crate::kernel::error::{Error, Result};
use crate::kernel::secret;
use crate::kernel::tx::{PlatformTx, TenantTx};
use chrono::{DateTime, Duration, Utc};
use diesel::prelude::*;
use diesel::sql_types::{Array, Binary, Bool, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use diesel_async::RunQueryDsl;
use uuid::Uuid;
use weighhouse_types::identity::{Token, TokenCreate, User};
use weighhouse_types::ids::{AgencyId, SessionId, TenantId, TokenId, UserId};
use weighhouse_types::permission::Scope;

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
    let rows: Vec<Login> = diesel::sql_query(format!(
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
pub(super) async fn session_use(tx: &mut PlatformTx<'_>, cookie: &str) -> Result<Option<(SessionId, User)>> {
    let rows: Vec<SessionUser> = diesel::sql_query(format!(
        "SELECT s.id AS session, u.id, u.email, u.name, u.operator,
                s.last_seen_at < now() - interval '1 minute' AS stale
         FROM sessions s JOIN users u ON u.id = s.user_id
         WHERE s.token_hash = $1 AND s.revoked_at IS NULL AND s.expires_at > now()
           AND s.last_seen_at > now() - interval '{SESSION_IDLE}' AND {REACHES}"
    ))
    .bind::<Binary, _>(secret::sha256(cookie.as_bytes()).as_slice())
    .load(tx.conn()?)
    .await?;
    let Some(row) = rows.into_iter().next() else { return Ok(None) };
    if row.stale {
        diesel::sql_query("UPDATE sessions SET last_seen_at = now() WHERE id = $1")
            .bind::<SqlUuid, _>(row.session)
            .execute(tx.conn()?)
            .await?;
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
    let row: AgencyOf = diesel::sql_query(
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
    let row: AgencyOf = diesel::sql_query("SELECT agency_id FROM users WHERE id = $1")
        .bind::<SqlUuid, _>(user.0)
        .get_result(tx.conn()?)
        .await?;
    Ok(row.agency_id.into())
}

/// Everything that stands about a token but its secret.
#[derive(QueryableByName)]
struct TokenRow {
    #[diesel(sql_type = SqlUuid)]
    id: Uuid,
    #[diesel(sql_type = Text)]
    name: String,
    #[diesel(sql_type = Text)]
    prefix: String,
    #[diesel(sql_type = Array<Text>)]
    scopes: Vec<String>,
    #[diesel(sql_type = Timestamptz)]
    created_at: DateTime<Utc>,
    #[diesel(sql_type = Timestamptz)]
    expires_at: DateTime<Utc>,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    last_used_at: Option<DateTime<Utc>>,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    revoked_at: Option<DateTime<Utc>>,
}

const TOKEN: &str = "id, name, prefix, scopes, created_at, expires_at, last_used_at, revoked_at";

impl TokenRow {
    fn token(self) -> Result<Token> {
        Ok(Token {
            id: self.id.into(),
            name: self.name,
            prefix: self.prefix,
            scopes: scopes(&self.scopes)?,
            created_at: self.created_at,
            expires_at: self.expires_at,
            last_used_at: self.last_used_at,
            revoked_at: self.revoked_at,
        })
    }
}

fn scopes(names: &[String]) -> Result<Vec<Scope>> {
    names.iter().map(|name| name.parse().map_err(Error::internal)).collect()
}

pub(super) async fn token_insert(
    tx: &mut TenantTx<'_>,
    user: UserId,
    new: &TokenCreate,
    secret_text: &str,
) -> Result<Token> {
    let names: Vec<&str> = new.scopes.iter().map(|scope| scope.as_str()).collect();
    let prefix: String = secret_text.chars().take(9).collect();
    let expires = Utc::now() + Duration::days(new.expires_days.into());
    let row: TokenRow = diesel::sql_query(format!(
        "INSERT INTO api_tokens (tenant_id, id, user_id, name, prefix, token_hash, scopes, expires_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8) RETURNING {TOKEN}"
    ))
    .bind::<SqlUuid, _>(tx.tenant().0)
    .bind::<SqlUuid, _>(Uuid::now_v7())
    .bind::<SqlUuid, _>(user.0)
    .bind::<Text, _>(&new.name)
    .bind::<Text, _>(prefix)
    .bind::<Binary, _>(secret::sha256(secret_text.as_bytes()).as_slice())
    .bind::<Array<Text>, _>(names)
    .bind::<Timestamptz, _>(expires)
    .get_result(tx.conn()?)
    .await?;
    row.token()
}

/// The tokens of one person in a tenant, newest first.
pub(super) async fn tokens_of(
    tx: &mut TenantTx<'_>,
    tenant: &authz::Tenant,
    user: UserId,
) -> Result<Vec<Token>> {
    let rows: Vec<TokenRow> = diesel::sql_query(format!(
        "SELECT {TOKEN} FROM api_tokens WHERE tenant_id = $1 AND user_id = $2
         ORDER BY created_at DESC LIMIT 200"
    ))
    .bind::<SqlUuid, _>(tenant.id().0)
    .bind::<SqlUuid, _>(user.0)
    .load(tx.conn()?)
    .await?;
    rows.into_iter().map(TokenRow::token).collect()
}

/// Revokes a live token of a person; `None` where there is none.
pub(super) async fn token_revoke(
    tx: &mut TenantTx<'_>,
    user: UserId,
    token: TokenId,
) -> Result<Option<Token>> {
    let rows: Vec<TokenRow> = diesel::sql_query(format!(
        "UPDATE api_tokens SET revoked_at = now()
         WHERE tenant_id = $1 AND id = $2 AND user_id = $3 AND revoked_at IS NULL RETURNING {TOKEN}"
    ))
    .bind::<SqlUuid, _>(tx.tenant().0)
    .bind::<SqlUuid, _>(token.0)
    .bind::<SqlUuid, _>(user.0)
    .load(tx.conn()?)
    .await?;
    rows.into_iter().next().map(TokenRow::token).transpose()
}

/// What a live token gives.
#[derive(QueryableByName)]
struct TokenUser {
    #[diesel(sql_type = SqlUuid)]
    token: Uuid,
    #[diesel(sql_type = SqlUuid)]
    tenant_id: Uuid,
    #[diesel(sql_type = Array<Text>)]
    scopes: Vec<String>,
    #[diesel(embed)]
    user: UserColumns,
    #[diesel(sql_type = Bool)]
    stale: bool,
}

/// A live token's person, tenant and scopes.
pub(super) struct TokenGrant {
    pub(super) token: TokenId,
    pub(super) tenant: TenantId,
    pub(super) scopes: Vec<Scope>,
    pub(super) user: User,
}

/// Finds a live token, and notes at most once a minute that it was used.
pub(super) async fn token_use(tx: &mut PlatformTx<'_>, secret_text: &str) -> Result<Option<TokenGrant>> {
    let rows: Vec<TokenUser> = diesel::sql_query(format!(
        "SELECT t.id AS token, t.tenant_id, t.scopes, u.id, u.email, u.name, u.operator,
                coalesce(t.last_used_at < now() - interval '1 minute', true) AS stale
         FROM api_tokens t JOIN users u ON u.id = t.user_id
         WHERE t.token_hash = $1 AND t.revoked_at IS NULL AND t.expires_at > now() AND {REACHES}"
    ))
    .bind::<Binary, _>(secret::sha256(secret_text.as_bytes()).as_slice())
    .load(tx.conn()?)
    .await?;
    let Some(row) = rows.into_iter().next() else { return Ok(None) };
    if row.stale {
        diesel::sql_query("UPDATE api_tokens SET last_used_at = now() WHERE tenant_id = $1 AND id = $2")
            .bind::<SqlUuid, _>(row.tenant_id)
            .bind::<SqlUuid, _>(row.token)
            .execute(tx.conn()?)
            .await?;
    }
    Ok(Some(TokenGrant {
        token: row.token.into(),
        tenant: row.tenant_id.into(),
        scopes: scopes(&row.scopes)?,
        user: row.user.user(),
    }))
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
    diesel::sql_query(
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

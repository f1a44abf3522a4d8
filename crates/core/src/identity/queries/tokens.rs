//! SQL of API tokens.

use super::{REACHES, UserColumns};
use crate::kernel::app::App;
use crate::kernel::authz;
use crate::kernel::ctx::Actor;
use crate::kernel::error::{Error, Result};
use crate::kernel::secret;
use crate::kernel::sql::sql_query;
use crate::kernel::tx::{PlatformLook, PlatformTx, TenantTx, in_time};
use chrono::{DateTime, Duration, Utc};
use diesel::prelude::*;
use diesel::sql_types::{Array, Binary, Bool, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use diesel_async::RunQueryDsl;
use uuid::Uuid;
use weighhouse_types::identity::{Token, TokenCreate, User};
use weighhouse_types::ids::{TenantId, TokenId, UserId};
use weighhouse_types::permission::Scope;

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

pub(in crate::identity) async fn token_insert(
    tx: &mut TenantTx<'_>,
    user: UserId,
    new: &TokenCreate,
    secret_text: &str,
) -> Result<Token> {
    let names: Vec<&str> = new.scopes.iter().map(|scope| scope.as_str()).collect();
    let prefix: String = secret_text.chars().take(9).collect();
    let expires = Utc::now() + Duration::days(new.expires_days.into());
    let row: TokenRow = sql_query(format!(
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
pub(in crate::identity) async fn tokens_of(
    tx: &mut TenantTx<'_>,
    tenant: &authz::Tenant,
    user: UserId,
) -> Result<Vec<Token>> {
    let rows: Vec<TokenRow> = sql_query(format!(
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
pub(in crate::identity) async fn token_revoke(
    tx: &mut TenantTx<'_>,
    user: UserId,
    token: TokenId,
) -> Result<Option<Token>> {
    let rows: Vec<TokenRow> = sql_query(format!(
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
    #[diesel(sql_type = Timestamptz)]
    expires_at: DateTime<Utc>,
    #[diesel(embed)]
    user: UserColumns,
    #[diesel(sql_type = Bool)]
    stale: bool,
}

/// A live token, narrowed to one, of a person who reaches anything still.
fn token_user(narrowed: &str) -> String {
    format!(
        "SELECT t.id AS token, t.tenant_id, t.scopes, t.expires_at, u.id, u.email, u.name, u.operator,
                coalesce(t.last_used_at < now() - interval '1 minute', true) AS stale
         FROM api_tokens t JOIN users u ON u.id = t.user_id
         WHERE t.revoked_at IS NULL AND t.expires_at > now() AND {REACHES} AND {narrowed}"
    )
}

/// A live token's person, tenant and scopes.
pub(in crate::identity) struct TokenGrant {
    token: TokenId,
    tenant: TenantId,
    scopes: Vec<Scope>,
    user: User,
    pub(in crate::identity) expires_at: DateTime<Utc>,
}

impl TokenUser {
    fn grant(self) -> Result<TokenGrant> {
        Ok(TokenGrant {
            token: self.token.into(),
            tenant: self.tenant_id.into(),
            scopes: scopes(&self.scopes)?,
            user: self.user.user(),
            expires_at: self.expires_at,
        })
    }
}

impl TokenGrant {
    pub(in crate::identity) fn actor(self) -> Actor {
        let Self { token, tenant, scopes, user, .. } = self;
        Actor::Token { user, token, tenant, scopes, exchanged: false }
    }
}

/// Finds a live token, and notes at most once a minute that it was used.
pub(in crate::identity) async fn token_use(app: &App, secret_text: &str) -> Result<Option<TokenGrant>> {
    let hash = secret::sha256(secret_text.as_bytes());
    let mut look = PlatformLook::begin(app).await?;
    let query = sql_query(token_user("t.token_hash = $1")).bind::<Binary, _>(hash.as_slice());
    let rows: Vec<TokenUser> = in_time(query.load(look.conn()?)).await?;
    look.finish();
    let Some(row) = rows.into_iter().next() else { return Ok(None) };
    if row.stale {
        let mut tx = PlatformTx::begin(app).await?;
        sql_query("UPDATE api_tokens SET last_used_at = now() WHERE tenant_id = $1 AND id = $2")
            .bind::<SqlUuid, _>(row.tenant_id)
            .bind::<SqlUuid, _>(row.token)
            .execute(tx.conn()?)
            .await?;
        tx.commit_bookkeeping().await?;
    }
    row.grant().map(Some)
}

/// A token by its id, as long as it is live.
pub(in crate::identity) async fn token_live(
    app: &App,
    tenant: TenantId,
    token: TokenId,
) -> Result<Option<TokenGrant>> {
    let mut look = PlatformLook::begin(app).await?;
    let query = sql_query(token_user("t.tenant_id = $1 AND t.id = $2"))
        .bind::<SqlUuid, _>(tenant.0)
        .bind::<SqlUuid, _>(token.0);
    let rows: Vec<TokenUser> = in_time(query.load(look.conn()?)).await?;
    look.finish();
    rows.into_iter().next().map(TokenUser::grant).transpose()
}

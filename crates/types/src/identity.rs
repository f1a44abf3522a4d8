//! Sign-in, sessions and API tokens.

use crate::ids::{SessionId, TokenId, UserId};
use crate::permission::Scope;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// Passwords have at least this many characters.
pub const PASSWORD_MIN: usize = 12;
/// And at most this many bytes: hashing is work that strangers can ask for.
pub const PASSWORD_MAX: usize = 256;

/// The person behind a credential.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct User {
    pub id: UserId,
    pub email: String,
    pub name: String,
    /// Runs the installation itself.
    pub operator: bool,
}

/// A new API token's terms.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TokenCreate {
    /// What it is for, to tell it from others.
    #[schema(min_length = 1, max_length = 100, pattern = r"\S")]
    pub name: String,
    #[schema(min_items = 1)]
    pub scopes: Vec<Scope>,
    /// Days until it expires.
    #[schema(minimum = 1, maximum = 366)]
    pub expires_days: u32,
}

/// An API token, without its secret.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Token {
    pub id: TokenId,
    pub name: String,
    /// The secret's first characters, to recognise it by.
    pub prefix: String,
    pub scopes: Vec<Scope>,
    pub created_at: DateTime<Utc>,
    pub expires_at: DateTime<Utc>,
    pub last_used_at: Option<DateTime<Utc>>,
    pub revoked_at: Option<DateTime<Utc>>,
}

/// A token that was just made: the only time its secret is shown.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct TokenCreated {
    /// The secret: `wh_…`. Left out of an answer that is given a second time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token: Option<String>,
    /// Why there is no secret, where it was left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    #[serde(flatten)]
    pub info: Token,
}

/// A JWT lives for this long, in seconds.
pub const JWT_SECONDS: i64 = 600;

/// A JWT that stands for an API token for ten minutes, or as long as the token
/// lives if that is less.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct TokenExchanged {
    /// To be sent as `Authorization: Bearer …` in the token's place. Left out
    /// of an answer that is given a second time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub jwt: Option<String>,
    pub expires_at: DateTime<Utc>,
    pub scopes: Vec<Scope>,
    /// Why there is no JWT, where it was left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

/// Whether the first visit is still to come.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct SetupState {
    /// Nobody has a login yet.
    pub needed: bool,
}

/// What the first visitor fills in.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Setup {
    /// The one-time code of the link that the server's console printed last.
    pub code: String,
    pub agency_name: String,
    /// Stands in URLs; global and for good.
    #[schema(min_length = 2, max_length = 63, pattern = "^[a-z0-9][a-z0-9-]{0,61}[a-z0-9]$")]
    pub agency_slug: String,
    /// The owner's name.
    #[serde(default)]
    pub name: String,
    #[schema(format = Email, max_length = 254)]
    pub email: String,
    #[schema(format = Password, min_length = 12)]
    pub password: String,
}

/// Who a credential speaks for, and where.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct WhoAmI {
    pub user: User,
    /// The one tenant that an API token is bound to.
    pub tenant: Option<String>,
    /// The token's scopes; absent for a browser session.
    pub scopes: Option<Vec<Scope>>,
}

/// A login and its password. (None of the requests with a secret can be
/// printed.)
#[derive(Clone, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SignIn {
    pub email: String,
    pub password: String,
}

/// A browser, or a script, in which somebody is signed in.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Session {
    pub id: SessionId,
    /// What it calls itself.
    pub agent: String,
    pub created_at: DateTime<Utc>,
    /// To the minute.
    pub last_seen_at: DateTime<Utc>,
    pub expires_at: DateTime<Utc>,
    /// The session that asks.
    pub current: bool,
}

/// Whose password is forgotten.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PasswordResetAsk {
    pub email: String,
}

/// A new password by the link of a mail.
#[derive(Clone, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PasswordReset {
    /// The last part of the link.
    pub token: String,
    pub password: String,
}

/// A new password in place of the present one.
#[derive(Clone, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PasswordChange {
    pub current: String,
    pub password: String,
}

/// Another address for a login.
#[derive(Clone, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EmailChange {
    pub email: String,
    /// The present password.
    pub password: String,
}

/// The link of a mail.
#[derive(Clone, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LinkUse {
    /// The last part of the link.
    pub token: String,
}

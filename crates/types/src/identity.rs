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
    pub name: String,
    pub scopes: Vec<Scope>,
    /// Days until it expires, 1 to 366.
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
    /// The secret: `wh_…`.
    pub token: String,
    #[serde(flatten)]
    pub info: Token,
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

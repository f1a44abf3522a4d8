//! SQL of the links in mails, of known browsers, and of what links change.

use crate::kernel::error::{Error, Result};
use crate::kernel::secret;
use crate::kernel::sql::sql_query;
use crate::kernel::tx::PlatformTx;
use chrono::{DateTime, Duration, Utc};
use diesel::prelude::*;
use diesel::sql_types::{Binary, Bool, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use diesel_async::RunQueryDsl;
use uuid::Uuid;

/// What a link in a mail is for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum LinkKind {
    /// To choose a new password.
    PasswordReset,
    /// To give the login the address that the link was sent to.
    EmailConfirm,
    /// To give it back its old address.
    EmailUndo,
}

impl LinkKind {
    const fn as_str(self) -> &'static str {
        match self {
            Self::PasswordReset => "password-reset",
            Self::EmailConfirm => "email-confirm",
            Self::EmailUndo => "email-undo",
        }
    }

    /// How long it works.
    fn lifetime(self) -> Duration {
        match self {
            Self::PasswordReset => Duration::hours(1),
            Self::EmailConfirm => Duration::days(1),
            Self::EmailUndo => Duration::days(7),
        }
    }
}

/// A link to make: whose, what for, and the address that it gives.
pub(crate) struct NewLink<'a> {
    pub(crate) user: Uuid,
    pub(crate) kind: LinkKind,
    pub(crate) email: Option<&'a str>,
    pub(crate) request_id: &'a str,
}

/// Makes a link; gives its secret and until when it works. `None` where the
/// request made one already: jobs may run twice.
pub(crate) async fn link_insert(
    tx: &mut PlatformTx<'_>,
    new: &NewLink<'_>,
) -> Result<Option<(String, DateTime<Utc>)>> {
    let (token, expires) = (secret::opaque(), Utc::now() + new.kind.lifetime());
    let made = sql_query(
        "INSERT INTO login_links (token_hash, user_id, kind, email, request_id, expires_at)
         VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (request_id, kind) DO NOTHING",
    )
    .bind::<Binary, _>(secret::sha256(token.as_bytes()).as_slice())
    .bind::<SqlUuid, _>(new.user)
    .bind::<Text, _>(new.kind.as_str())
    .bind::<Nullable<Text>, _>(new.email)
    .bind::<Text, _>(new.request_id)
    .bind::<Timestamptz, _>(expires)
    .execute(tx.conn()?)
    .await?;
    Ok((made > 0).then_some((token, expires)))
}

/// An open link, and the login that it belongs to.
#[derive(QueryableByName)]
pub(crate) struct Link {
    #[diesel(sql_type = SqlUuid)]
    pub(crate) user_id: Uuid,
    #[diesel(sql_type = SqlUuid)]
    pub(crate) agency_id: Uuid,
    /// The login's address now.
    #[diesel(sql_type = Text)]
    pub(crate) email: String,
    #[diesel(sql_type = Text)]
    pub(crate) name: String,
    #[diesel(sql_type = Text)]
    pub(crate) agency: String,
    /// The address that the link gives.
    #[diesel(sql_type = Nullable<Text>)]
    pub(crate) to: Option<String>,
}

pub(crate) async fn link_open(tx: &mut PlatformTx<'_>, token: &str, kind: LinkKind) -> Result<Option<Link>> {
    let rows: Vec<Link> = sql_query(
        "SELECT u.id AS user_id, u.agency_id, u.email, u.name, a.name AS agency, l.email AS to
         FROM login_links l JOIN users u ON u.id = l.user_id JOIN agencies a ON a.id = u.agency_id
         WHERE l.token_hash = $1 AND l.kind = $2 AND l.used_at IS NULL AND l.expires_at > now()
         FOR UPDATE OF l",
    )
    .bind::<Binary, _>(secret::sha256(token.as_bytes()).as_slice())
    .bind::<Text, _>(kind.as_str())
    .load(tx.conn()?)
    .await?;
    Ok(rows.into_iter().next())
}

/// Makes a login's open links worthless, the one that was used and the others. Those that give back an old address
/// stay, unless one of them was used: whoever took a login over must not be
/// able to take them away.
pub(crate) async fn links_void(tx: &mut PlatformTx<'_>, user: Uuid, undo_too: bool) -> Result<()> {
    let kept = if undo_too { "" } else { "AND kind <> 'email-undo'" };
    sql_query(format!(
        "UPDATE login_links SET used_at = now() WHERE user_id = $1 AND used_at IS NULL {kept}"
    ))
    .bind::<SqlUuid, _>(user)
    .execute(tx.conn()?)
    .await?;
    Ok(())
}

pub(crate) async fn password_set(tx: &mut PlatformTx<'_>, user: Uuid, hash: &str) -> Result<()> {
    sql_query("UPDATE users SET password_hash = $2 WHERE id = $1")
        .bind::<SqlUuid, _>(user)
        .bind::<Text, _>(hash)
        .execute(tx.conn()?)
        .await?;
    Ok(())
}

pub(crate) async fn email_set(tx: &mut PlatformTx<'_>, user: Uuid, email: &str) -> Result<()> {
    sql_query("UPDATE users SET email = $2 WHERE id = $1")
        .bind::<SqlUuid, _>(user)
        .bind::<Text, _>(email)
        .execute(tx.conn()?)
        .await
        .map_err(Error::from)
        .map_err(|e| {
            e.or_conflict("users_email_key", || {
                format!("{email} has a login of its own, so that this one cannot take the address. Nothing was changed.")
            })
        })?;
    Ok(())
}

/// A person is known in at most so many browsers, and no longer than a
/// browser keeps a cookie.
const DEVICES_MAX: i32 = 20;
const DEVICE_KEPT: &str = "400 days";

fn device_hash(device: &str) -> [u8; 32] {
    secret::sha256(device.as_bytes())
}

#[derive(QueryableByName)]
struct Known {
    #[diesel(sql_type = Bool)]
    known: bool,
}

/// Whether somebody signed in with this login in this browser before.
pub(crate) async fn device_known(tx: &mut PlatformTx<'_>, email: &str, device: &str) -> Result<bool> {
    let found: Known = sql_query(
        "SELECT EXISTS (SELECT FROM known_devices d JOIN users u ON u.id = d.user_id
                        WHERE u.email = $1 AND d.device_hash = $2) AS known",
    )
    .bind::<Text, _>(email)
    .bind::<Binary, _>(device_hash(device).as_slice())
    .get_result(tx.conn()?)
    .await?;
    Ok(found.known)
}

/// Remembers a browser, and forgets the one that was not used for longest.
pub(crate) async fn device_remember(tx: &mut PlatformTx<'_>, user: Uuid, device: &str) -> Result<()> {
    sql_query(
        "INSERT INTO known_devices (user_id, device_hash) VALUES ($1, $2)
         ON CONFLICT (user_id, device_hash) DO UPDATE SET seen_at = now()",
    )
    .bind::<SqlUuid, _>(user)
    .bind::<Binary, _>(device_hash(device).as_slice())
    .execute(tx.conn()?)
    .await?;
    sql_query(format!(
        "DELETE FROM known_devices WHERE user_id = $1 AND device_hash IN (
             SELECT device_hash FROM known_devices WHERE user_id = $1
             ORDER BY seen_at DESC OFFSET {DEVICES_MAX})"
    ))
    .bind::<SqlUuid, _>(user)
    .execute(tx.conn()?)
    .await?;
    Ok(())
}

/// Forgets a login's browsers, but the one that is spared.
pub(crate) async fn devices_forget(tx: &mut PlatformTx<'_>, user: Uuid, except: Option<&str>) -> Result<()> {
    sql_query("DELETE FROM known_devices WHERE user_id = $1 AND device_hash IS DISTINCT FROM $2")
        .bind::<SqlUuid, _>(user)
        .bind::<Nullable<Binary>, _>(except.map(device_hash).as_ref().map(<[u8; 32]>::as_slice))
        .execute(tx.conn()?)
        .await?;
    Ok(())
}

/// Forgets links and browsers whose time is over, ten thousand of each at a time.
pub(crate) async fn prune(tx: &mut PlatformTx<'_>) -> Result<()> {
    sql_query(
        "DELETE FROM login_links WHERE token_hash IN (
             SELECT token_hash FROM login_links WHERE expires_at < now() - interval '30 days'
             LIMIT 10000 FOR UPDATE SKIP LOCKED)",
    )
    .execute(tx.conn()?)
    .await?;
    sql_query(format!(
        "DELETE FROM known_devices WHERE (user_id, device_hash) IN (
             SELECT user_id, device_hash FROM known_devices
             WHERE seen_at < now() - interval '{DEVICE_KEPT}' LIMIT 10000 FOR UPDATE SKIP LOCKED)"
    ))
    .execute(tx.conn()?)
    .await?;
    Ok(())
}

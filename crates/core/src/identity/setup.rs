//! The first visit: a one-time link makes operator, agency and owner.

use super::queries::{self, NewLogin};
use super::rules::password_check;
use super::users::{email_normalise, name_or};
use super::{SignedIn, link_found, session_start_by_email};
use crate::kernel::app::App;
use crate::kernel::ctx::Ctx;
use crate::kernel::error::{Error, Result};
use crate::kernel::secret;
use crate::kernel::tx::PlatformTx;
use weighhouse_types::audit::Event;
use weighhouse_types::error::Code;
use weighhouse_types::permission::AgencyRole;

/// What the first visitor fills in.
#[derive(Clone)]
pub struct SetupForm {
    pub agency_name: String,
    pub agency_slug: String,
    pub name: String,
    pub email: String,
    pub password: String,
}

/// Whether nobody has a login yet.
///
/// # Errors
/// When the database fails.
pub async fn setup_needed(ctx: &Ctx) -> Result<bool> {
    let mut tx = PlatformTx::begin(ctx.app()).await?;
    let any = queries::any_user(&mut tx).await?;
    tx.finish().await?;
    Ok(!any)
}

/// A fresh one-time code for the console to print; the one before it ends.
/// `None` once somebody has a login.
///
/// # Errors
/// When the database fails.
pub async fn setup_code(app: &App) -> Result<Option<String>> {
    let mut tx = PlatformTx::begin(app).await?;
    if queries::any_user(&mut tx).await? {
        tx.finish().await?;
        return Ok(None);
    }
    let code = secret::opaque();
    let hash = secret::sha256(code.as_bytes());
    queries::setup_code_set(&mut tx, Some(hash.as_slice())).await?;
    tx.commit_bookkeeping().await?;
    Ok(Some(code))
}

/// Makes the agency with its owner, who is the platform's operator as well,
/// and signs them in.
///
/// # Errors
/// When the code is not the one printed last, or a field is wrong.
pub async fn setup(ctx: &Ctx, code: &str, form: SetupForm) -> Result<SignedIn> {
    let email = email_normalise(&form.email)?;
    password_check(&form.password, &[&email, &form.name, &form.agency_name, &form.agency_slug])?;
    let name = &name_or(&form.name, "Owner");
    // Strangers without the code cause no hashing.
    let mut tx = PlatformTx::begin(ctx.app()).await?;
    let right = code_is_right(&mut tx, code).await?;
    tx.finish().await?;
    link_found(ctx, right.then_some(()), wrong_code).await?;
    let password_hash = &ctx.app().passwords.hash(&form.password).await?;

    let mut tx = PlatformTx::begin(ctx.app()).await?;
    if !code_is_right(&mut tx, code).await? {
        return Err(wrong_code());
    }
    let agency = crate::tenancy::agency_insert_in_tx(&mut tx, &form.agency_slug, &form.agency_name).await?;
    let login = NewLogin { agency: agency.id, email: &email, name, password_hash, operator: true };
    let user = queries::login_insert(&mut tx, &login).await?;
    queries::agency_member_insert(&mut tx, agency.id, user, AgencyRole::Owner.as_str()).await?;
    queries::setup_code_set(&mut tx, None).await?;
    let event = Event::InstallationSetUp { agency: agency.name, owner: email.clone() };
    tx.commit(ctx, agency.id, &event).await?;
    session_start_by_email(ctx, &email, "first visit").await
}

/// Whether it is the code printed last, as long as nobody has a login.
async fn code_is_right(tx: &mut PlatformTx<'_>, code: &str) -> Result<bool> {
    let expected = queries::setup_code_hash(tx).await?;
    let given = secret::sha256(code.as_bytes());
    Ok(!queries::any_user(tx).await? && expected.as_deref() == Some(given.as_slice()))
}

fn wrong_code() -> Error {
    Error::refused(
        Code::Forbidden,
        "This set-up link was used already or is not the latest. The console of the server prints the one that works.",
    )
}

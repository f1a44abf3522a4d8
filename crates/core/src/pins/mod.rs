//! Provider pins: a watch on what a provider serves, alerts when it is no
//! longer what versions were tested with, and the block of what was not
//! evaluated since.

mod provider;
mod queries;
mod rules;
mod watch;

pub use watch::{alerts_close, look_due};

use crate::kernel::authz;
use crate::kernel::ctx::Ctx;
use crate::kernel::error::{Error, Result};
use crate::kernel::page;
use crate::kernel::tx::{PlatformTx, TenantTx};
use queries::WatchRow;
use std::collections::BTreeSet;
use url::Url;
use weighhouse_types::audit::Event;
use weighhouse_types::context::{Kind, Llm};
use weighhouse_types::error::Code;
use weighhouse_types::page::{Page, PageQuery};
use weighhouse_types::permission::Action;
use weighhouse_types::pins::{Pin, PinAlert, PinAlertQuery, PinSet, PinState};
use weighhouse_types::reference::{ModelRef, VersionRef};

/// Alerts that are shown beside a watch.
const SHOWN: i64 = 20;
/// Parts of a system that are looked at, with their own parts.
const PARTS_MAX: usize = 1000;

/// The watch on a model's provider, and what it found.
///
/// # Errors
/// When the model is not visible.
pub async fn pin_get(ctx: &Ctx, model: &ModelRef) -> Result<Pin> {
    let tenant = authz::tenant(ctx, &model.tenant, Action::TenantRead).await?;
    let mut tx = TenantTx::begin(ctx, &tenant).await?;
    let handle = authz::model(&mut tx, model).await?;
    let pin = read(&mut tx, &handle).await?;
    tx.finish().await?;
    Ok(pin)
}

async fn read(tx: &mut TenantTx<'_>, model: &authz::Model) -> Result<Pin> {
    let watch = queries::watch(tx, model).await?.map(WatchRow::shown).transpose()?;
    let wanted = queries::Wanted { model: Some(model), ..queries::Wanted::default() };
    let alerts = queries::alerts(tx, &wanted, SHOWN).await?;
    let state = match &watch {
        _ if alerts.iter().any(|alert| alert.closed.is_none()) => PinState::Changed,
        None => PinState::Unwatched,
        Some(watch) if watch.unreachable_since.is_some() => PinState::Unreachable,
        Some(watch) if watch.observed.is_none() => PinState::New,
        Some(_) => PinState::Steady,
    };
    Ok(Pin { state, watch, alerts })
}

/// Sets the watch on a model's provider. What is recorded is kept as far as it
/// is still about the same; the rest is recorded at the next look, which is
/// due at once.
///
/// # Errors
/// When the model is of another kind, a part is missing or may not be asked,
/// or a secret cannot be kept here.
pub async fn pin_set(ctx: &Ctx, model: &ModelRef, new: PinSet) -> Result<Pin> {
    let tenant = authz::tenant(ctx, &model.tenant, Action::PinManage).await?;
    rules::check(&new).map_err(|(field, detail)| Error::invalid(&field, detail))?;
    let mut tx = TenantTx::begin(ctx, &tenant).await?;
    let handle = authz::model(&mut tx, model).await?;
    crate::versions::model_lock_in_tx(&mut tx, &handle).await?;
    let newest = newest(&mut tx, &handle).await?;
    let endpoint = given(new.endpoint).or_else(|| newest.as_ref().and_then(|llm| llm.endpoint.clone()));
    let endpoint = endpoint.ok_or_else(|| {
        Error::invalid(
            "endpoint",
            "The model’s newest version names no endpoint. Give the base of the provider’s API.",
        )
    })?;
    endpoint_check(ctx, &endpoint)?;
    let pinned = given(new.pinned).or_else(|| newest.map(|llm| llm.model));
    let pinned = pinned.ok_or_else(|| {
        Error::invalid(
            "pinned",
            "The model has no version yet. Say what the provider calls the model to watch.",
        )
    })?;
    let before = queries::watch(&mut tx, &handle).await?;
    let secret = match new.secret.as_deref().map(str::trim) {
        Some("") => None,
        Some(secret) => Some(seal(ctx, &handle, secret)?),
        None => kept_secret(before.as_ref(), &endpoint)?,
    };
    let observed = match before.filter(|before| before.endpoint == endpoint && before.pinned == pinned) {
        Some(same) => {
            let golden = same.golden()?;
            same.observation()?.map(|seen| rules::still(seen, &golden, &new.golden))
        }
        None => None,
    };
    let event = Event::PinSet {
        model: model.to_string(),
        endpoint: endpoint.clone(),
        pinned: pinned.clone(),
        every_minutes: new.every_minutes,
        golden: new.golden.iter().map(|golden| golden.name.clone()).collect(),
        secret: secret.is_some(),
    };
    let set = queries::NewWatch {
        endpoint: &endpoint,
        pinned: &pinned,
        secret: secret.as_deref(),
        every_minutes: new.every_minutes,
        golden: &new.golden,
        observed: observed.as_ref(),
    };
    queries::watch_set(&mut tx, &handle, &set).await?;
    let pin = read(&mut tx, &handle).await?;
    tx.commit(&event).await?;
    Ok(pin)
}

fn given(text: Option<String>) -> Option<String> {
    text.map(|text| text.trim().to_owned()).filter(|text| !text.is_empty())
}

/// What the model's newest version says of its provider.
async fn newest(tx: &mut TenantTx<'_>, model: &authz::Model) -> Result<Option<Llm>> {
    let (kind, llm) = queries::newest(tx, model).await?;
    if kind != Kind::Llm {
        return Err(Error::conflict(format!(
            "{} is of kind ‘{kind}’: only models of kind ‘llm’ have a provider to watch.",
            model.reference
        )));
    }
    llm.map(|llm| serde_json::from_value(llm).map_err(Error::internal)).transpose()
}

fn endpoint_check(ctx: &Ctx, endpoint: &str) -> Result<()> {
    let wrong = |detail: String| Error::invalid("endpoint", format!("The endpoint {detail}."));
    weighhouse_types::context::llm::endpoint_check(endpoint).map_err(wrong)?;
    let url: Url = endpoint.parse().map_err(|e: url::ParseError| wrong(format!("is no address: {e}")))?;
    ctx.app().config.outgoing.check_literal(&url).map_err(|e| Error::invalid("endpoint", format!("{e}.")))
}

fn seal(ctx: &Ctx, model: &authz::Model, secret: &str) -> Result<Vec<u8>> {
    if secret.len() > 4096 || secret.chars().any(|c| !c.is_ascii_graphic()) {
        return Err(Error::invalid(
            "secret",
            "An API key has at most 4,096 visible ASCII characters, without blanks.",
        ));
    }
    let key = ctx.app().config.seal_key.as_ref().ok_or_else(|| {
        Error::conflict(
            "This installation has no key to seal secrets with, and keeps none unsealed. The operator gives \
             --seal-key-file to servers and workers; nothing was changed.",
        )
    })?;
    key.seal(&place(model), secret)
}

/// Where a secret belongs: sealed for one model, it opens for no other.
fn place(model: &authz::Model) -> String {
    format!("pin {} {}", model.tenant_id, model.id)
}

/// The secret as it is. It was given for a server, and goes to no other.
fn kept_secret(before: Option<&WatchRow>, endpoint: &str) -> Result<Option<Vec<u8>>> {
    let Some((before, secret)) = before.and_then(|row| Some((row, row.secret.clone()?))) else {
        return Ok(None);
    };
    let origin = |address: &str| address.parse::<Url>().ok().map(|url| url.origin());
    if origin(&before.endpoint) == origin(endpoint) {
        return Ok(Some(secret));
    }
    let detail = "The API key that is kept was given for another server. Give the new one’s, or an empty one for none.";
    Err(Error::invalid("secret", detail))
}

/// Ends a watch. Alerts stay, and what they block stays blocked.
///
/// # Errors
/// When there is none.
pub async fn pin_remove(ctx: &Ctx, model: &ModelRef) -> Result<()> {
    let tenant = authz::tenant(ctx, &model.tenant, Action::PinManage).await?;
    let mut tx = TenantTx::begin(ctx, &tenant).await?;
    let handle = authz::model(&mut tx, model).await?;
    let watch = queries::watch(&mut tx, &handle).await?.ok_or_else(|| no_watch(model))?;
    queries::watch_delete(&mut tx, &handle).await?;
    let event =
        Event::PinRemoved { model: model.to_string(), endpoint: watch.endpoint, pinned: watch.pinned };
    tx.commit(&event).await
}

fn no_watch(model: &ModelRef) -> Error {
    Error::conflict(format!("Nobody watches the provider of {model}. Set a watch first."))
}

/// Has a model's provider looked at now rather than when it is due. A worker
/// does it within seconds.
///
/// # Errors
/// When there is no watch.
pub async fn pin_check(ctx: &Ctx, model: &ModelRef) -> Result<Pin> {
    let tenant = authz::tenant(ctx, &model.tenant, Action::PinManage).await?;
    let mut tx = TenantTx::begin(ctx, &tenant).await?;
    let handle = authz::model(&mut tx, model).await?;
    queries::watch(&mut tx, &handle).await?.ok_or_else(|| no_watch(model))?;
    tx.finish().await?;
    let mut tx = PlatformTx::begin(ctx.app()).await?;
    queries::due_now(&mut tx, &handle).await?;
    tx.commit_bookkeeping().await?;
    pin_get(ctx, model).await
}

/// The alerts of a tenant, newest first.
///
/// # Errors
/// When the tenant is not visible.
pub async fn pin_alert_list(ctx: &Ctx, tenant: &str, query: &PinAlertQuery) -> Result<Page<PinAlert>> {
    let tenant = authz::tenant(ctx, tenant, Action::TenantRead).await?;
    let page = PageQuery { cursor: query.cursor.clone(), limit: query.limit };
    let before = page::after(&page)?;
    let mut tx = TenantTx::begin(ctx, &tenant).await?;
    let wanted = queries::Wanted { model: None, open: query.open, before };
    let alerts = queries::alerts(&mut tx, &wanted, page::fetch(&page)).await?;
    tx.finish().await?;
    page::cut(&page, alerts, |alert| (alert.opened_at, alert.id))
}

/// Why a version may not go to production on account of its provider, in
/// words; `None` where nothing changed since it was evaluated.
///
/// # Errors
/// When the version is not visible.
pub async fn version_block(ctx: &Ctx, version: &VersionRef) -> Result<Option<String>> {
    let tenant = authz::tenant(ctx, &version.model.tenant, Action::TenantRead).await?;
    let mut tx = TenantTx::begin(ctx, &tenant).await?;
    let handle = authz::version(&mut tx, version).await?;
    let block = block_in_tx(&mut tx, &handle).await?;
    tx.finish().await?;
    Ok(block)
}

/// Refuses a version that, or a part of which, uses what a provider serves and
/// was not evaluated since that changed. Called under the model's lock.
pub(crate) async fn refuse_changed_in_tx(tx: &mut TenantTx<'_>, version: &authz::Version) -> Result<()> {
    match block_in_tx(tx, version).await? {
        Some(why) => Err(Error::conflict(why)),
        None => Ok(()),
    }
}

/// Why a version is blocked: on its own account, or a part's, however deep.
async fn block_in_tx(tx: &mut TenantTx<'_>, version: &authz::Version) -> Result<Option<String>> {
    let (mut waiting, mut seen) = (vec![version.clone()], BTreeSet::new());
    while let Some(version) = waiting.pop().filter(|_| seen.len() < PARTS_MAX) {
        if let Some(why) = own_block_in_tx(tx, &version).await? {
            return Ok(Some(why));
        }
        for part in queries::parts(tx, &version).await? {
            let reference = format!("{}/{part}", version.model.reference.tenant);
            let Ok(reference) = reference.parse::<VersionRef>() else { continue };
            if seen.insert(reference.to_string()) {
                match authz::version(tx, &reference).await {
                    Ok(part) => waiting.push(part),
                    Err(error) if error.code() == Code::NotFound => {}
                    Err(error) => return Err(error),
                }
            }
        }
    }
    Ok(None)
}

async fn own_block_in_tx(tx: &mut TenantTx<'_>, version: &authz::Version) -> Result<Option<String>> {
    let Some(candidate) = queries::candidate(tx, version).await? else { return Ok(None) };
    let alert = queries::newest_about(tx, &version.model, &candidate.pinned).await?;
    let blocking = alert.filter(|alert| !rules::cleared(alert, &candidate));
    Ok(blocking.map(|alert| rules::why_blocked(&alert, &version.reference())))
}

//! Looking at providers when it is due: any number of workers, each watch one
//! worker's at a time.

use super::provider::Provider;
use super::queries::{self, Lease, WatchRow};
use super::{place, rules};
use crate::kernel::app::App;
use crate::kernel::authz;
use crate::kernel::ctx::Ctx;
use crate::kernel::error::{Error, Result};
use crate::kernel::tx::{PlatformTx, TenantTx};
use crate::{notifications, versions};
use futures_util::StreamExt;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;
use uuid::Uuid;
use weighhouse_types::audit::Event;
use weighhouse_types::permission::Action;
use weighhouse_types::pins::{Golden, Observation, PinAlert};
use weighhouse_types::reference::VersionRef;

/// Watches taken in one turn, and looked at together.
const TURN: i64 = 16;
const AT_ONCE: usize = 4;
/// How long one look may take, with all its prompts: shorter than its lease.
const PATIENCE: Duration = Duration::from_mins(10);

/// Looks at every provider that is due. What fails for one is logged, and
/// comes again when its lease is over.
///
/// # Errors
/// When the database fails before any is looked at.
pub async fn look_due(app: &Arc<App>) -> Result<()> {
    let ctx = Ctx::worker(app);
    let mut tx = PlatformTx::begin(app).await?;
    let (due, lease) = queries::due(&mut tx, TURN).await?;
    tx.commit_bookkeeping().await?;
    futures_util::stream::iter(due)
        .for_each_concurrent(AT_ONCE, async |due| {
            if let Err(error) = look(&ctx, &due, lease).await {
                tracing::error!(%error, tenant = due.tenant, model = %due.model_id, "a provider was not looked at");
            }
        })
        .await;
    Ok(())
}

/// A watch that is looked at.
struct Look<'a> {
    ctx: &'a Ctx,
    tenant: authz::Tenant,
    model: authz::Model,
    watch: WatchRow,
    golden: Vec<Golden>,
    lease: Lease,
}

async fn look(ctx: &Ctx, due: &queries::Due, lease: Lease) -> Result<()> {
    let tenant = authz::tenant(ctx, &due.tenant, Action::PinManage).await?;
    let mut tx = TenantTx::begin(ctx, &tenant).await?;
    let Some(model) = model_of(&mut tx, due.model_id).await? else { return tx.finish().await };
    let found = queries::watch_leased(&mut tx, &model, lease, None).await?;
    tx.finish().await?;
    let Some(watch) = found else { return Ok(()) };
    let look = Look { ctx, tenant, golden: watch.golden()?, model, watch, lease };
    let outcome = match look.provide().await {
        Ok(seen) => look.weigh(seen).await?,
        Err(trouble) => Err(trouble),
    };
    let mut tx = PlatformTx::begin(ctx.app()).await?;
    match outcome {
        Ok(()) => queries::answered(&mut tx, &look.model, lease).await?,
        Err(trouble) => {
            tracing::warn!(tenant = due.tenant, model = %look.model.reference, trouble, "a provider does not answer");
            queries::troubled(&mut tx, &look.model, lease, &trouble).await?;
        }
    }
    tx.commit_bookkeeping().await
}

async fn model_of(tx: &mut TenantTx<'_>, id: Uuid) -> Result<Option<authz::Model>> {
    match queries::model_reference(tx, id).await? {
        Some(reference) => authz::model(tx, &reference).await.map(Some),
        None => Ok(None),
    }
}

/// What became of a look: why it failed, in words.
type Outcome<T> = std::result::Result<T, String>;

impl Look<'_> {
    /// Asks the provider, outside of any transaction.
    async fn provide(&self) -> Outcome<Observation> {
        let key = self.key()?;
        let recorded = self.watch.observation().map_err(|e| e.to_string())?;
        let twice = rules::unrecorded(recorded.as_ref(), &self.golden);
        self.observe(key.as_deref(), &twice).await
    }

    async fn observe(&self, key: Option<&str>, twice: &BTreeSet<&str>) -> Outcome<Observation> {
        let base = self.watch.endpoint.parse().map_err(|e: url::ParseError| format!("is no address: {e}"))?;
        let outgoing = &self.ctx.app().config.outgoing;
        let provider = Provider { outgoing, base, pinned: &self.watch.pinned, key };
        let seen = tokio::time::timeout(PATIENCE, provider.observe(&self.golden, twice)).await;
        seen.unwrap_or_else(|_late| {
            Err(format!("takes longer than {} minutes for all prompts", PATIENCE.as_secs() / 60))
        })
    }

    fn key(&self) -> Outcome<Option<String>> {
        let Some(sealed) = &self.watch.secret else { return Ok(None) };
        let missing = || {
            "is not asked: this worker has no key that opens the API key (--seal-key-file); have the operator give it, or set the API key anew".to_owned()
        };
        let seal = self.ctx.app().config.seal_key.as_ref().ok_or_else(missing)?;
        let opened = seal.open(&place(&self.model), sealed).map_err(|e| e.to_string())?;
        opened.map(Some).ok_or_else(missing)
    }

    /// Records what is new, and compares the rest. What looks changed is
    /// looked at once more before anybody is alarmed.
    async fn weigh(&self, seen: Observation) -> Result<Outcome<()>> {
        let recorded = self.watch.observation()?;
        let first = recorded.is_none();
        let added = !rules::unrecorded(recorded.as_ref(), &self.golden).is_empty();
        let known = rules::record(recorded, &seen, &self.golden);
        if first || added {
            self.keep(&known).await?;
        }
        if rules::changes(&known, &seen).is_empty() {
            return Ok(Ok(()));
        }
        let key = match self.key() {
            Ok(key) => key,
            Err(trouble) => return Ok(Err(trouble)),
        };
        let again = match self.observe(key.as_deref(), &BTreeSet::new()).await {
            Ok(again) => again,
            Err(trouble) => return Ok(Err(trouble)),
        };
        let (changes, now) = rules::confirmed(&known, &seen, again);
        if !changes.is_empty() {
            self.alarm(&known, &now, changes).await?;
        }
        Ok(Ok(()))
    }

    /// The watch, locked, unless it was set anew meanwhile.
    async fn again(&self) -> Result<Option<TenantTx<'_>>> {
        let mut tx = TenantTx::begin(self.ctx, &self.tenant).await?;
        // In the order of all who take both: first the model, then what is its.
        versions::model_lock_in_tx(&mut tx, &self.model).await?;
        let revision = Some(self.watch.revision);
        match queries::watch_leased(&mut tx, &self.model, self.lease, revision).await? {
            Some(_) => Ok(Some(tx)),
            None => tx.finish().await.map(|()| None),
        }
    }

    async fn keep(&self, known: &Observation) -> Result<()> {
        let Some(mut tx) = self.again().await? else { return Ok(()) };
        queries::observed_set(&mut tx, &self.model, known).await?;
        let answers = known.answers.iter().map(|(name, answer)| (name.clone(), answer.digest.clone()));
        tx.commit(&Event::PinRecorded {
            model: self.model.reference.to_string(),
            endpoint: self.watch.endpoint.clone(),
            pinned: self.watch.pinned.clone(),
            identity: known.identity.clone(),
            answers: answers.collect(),
        })
        .await
    }

    /// Opens an alert, tells people, and compares with what is now from here on.
    async fn alarm(
        &self,
        before: &Observation,
        after: &Observation,
        changes: Vec<weighhouse_types::pins::PinChange>,
    ) -> Result<()> {
        let Some(mut tx) = self.again().await? else { return Ok(()) };
        let id = queries::alert_insert(&mut tx, &self.model, &self.watch, &changes, (before, after)).await?;
        queries::observed_set(&mut tx, &self.model, after).await?;
        let wanted = queries::Wanted { model: Some(&self.model), ..queries::Wanted::default() };
        let alert = queries::alerts(&mut tx, &wanted, 1).await?.pop();
        let alert = alert.ok_or_else(|| Error::internal("an alert that was just written is not there"))?;
        notifications::pin_changed(&mut tx, &self.tenant, &alert).await?;
        tracing::warn!(model = %self.model.reference, alert = %id, "a provider changed what it serves");
        tx.commit(&Event::PinChanged {
            model: self.model.reference.to_string(),
            alert: id.to_string(),
            endpoint: alert.endpoint,
            pinned: alert.pinned,
            changes,
        })
        .await
    }
}

/// Closes the alerts about what was evaluated since.
///
/// # Errors
/// When the open ones cannot be listed.
pub async fn alerts_close(app: &Arc<App>) -> Result<()> {
    let ctx = Ctx::worker(app);
    let mut tx = PlatformTx::begin(app).await?;
    let open = queries::open_models(&mut tx).await?;
    tx.finish().await?;
    for due in open {
        if let Err(error) = close(&ctx, &due).await {
            tracing::error!(%error, tenant = due.tenant, model = %due.model_id, "alerts were not looked through");
        }
    }
    Ok(())
}

async fn close(ctx: &Ctx, due: &queries::Due) -> Result<()> {
    let tenant = authz::tenant(ctx, &due.tenant, Action::PinManage).await?;
    let mut tx = TenantTx::begin(ctx, &tenant).await?;
    let Some(model) = model_of(&mut tx, due.model_id).await? else { return tx.finish().await };
    let wanted = queries::Wanted { model: Some(&model), open: true, before: None };
    let open = queries::alerts(&mut tx, &wanted, 200).await?;
    tx.finish().await?;
    for alert in open {
        close_one(ctx, &tenant, &model, &alert).await?;
    }
    Ok(())
}

async fn close_one(ctx: &Ctx, tenant: &authz::Tenant, model: &authz::Model, alert: &PinAlert) -> Result<()> {
    let mut tx = TenantTx::begin(ctx, tenant).await?;
    let versions = queries::candidates(&mut tx, model, &alert.pinned).await?;
    let Some(by) = rules::closes(alert, &versions) else { return tx.finish().await };
    let reference = VersionRef { model: model.reference.clone(), number: by.number };
    let version = authz::version(&mut tx, &reference).await?;
    if !queries::alert_close(&mut tx, alert.id, &version).await? {
        return tx.finish().await;
    }
    tx.commit(&Event::PinAlertClosed {
        model: model.reference.to_string(),
        alert: alert.id.to_string(),
        version: reference.to_string(),
        pinned: alert.pinned.clone(),
    })
    .await
}

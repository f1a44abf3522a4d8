//! How runs are written: together.
//!
//! Training code calls many times a second from many processes. What arrives
//! for a tenant while its last transaction is under way is written in the
//! next one, so that a crowd of small writes shares one commit. A caller is
//! answered when its own write is durable; one that cannot be is refused
//! alone.

use super::queries::write;
use crate::kernel::app::App;
use crate::kernel::authz;
use crate::kernel::ctx::Ctx;
use crate::kernel::error::{Error, Result};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::oneshot;
use weighhouse_types::error::Code;
use weighhouse_types::experiments::{Batch, RunCreate, RunInfo};
use weighhouse_types::ids::{ProjectId, RunId, TenantId, UserId};

/// The most writes in one transaction.
const GROUP_MAX: usize = 64;
/// The most writes of one tenant that wait in this process.
const WAITING_MAX: usize = 4_096;

/// What is to be written.
pub(super) struct Write {
    pub(super) project: ProjectId,
    pub(super) what: What,
}

pub(super) enum What {
    Create { id: RunId, run: RunCreate, by: Option<UserId> },
    Log { run: RunId, batch: Batch },
}

/// What came of it: of a new run, how it stands.
pub(super) type Written = Option<RunInfo>;

struct Waiting {
    write: Write,
    answer: oneshot::Sender<Result<Written>>,
}

/// The writes that wait, by tenant; a tenant is there while its task runs.
#[derive(Default)]
struct Writer(Mutex<HashMap<TenantId, Vec<Waiting>>>);

/// Writes, together with what others write, and answers once it is durable.
pub(super) async fn write(ctx: &Ctx, tenant: &authz::Tenant, write: Write) -> Result<Written> {
    let (answer, answered) = oneshot::channel();
    let writer = ctx.app().part::<Writer>();
    if writer.push(tenant.id(), Waiting { write, answer })? {
        // A task of its own: a caller who goes away takes nobody's write along.
        tokio::spawn(run(Arc::clone(ctx.app()), tenant.clone()));
    }
    answered.await.map_err(|_gone| Error::internal("a write was dropped"))?
}

impl Writer {
    /// Adds a write; says whether a task has to be started for the tenant.
    fn push(&self, tenant: TenantId, waiting: Waiting) -> Result<bool> {
        let mut tenants = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let first = !tenants.contains_key(&tenant);
        let queue = tenants.entry(tenant).or_default();
        if queue.len() >= WAITING_MAX {
            return Err(Error::refused(
                Code::Unavailable,
                "More is logged than can be stored at the moment. Nothing of this was stored; try again shortly.",
            ));
        }
        queue.push(waiting);
        Ok(first)
    }

    /// Takes what waits; without anything the tenant's task is over.
    fn take(&self, tenant: TenantId) -> Vec<Waiting> {
        let mut tenants = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(queue) = tenants.get_mut(&tenant) else { return Vec::new() };
        let group: Vec<_> = queue.drain(..queue.len().min(GROUP_MAX)).collect();
        if group.is_empty() {
            tenants.remove(&tenant);
        }
        group
    }
}

/// A tenant's task. Whatever ends it, the next write starts another.
struct Running {
    writer: Arc<Writer>,
    tenant: TenantId,
    /// The tenant was taken out already, and may be another task's by now.
    over: bool,
}

impl Drop for Running {
    fn drop(&mut self) {
        if self.over {
            return;
        }
        let mut tenants = self.writer.0.lock().unwrap_or_else(PoisonError::into_inner);
        tenants.remove(&self.tenant);
    }
}

async fn run(app: Arc<App>, tenant: authz::Tenant) {
    let ctx = Ctx::worker(&app);
    let mut running = Running { writer: app.part(), tenant: tenant.id(), over: false };
    loop {
        let group = running.writer.take(running.tenant);
        if group.is_empty() {
            running.over = true;
            return;
        }
        flush(&ctx, &tenant, group).await;
    }
}

/// Writes a group and answers each. A fault is sought one by one, so that it
/// is the fault of its cause alone.
async fn flush(ctx: &Ctx, tenant: &authz::Tenant, group: Vec<Waiting>) {
    let (writes, answers): (Vec<_>, Vec<_>) =
        group.into_iter().map(|waiting| (waiting.write, waiting.answer)).unzip();
    match write::group(ctx, tenant, &writes).await {
        Ok(outcomes) => answers.into_iter().zip(outcomes).for_each(answer),
        Err(error) if writes.len() > 1 && error.code() == Code::Internal => {
            for (one, sender) in writes.iter().zip(answers) {
                let alone = write::group(ctx, tenant, std::slice::from_ref(one)).await;
                let outcome = alone.and_then(|outcomes| {
                    let missing = || Err(Error::internal("a write had no outcome"));
                    outcomes.into_iter().next().unwrap_or_else(missing)
                });
                answer((sender, outcome));
            }
        }
        Err(error) => answers.into_iter().for_each(|sender| answer((sender, Err(same(&error))))),
    }
}

/// The error of a group, for each of it.
fn same(error: &Error) -> Error {
    match error.code() {
        Code::InDoubt => Error::InDoubt(error.to_string()),
        Code::Unavailable => Error::Connection(error.to_string()),
        _ => Error::internal(error),
    }
}

fn answer((sender, outcome): (oneshot::Sender<Result<Written>>, Result<Written>)) {
    // Whoever asked may have gone away; what was written stays.
    drop(sender.send(outcome));
}

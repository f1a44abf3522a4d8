//! One log, whosever it is, with a transaction open on it.

use crate::kernel::authz;
use crate::kernel::ctx::Ctx;
use crate::kernel::error::Result;
use crate::kernel::log::Log;
use crate::kernel::tx::{PlatformTx, TenantTx};
use diesel_async::AsyncPgConnection;
use weighhouse_types::permission::{Action, AgencyAction};

/// Whose log, by slug.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum LogName {
    Tenant(String),
    Agency(String),
}

/// A log that the caller may read.
pub(super) struct LogTx<'c> {
    tx: Tx<'c>,
    log: Log,
}

enum Tx<'c> {
    Tenant(TenantTx<'c>),
    Platform(PlatformTx<'c>),
}

impl<'c> LogTx<'c> {
    /// Begins, if the caller may read the log.
    pub(super) async fn begin(ctx: &'c Ctx, name: &LogName) -> Result<Self> {
        match name {
            LogName::Tenant(slug) => {
                let tenant = authz::tenant(ctx, slug, Action::AuditRead).await?;
                let tx = Tx::Tenant(TenantTx::begin(ctx, &tenant).await?);
                Ok(Self { tx, log: Log::Tenant(tenant.id()) })
            }
            LogName::Agency(slug) => {
                let agency = authz::agency(ctx, slug, AgencyAction::AgencyAuditRead).await?;
                let tx = Tx::Platform(PlatformTx::begin(ctx.app()).await?);
                Ok(Self { tx, log: Log::Agency(agency.id()) })
            }
        }
    }

    pub(super) fn log(&self) -> Log {
        self.log
    }

    pub(super) fn conn(&mut self) -> Result<&mut AsyncPgConnection> {
        match &mut self.tx {
            Tx::Tenant(tx) => tx.conn(),
            Tx::Platform(tx) => tx.conn(),
        }
    }

    /// Keeps tiles and checkpoint.
    pub(super) async fn commit(self) -> Result<()> {
        match self.tx {
            Tx::Tenant(tx) => tx.commit_checkpoint().await,
            Tx::Platform(tx) => tx.commit_bookkeeping().await,
        }
    }

    /// Ends without a change.
    pub(super) async fn finish(self) -> Result<()> {
        match self.tx {
            Tx::Tenant(tx) => tx.finish().await,
            Tx::Platform(tx) => tx.finish().await,
        }
    }
}

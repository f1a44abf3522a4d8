//! `weighhouse migrate`: schema.

use crate::settings::DatabaseArgs;
use anyhow::Result;
use clap::Args;
use serde_json::json;
use weighhouse_core::kernel::migrate::migrate as core_migrate;

/// Bring a database to this program's schema. The URL is that of an owner,
/// who may make roles; `serve` and `work` use the login weighhouse_app.
#[derive(Args)]
pub(crate) struct MigrateArgs {
    #[command(flatten)]
    database: DatabaseArgs,
}

pub(crate) fn migrate(args: &MigrateArgs) -> Result<()> {
    let url = args.database.required()?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let migrated = runtime.block_on(core_migrate(&url))?;
    println!("{}", json!({"applied": migrated.applied}));
    Ok(())
}

//! SQL of the metric points as they are packed.

use crate::kernel::error::Result;
use crate::kernel::sql::sql_query;
use crate::kernel::tx::TenantTx;
use diesel::prelude::*;
use diesel::sql_types::{Binary, Integer, Uuid as SqlUuid};
use diesel_async::RunQueryDsl;
use weighhouse_types::ids::RunId;

#[derive(QueryableByName)]
struct Pack {
    #[diesel(sql_type = Binary)]
    points: Vec<u8>,
}

/// The packs that hold points of a run's metric: its own chunks, then what
/// was not merged yet, which holds other metrics as well.
pub(in crate::runs) async fn packs(tx: &mut TenantTx<'_>, run: RunId, key: i32) -> Result<Vec<Vec<u8>>> {
    let packs: Vec<Pack> = sql_query(
        "(SELECT points FROM metric_chunks WHERE tenant_id = $1 AND run_id = $2 AND key_id = $3 ORDER BY number)
         UNION ALL
         (SELECT points FROM metric_log WHERE tenant_id = $1 AND run_id = $2 ORDER BY id)",
    )
    .bind::<SqlUuid, _>(tx.tenant().0)
    .bind::<SqlUuid, _>(run.0)
    .bind::<Integer, _>(key)
    .load(tx.conn()?)
    .await?;
    Ok(packs.into_iter().map(|pack| pack.points).collect())
}

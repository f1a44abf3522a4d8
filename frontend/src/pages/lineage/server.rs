//! What the pages of this feature need of core.

use super::Shown;
use weighhouse_core::{Ctx, Result, lineage, tenancy};
use weighhouse_types::lineage::{InputQuery, Lineage, LineageQuery, NodeKind};
use weighhouse_types::reference::VersionRef;
use weighhouse_types::tenancy::Tenant;

pub(crate) async fn version(ctx: &Ctx, version: &VersionRef, shown: &Shown) -> Result<Lineage> {
    lineage::version_lineage(ctx, version, &LineageQuery { depth: shown.depth, limit: None }).await
}

pub(crate) async fn input(
    ctx: &Ctx,
    slug: &str,
    kind: NodeKind,
    name: &str,
    identity: Option<String>,
    shown: &Shown,
) -> Result<(Tenant, Lineage)> {
    let query = InputQuery {
        kind: Some(kind.as_str().to_owned()),
        name: name.to_owned(),
        identity,
        depth: shown.depth,
        limit: None,
    };
    let graph = lineage::input_lineage(ctx, slug, &query).await?;
    Ok((tenancy::tenant_get(ctx, slug).await?, graph))
}

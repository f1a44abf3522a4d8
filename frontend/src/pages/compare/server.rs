//! What the pages of this feature need of core.

use weighhouse_core::{Ctx, Result, compare, tenancy};
use weighhouse_types::compare::Comparison;
use weighhouse_types::tenancy::Tenant;

pub(crate) async fn tenant(ctx: &Ctx, slug: &str) -> Result<Tenant> {
    tenancy::tenant_get(ctx, slug).await
}

pub(crate) async fn comparison(ctx: &Ctx, slug: &str, versions: &[String], all: bool) -> Result<Comparison> {
    compare::version_compare(ctx, slug, versions, all).await
}

//! `wh show`.

use crate::args::{self, Reference};
use crate::{model, version};
use anyhow::Result;

/// Shows a model or a version.
pub(crate) async fn show(args: args::Show) -> Result<()> {
    match &args.reference {
        Reference::Model(reference) => model::show(reference, args.output).await,
        Reference::Version(reference) => version::show(reference, args.output).await,
    }
}

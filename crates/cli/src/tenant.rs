//! Which tenant is meant where none is named.

use crate::http::Client;
use crate::urls::Path;
use anyhow::{Context as _, Result};
use weighhouse_types::identity::WhoAmI;

/// The tenant that was named, else the one that the token is bound to.
pub(crate) async fn or_own(client: &Client, named: Option<String>) -> Result<String> {
    match named {
        Some(tenant) => Ok(tenant),
        None => {
            let who: WhoAmI = client.read(&Path::me(), &[]).await?.decode()?;
            who.tenant.context("the token does not say which tenant it is bound to: name one")
        }
    }
}

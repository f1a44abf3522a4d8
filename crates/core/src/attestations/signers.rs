//! The keys whose signatures a client trusts.

use super::queries;
use crate::kernel::authz;
use crate::kernel::ctx::Ctx;
use crate::kernel::error::{Error, Result};
use crate::kernel::tx::TenantTx;
use weighhouse_scan::signature::{Key, Trusted};
use weighhouse_types::attestations::{Signer, SignerAdd};
use weighhouse_types::audit::Event;
use weighhouse_types::ids::SignerId;
use weighhouse_types::page::Page;
use weighhouse_types::permission::Action;

/// The signers that a tenant trusts, by name.
///
/// # Errors
/// When the tenant is not visible.
pub async fn signer_list(ctx: &Ctx, tenant: &str) -> Result<Page<Signer>> {
    let tenant = authz::tenant(ctx, tenant, Action::TenantRead).await?;
    let mut tx = TenantTx::begin(ctx, &tenant).await?;
    let items = queries::signers(&mut tx).await?;
    tx.finish().await?;
    Ok(Page { items, next: None })
}

/// Trusts a key. Signatures that were checked before stay as they were found.
///
/// # Errors
/// When it is no key that can be verified with, or is trusted already.
pub async fn signer_add(ctx: &Ctx, tenant: &str, new: SignerAdd) -> Result<Signer> {
    let tenant = authz::tenant(ctx, tenant, Action::SignerManage).await?;
    let name = new.name.trim().to_owned();
    if name.is_empty() || name.chars().count() > 100 {
        return Err(Error::invalid("name", "A signer's name has 1 to 100 characters."));
    }
    let key = Key::from_pem(&new.pem).map_err(|e| Error::invalid("pem", e))?;
    let new = SignerAdd { name, pem: new.pem.trim().to_owned() };
    let mut tx = TenantTx::begin(ctx, &tenant).await?;
    if i64::try_from(queries::signers(&mut tx).await?.len()).map_err(Error::internal)? >= queries::SIGNERS_MAX
    {
        return Err(Error::conflict("A client trusts at most 100 signers. Remove one that is not needed."));
    }
    let taken = |e: Error| {
        let e = e.or_conflict("signers_key", || "This key is trusted already.".into());
        e.or_conflict("signers_name", || {
            format!("There is a signer ‘{}’ already. Take another name.", new.name)
        })
    };
    let id = queries::signer_insert(&mut tx, &new, &key).await.map_err(taken)?;
    let signer = queries::signer(&mut tx, id).await?.ok_or_else(|| Error::internal("no signer"))?;
    let event = Event::SignerAdded {
        signer: id.to_string(),
        name: signer.name.clone(),
        fingerprint: signer.fingerprint.clone(),
    };
    tx.commit(&event).await?;
    Ok(signer)
}

/// No longer trusts a key. What it signed before stays as it was found.
///
/// # Errors
/// When there is none of this id.
pub async fn signer_remove(ctx: &Ctx, tenant: &str, id: SignerId) -> Result<()> {
    let tenant = authz::tenant(ctx, tenant, Action::SignerManage).await?;
    let mut tx = TenantTx::begin(ctx, &tenant).await?;
    let signer = queries::signer(&mut tx, id).await?.ok_or_else(|| Error::not_found("signer"))?;
    queries::signer_remove(&mut tx, id).await?;
    let event =
        Event::SignerRemoved { signer: id.to_string(), name: signer.name, fingerprint: signer.fingerprint };
    tx.commit(&event).await
}

/// The tenant's keys, to verify with.
pub(super) async fn trusted_in_tx(tx: &mut TenantTx<'_>) -> Result<Vec<Trusted>> {
    queries::trusted(tx).await
}

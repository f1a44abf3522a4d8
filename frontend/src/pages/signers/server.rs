//! What the page of trusted signers needs of core.

use crate::forms::{Done, Form, Posted, id, post};
use crate::links;
use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use weighhouse_core::{Ctx, Result, attestations, tenancy};
use weighhouse_types::attestations::{self as types, Signer};
use weighhouse_types::tenancy::Tenant;

pub(crate) async fn signers(ctx: &Ctx, slug: &str) -> Result<(Tenant, Vec<Signer>)> {
    let signers = attestations::signer_list(ctx, slug).await?.items;
    Ok((tenancy::tenant_get(ctx, slug).await?, signers))
}

fn form_of(tenant: &str, name: &'static str, kept: Vec<(&'static str, String)>) -> Form {
    Form { back: links::tenant_page(&links::encode(tenant), "signers"), name, kept }
}

#[server(prefix = "/do", endpoint = "signer-add")]
pub(crate) async fn signer_add(
    #[server(default)] csrf: String,
    #[server(default)] tenant: String,
    #[server(default)] name: String,
    #[server(default)] pem: String,
) -> Posted {
    // The key is not kept for the form: somebody may have given the private one.
    let form = form_of(&tenant, SignerAdd::PATH, vec![("name", name.clone())]);
    let back = form.back.clone();
    post(form, &csrf, async move |ctx| {
        let signer = attestations::signer_add(&ctx, &tenant, types::SignerAdd { name, pem }).await?;
        Ok(Done::to(back).saying(format!("Signatures of {} are trusted from now on.", signer.name)))
    })
    .await
}

#[server(prefix = "/do", endpoint = "signer-remove")]
pub(crate) async fn signer_remove(
    #[server(default)] csrf: String,
    #[server(default)] tenant: String,
    #[server(default)] signer: String,
) -> Posted {
    let form = form_of(&tenant, SignerRemove::PATH, Vec::new());
    let back = form.back.clone();
    post(form, &csrf, async move |ctx| {
        attestations::signer_remove(&ctx, &tenant, id(&signer, "signer")?).await?;
        Ok(Done::to(back)
            .saying("The key is no longer trusted. What it signed before stays as it was found."))
    })
    .await
}

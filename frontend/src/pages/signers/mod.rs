//! The keys whose signatures a client trusts.

pub(crate) mod server;

use crate::components::command::Digest;
use crate::components::field::{Hidden, PostForm, TextArea, TextField};
use crate::components::frame::{Page, Tab};
use crate::components::note::Empty;
use crate::components::table::{Heads, TakeAway};
use crate::components::time::When;
use crate::session;
use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use server::{SignerAdd, SignerRemove};
use weighhouse_types::attestations::Signer;
use weighhouse_types::permission::{Action, allows};

#[component]
pub(crate) fn SignersPage() -> impl IntoView {
    let slug = session::param("tenant");
    session::page(async move |ctx| {
        let (tenant, signers) = server::signers(&ctx, &slug).await?;
        let manages = allows(tenant.role, Action::SignerManage);
        let body = view! {
            <div class="head">
                <h1>"Trusted signers"</h1>
                <p class="head-sub">
                    "A signature over a version’s files counts as verified when one of these keys made it."
                </p>
            </div>
            <section class="card" aria-label="Signers">
                <Signers signers=signers tenant=slug.clone() manages=manages />
            </section>
            {manages.then(|| view! { <TrustForm tenant=slug /> })}
        };
        Ok(Page::of(tenant, Tab::Members, "Trusted signers", body))
    })
}

#[component]
fn Signers(signers: Vec<Signer>, tenant: String, manages: bool) -> impl IntoView {
    if signers.is_empty() {
        return view! {
            <Empty title="No key is trusted yet">
                <p>"An admin adds the public key of whoever signs models, such as the agency’s release pipeline."</p>
            </Empty>
        }
        .into_any();
    }
    let row = |signer: Signer| {
        let remove = manages.then(|| {
            view! {
                <TakeAway
                    action=SignerRemove::PATH
                    tenant=tenant.clone()
                    field=("signer", signer.id.to_string())
                    word="Remove"
                    label=format!("No longer trust {}", signer.name)
                />
            }
        });
        view! {
            <tr>
                <th scope="row">{signer.name.clone()}</th>
                <td data-label="Key">
                    {signer.algorithm.clone()} " " <Digest digest=signer.fingerprint of="the key" short=true />
                </td>
                <td data-label="Added">
                    {signer.added_by.unwrap_or_else(|| "the operator".into())} ", " <When at=signer.added_at />
                </td>
                <td>{remove}</td>
            </tr>
        }
    };
    let rows = signers.into_iter().map(row).collect_view();
    view! {
        <table class="table cards">
            <Heads columns=&[("Signer", ""), ("Key", ""), ("Added", ""), ("", "")] />
            <tbody>{rows}</tbody>
        </table>
    }
    .into_any()
}

#[component]
fn TrustForm(tenant: String) -> impl IntoView {
    view! {
        <section class="card card-body" aria-labelledby="trust">
            <h2 id="trust">"Trust a key"</h2>
            <PostForm action=SignerAdd::PATH class="form">
                <Hidden name="tenant" value=tenant />
                <TextField name="name" label="Whose it is" placeholder="Acme release pipeline" required=true max=100 />
                <TextArea
                    name="pem"
                    label="Public key or certificate"
                    hint="PEM: ECDSA on P-256 or P-384, or Ed25519. Never the private key."
                    placeholder="-----BEGIN PUBLIC KEY-----"
                    required=true
                    max=20_000
                />
                <button type="submit" class="btn btn-primary">
                    "Trust this key"
                </button>
            </PostForm>
        </section>
    }
}

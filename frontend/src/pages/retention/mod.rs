//! How long a client's records are kept, what goes next, and what went.

pub(crate) mod history;
mod holds;
mod policy;
mod preview;
pub(crate) mod server;

use crate::components::frame::{Page, Tab};
use crate::{links, session};
use history::Sweeps;
use holds::{Holds, PlaceHoldForm};
use leptos::prelude::*;
use policy::{PolicyCard, PolicyForm};
use preview::Preview;
use server::RetentionShown;
use weighhouse_types::permission::{Action, allows};

#[component]
pub(crate) fn RetentionPage() -> impl IntoView {
    let slug = session::param("tenant");
    let cursor = session::query("cursor");
    let template = session::query("template");
    session::page(async move |ctx| {
        let shown = server::retention(&ctx, &slug, cursor).await?;
        let RetentionShown { tenant, retention, preview, holds, sweeps } = shown;
        let address = links::tenant_page(&slug, "retention");
        let manages = allows(tenant.role, Action::RetentionManage);
        let lifts = allows(tenant.role, Action::HoldManage);
        let policy = if manages {
            view! { <PolicyForm retention=retention tenant=slug.clone() template=template /> }.into_any()
        } else {
            view! { <PolicyCard retention=retention /> }.into_any()
        };
        let body = view! {
            <div class="head">
                <h1>"Retention"</h1>
                <p class="head-sub">
                    {format!("How long records of {} are kept. ", tenant.name)}
                    "What is in production, what a rollback would restore, and what a legal hold covers is never removed."
                </p>
            </div>
            <div class="cols">
                <div class="stack">
                    <Preview preview=preview />
                    <Holds holds=holds tenant=slug.clone() lifts=lifts />
                    <Sweeps sweeps=sweeps tenant=slug.clone() address=address />
                </div>
                <aside class="rail">
                    {policy} {lifts.then(|| view! { <PlaceHoldForm tenant=slug /> })}
                </aside>
            </div>
        };
        Ok(Page::of(tenant, Tab::Retention, "Retention", body))
    })
}

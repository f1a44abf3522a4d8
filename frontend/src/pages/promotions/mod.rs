//! Promotion requests: the list, and each with its evidence and decisions.

mod changes;
mod decision;
pub(crate) mod request;
pub(crate) mod server;

use crate::components::chip::StateChip;
use crate::components::frame::{Page, Tab};
use crate::components::note::Empty;
use crate::components::table::{Heads, NextPage};
use crate::components::time::When;
use crate::pages::systems::{self, SystemPolicyCard};
use crate::{links, session};
use leptos::prelude::*;
use weighhouse_types::permission::{Action, allows};
use weighhouse_types::promotions::PromotionSummary;

#[component]
pub(crate) fn PromotionsPage() -> impl IntoView {
    let slug = session::param("tenant");
    let cursor = session::query("cursor");
    session::page(async move |ctx| {
        let (tenant, page) = server::requests(&ctx, &slug, cursor).await?;
        let policy = systems::server::policy(&ctx, &slug).await?;
        let manages = allows(tenant.role, Action::SystemPolicyManage);
        let address = links::tenant_page(&slug, "promotions");
        let content = if page.items.is_empty() {
            view! {
                <Empty icon="git-pull-request-arrow" title="No request yet">
                    <p>
                        "An engineer asks for production on the page of a version in staging, or with "
                        <code>"wh promote"</code> ". The approvers get an e-mail."
                    </p>
                </Empty>
            }
            .into_any()
        } else {
            view! {
                <Requests requests=page.items />
                <NextPage path=address next=page.next words="Older requests" />
            }
            .into_any()
        };
        let body = view! {
            <div class="head">
                <h1>"Promotions"</h1>
                <p class="head-sub">"Requests to move a version to a stage, newest first."</p>
            </div>
            <div class="cols">
                <div class="stack">
                    <section class="card" aria-label="Requests">
                        {content}
                    </section>
                </div>
                <aside class="rail">
                    <SystemPolicyCard policy=policy tenant=slug manages=manages />
                </aside>
            </div>
        };
        Ok(Page::of(tenant, Tab::Promotions, "Promotions", body))
    })
}

#[component]
fn Requests(requests: Vec<PromotionSummary>) -> impl IntoView {
    let rows = requests.into_iter().map(|request| view! { <RequestRow request=request /> }).collect_view();
    view! {
        <table class="table cards">
            <Heads columns=&[("Request", ""), ("State", ""), ("Asked by", ""), ("Asked", ""), ("Closed", "")] />
            <tbody>{rows}</tbody>
        </table>
    }
}

#[component]
fn RequestRow(request: PromotionSummary) -> impl IntoView {
    let model = &request.version.model;
    let href = links::promotion(&model.tenant, request.id);
    view! {
        <tr>
            <th scope="row">
                <a href=href>
                    {format!("{}/{}@{} to {}", model.project, model.model, request.version.number, request.target)}
                </a>
                {(!request.reason.is_empty())
                    .then(|| view! { <span class="sub clip">{request.reason}</span> })}
            </th>
            <td data-label="State">
                <StateChip state=request.state />
            </td>
            <td data-label="Asked by">{request.requester}</td>
            <td data-label="Asked" class="nowrap">
                <When at=request.created_at />
            </td>
            <td data-label="Closed" class="nowrap">
                {match request.closed_at {
                    Some(at) => view! { <When at=at /> }.into_any(),
                    None => "–".into_any(),
                }}
            </td>
        </tr>
    }
}

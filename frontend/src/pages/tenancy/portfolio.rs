//! The portfolio: what is approved for production at each client, and what
//! waits for somebody.

use super::guide::FirstSteps;
use super::server::{self, NewTenant};
use crate::components::chip::{Chip, StateChip, SyntheticChip};
use crate::components::confirm::{Confirm, ConfirmButton};
use crate::components::field::{Hidden, NameFields, PostForm, SelectField};
use crate::components::format::plural;
use crate::components::frame::Page;
use crate::components::icon::Icon;
use crate::components::models::{ModelLine, ModelTable};
use crate::components::note::Empty;
use crate::components::table::NextPage;
use crate::components::time::When;
use crate::{links, session};
use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use weighhouse_types::permission::{AgencyAction, agency_allows};
use weighhouse_types::reference::ModelRef;
use weighhouse_types::tenancy::{Agency, InboxItem, Portfolio, PortfolioModel, PortfolioTenant};

/// Requests of the inbox that stand open; the others fold.
const INBOX_FIRST: usize = 10;

#[component]
pub(crate) fn PortfolioPage() -> impl IntoView {
    let cursor = session::query("cursor");
    session::page(async move |ctx| {
        let Portfolio { agencies, tenants, next, inbox } = server::portfolio(&ctx, cursor).await?;
        let may_create: Vec<Agency> = agencies
            .into_iter()
            .filter(|membership| agency_allows(membership.role, AgencyAction::TenantCreate))
            .map(|membership| membership.agency)
            .collect();
        let body = if tenants.is_empty() {
            view! { <FirstSteps agencies=may_create url=server::url(&ctx) /> }.into_any()
        } else {
            view! { <Clients tenants=tenants next=next inbox=inbox may_create=may_create /> }.into_any()
        };
        Ok(Page::new("Portfolio", body))
    })
}

#[component]
fn Clients(
    tenants: Vec<PortfolioTenant>,
    next: Option<String>,
    inbox: Vec<InboxItem>,
    may_create: Vec<Agency>,
) -> impl IntoView {
    let new = (!may_create.is_empty()).then(|| {
        view! {
            <div class="actions">
                <ConfirmButton id="new-client" icon="plus">
                    "New client"
                </ConfirmButton>
            </div>
            <Confirm id="new-client" title="New client">
                <NewClientForm agencies=may_create />
            </Confirm>
        }
    });
    let cards = tenants.into_iter().map(|client| view! { <ClientCard client=client /> }).collect_view();
    view! {
        <div class="head">
            <h1>"Portfolio"</h1>
            {new}
            <p class="head-sub">
                "What is approved for production at each client, and what waits for somebody."
            </p>
        </div>
        <div class="stack">
            <Inbox inbox=inbox />
            {cards}
            <NextPage path="/" next=next words="More clients" />
        </div>
    }
}

/// Makes a client of one of the agencies.
#[component]
pub(crate) fn NewClientForm(agencies: Vec<Agency>) -> impl IntoView {
    let agency = match agencies.as_slice() {
        [only] => view! { <Hidden name="agency" value=only.slug.clone() /> }.into_any(),
        _ => {
            let options = agencies.into_iter().map(|agency| (agency.slug, agency.name)).collect();
            view! { <SelectField name="agency" label="Agency" options=options /> }.into_any()
        }
    };
    view! {
        <PostForm action=NewTenant::PATH class="form">
            {agency}
            <NameFields name="Nordhaven Insurance" slug="nordhaven" />
            <div class="row">
                <button type="submit" class="btn btn-primary">
                    "Make the client"
                </button>
            </div>
        </PostForm>
    }
}

#[component]
fn Inbox(inbox: Vec<InboxItem>) -> impl IntoView {
    (!inbox.is_empty()).then(|| {
        let mine = inbox.iter().filter(|item| item.needs_me).count();
        let title = if mine > 0 { "Waiting for you" } else { "Waiting for a decision" };
        let count = if mine > 0 { mine } else { inbox.len() };
        let hot = if mine > 0 { "count count-hot" } else { "count" };
        let mut first = inbox;
        let rest = first.split_off(first.len().min(INBOX_FIRST));
        let rest = (!rest.is_empty()).then(|| {
            view! {
                <details class="fold">
                    <summary>
                        <Icon name="chevron-right" />
                        {plural(u32::try_from(rest.len()).unwrap_or(u32::MAX), "more request")}
                    </summary>
                    <InboxLines items=rest />
                </details>
            }
        });
        view! {
            <section class="card" aria-labelledby="inbox">
                <div class="card-head">
                    <Icon name="inbox" />
                    <h2 id="inbox">{title}</h2>
                    <span class=hot>{count}</span>
                </div>
                <InboxLines items=first />
                {rest}
            </section>
        }
    })
}

#[component]
fn InboxLines(items: Vec<InboxItem>) -> impl IntoView {
    let lines = items.into_iter().map(|item| view! { <InboxLine item=item /> }).collect_view();
    view! { <ul class="list">{lines}</ul> }
}

#[component]
fn InboxLine(item: InboxItem) -> impl IntoView {
    let InboxItem { promotion, needs_me } = item;
    let reference = &promotion.version.model;
    let chip = if needs_me {
        view! { <Chip kind="needs" icon="user-check" word="Needs you" /> }.into_any()
    } else {
        view! { <StateChip state=promotion.state /> }.into_any()
    };
    view! {
        <li>
            <a class="row-link" href=links::promotion(&reference.tenant, promotion.id)>
                {chip}
                <strong>
                    {format!("{}@{} to {}", reference.model, promotion.version.number, promotion.target)}
                </strong>
                <span class="dim">{format!("{}/{}", reference.tenant, reference.project)}</span>
                <span class="push small faint">
                    {format!("asked by {}, ", promotion.requester)} <When at=promotion.created_at />
                </span>
            </a>
        </li>
    }
}

#[component]
fn ClientCard(client: PortfolioTenant) -> impl IntoView {
    let PortfolioTenant { tenant, models, more_models, open_promotions } = client;
    let address = links::tenant(&tenant.slug);
    let open = (open_promotions > 0).then(|| {
        let href = links::tenant_page(&tenant.slug, "promotions");
        view! {
            " · "
            <a href=href>{plural(open_promotions, "open request")}</a>
        }
    });
    let (name, open_it) = (tenant.name.clone(), address.clone());
    let label = name.clone();
    let content = if models.is_empty() {
        view! {
            <Empty title="No model yet">
                <p>"A model appears here with its first version."</p>
                <a class="btn" href=open_it>
                    {format!("Open {name}")}
                </a>
            </Empty>
        }
        .into_any()
    } else {
        let line = |model: PortfolioModel| {
            let PortfolioModel { project, model, production, latest } = model;
            let reference = ModelRef { tenant: tenant.slug.clone(), project: project.clone(), model };
            ModelLine { reference, sub: project, production, latest }
        };
        let lines = models.into_iter().map(line).collect();
        let more = more_models.then(|| {
            view! {
                <div class="card-foot row">
                    <a class="btn btn-small push" href=links::tenant_page(&tenant.slug, "models")>
                        "All models"
                    </a>
                </div>
            }
        });
        view! {
            <ModelTable lines=lines />
            {more}
        }
        .into_any()
    };
    view! {
        <section class="card" aria-label=label>
            <div class="card-head">
                <Icon name="building-2" />
                <h2>
                    <a href=address>{tenant.name}</a>
                </h2>
                <SyntheticChip synthetic=tenant.synthetic />
                <span class="push">{tenant.role.as_str()} {open}</span>
            </div>
            {content}
        </section>
    }
}

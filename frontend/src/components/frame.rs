//! The frame of every page: bar, tabs, content, foot.

use super::icon::Icon;
use super::islands::palette::Palette;
use super::islands::theme::ThemeSwitch;
use super::islands::times::LiveTimes;
use super::mark::Mark;
use super::note::{FlashNote, Note, Tone};
use crate::components::field::PostForm;
use crate::links;
use crate::pages::identity::server::SignOut;
use crate::session;
use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use leptos_meta::Title;
use weighhouse_types::identity::User;
use weighhouse_types::permission::{Action, AgencyAction, agency_allows, allows};
use weighhouse_types::tenancy::{AgencyMembership, Tenant};

/// A page, ready to be put into the frame.
pub(crate) struct Page {
    pub(crate) title: String,
    /// The client it belongs to, and which of its tabs.
    pub(crate) place: Option<(Tenant, Tab)>,
    /// The way to it: names and addresses, itself left out.
    pub(crate) crumbs: Vec<(String, String)>,
    pub(crate) body: AnyView,
}

impl Page {
    /// A page outside of any client.
    pub(crate) fn new(title: impl Into<String>, body: impl IntoView + 'static) -> Self {
        Self { title: title.into(), place: None, crumbs: Vec::new(), body: body.into_any() }
    }

    /// A page of a client.
    pub(crate) fn of(
        tenant: Tenant,
        tab: Tab,
        title: impl Into<String>,
        body: impl IntoView + 'static,
    ) -> Self {
        let crumbs = vec![
            ("Portfolio".to_owned(), "/".to_owned()),
            (tenant.name.clone(), links::tenant(&tenant.slug)),
        ];
        Self { place: Some((tenant, tab)), crumbs, ..Self::new(title, body) }
    }

    /// With one more step on the way to it.
    pub(crate) fn under(mut self, name: impl Into<String>, address: impl Into<String>) -> Self {
        self.crumbs.push((name.into(), address.into()));
        self
    }

    /// A client's home: the client itself is no step on the way.
    pub(crate) fn home(mut self) -> Self {
        self.crumbs.truncate(1);
        self
    }
}

/// The tabs of a client.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tab {
    Models,
    Data,
    Promotions,
    Members,
    Tokens,
    Audit,
    Retention,
    Jobs,
}

impl Tab {
    const ALL: [Self; 8] = [
        Self::Models,
        Self::Data,
        Self::Promotions,
        Self::Members,
        Self::Tokens,
        Self::Audit,
        Self::Retention,
        Self::Jobs,
    ];

    const fn name(self) -> &'static str {
        match self {
            Self::Models => "Models",
            Self::Data => "Data",
            Self::Promotions => "Promotions",
            Self::Members => "Members",
            Self::Tokens => "Tokens",
            Self::Audit => "Audit log",
            Self::Retention => "Retention",
            Self::Jobs => "Jobs",
        }
    }

    const fn icon(self) -> &'static str {
        match self {
            Self::Models => "box",
            Self::Data => "database",
            Self::Promotions => "git-pull-request-arrow",
            Self::Members => "users",
            Self::Tokens => "key-round",
            Self::Audit => "scroll-text",
            Self::Retention => "history",
            Self::Jobs => "rotate-cw",
        }
    }

    fn address(self, tenant: &str) -> String {
        match self {
            Self::Models => links::tenant(tenant),
            Self::Data => links::tenant_page(tenant, "datasets"),
            Self::Promotions => links::tenant_page(tenant, "promotions"),
            Self::Members => links::tenant_page(tenant, "members"),
            Self::Tokens => links::tenant_page(tenant, "tokens"),
            Self::Audit => links::tenant_page(tenant, "audit"),
            Self::Retention => links::tenant_page(tenant, "retention"),
            Self::Jobs => links::tenant_page(tenant, "jobs"),
        }
    }

    /// What a role must be allowed for the tab to be of any use.
    const fn needs(self) -> Action {
        match self {
            Self::Models | Self::Data | Self::Promotions => Action::TenantRead,
            Self::Members => Action::MemberRead,
            Self::Tokens => Action::TokenManageOwn,
            Self::Audit => Action::AuditRead,
            Self::Retention => Action::RetentionRead,
            Self::Jobs => Action::JobRead,
        }
    }
}

/// Who looks at the page.
#[derive(Clone)]
pub(crate) struct Visitor {
    pub(crate) user: User,
    /// Where they work.
    pub(crate) agencies: Vec<AgencyMembership>,
}

/// The whole page.
#[component]
pub(crate) fn Frame(visitor: Option<Visitor>, page: Page) -> impl IntoView {
    let Page { title, place, crumbs, body } = page;
    let synthetic = place.as_ref().is_some_and(|(tenant, _)| tenant.synthetic);
    view! {
        <Title text=format!("{title} · Weighhouse") />
        <a class="skip" href="#main">
            "Skip to content"
        </a>
        <Bar visitor=visitor />
        {place.map(|(tenant, tab)| view! { <Tabs tenant=tenant current=tab /> })}
        <main id="main" tabindex="-1">
            <div class="wrap">
                <FlashNote />
                {synthetic
                    .then(|| {
                        view! {
                            <div class="flash">
                                <Note tone=Tone::Warn>
                                    "Everything of this client is " <strong>"synthetic"</strong>
                                    ": made up for the demonstration."
                                </Note>
                            </div>
                        }
                    })}
                <Crumbs crumbs=crumbs title=title />
                {body}
            </div>
        </main>
        <Foot />
    }
}

#[component]
fn Bar(visitor: Option<Visitor>) -> impl IntoView {
    let theme = session::request().ok().and_then(|request| session::cookie(&request, "wh_theme"));
    let keep = if visitor.is_none() { "keep" } else { "" };
    let palette = visitor.is_some().then(|| view! { <Palette /> });
    view! {
        <header class="top">
            <div class="wrap">
                <a class="brand" href="/">
                    <Mark />
                    <span class=keep>"Weighhouse"</span>
                </a>
                <div class="top-tools">
                    {palette} <ThemeSwitch theme=theme.unwrap_or_default() />
                    {visitor.map(|visitor| view! { <Menu visitor=visitor /> })}
                </div>
            </div>
        </header>
    }
}

#[component]
fn Menu(visitor: Visitor) -> impl IntoView {
    let Visitor { user, agencies } = visitor;
    let agencies = agencies
        .into_iter()
        .map(|AgencyMembership { agency, role }| {
            let log = agency_allows(role, AgencyAction::AgencyAuditRead).then(|| {
                view! {
                    <a href=format!("/agencies/{}/audit", agency.slug)>
                        <Icon name="scroll-text" />
                        {format!("Audit log of {}", agency.name)}
                    </a>
                }
            });
            view! {
                <a href=links::staff(&agency.slug)>
                    <Icon name="users" />
                    {format!("Staff of {}", agency.name)}
                </a>
                {log}
            }
        })
        .collect_view();
    let mail = user.operator.then(|| {
        view! {
            <a href="/operator/jobs">
                <Icon name="rotate-cw" />
                "Jobs of the installation"
            </a>
            <a href="/operator/mail">
                <Icon name="mail" />
                "Mail of the installation"
            </a>
        }
    });
    view! {
        <details class="menu">
            <summary class="tool">
                <Icon name="user-round" />
                <span class="who">{user.name.clone()}</span>
            </summary>
            <div class="menu-body">
                <p>
                    <strong>{user.name}</strong>
                    <br />
                    <span class="faint small">{user.email}</span>
                </p>
                <a href="/account">
                    <Icon name="user-round" />
                    "Your account"
                </a>
                {agencies}
                {mail}
                <PostForm action=SignOut::PATH>
                    <button type="submit">
                        <Icon name="log-out" />
                        "Sign out"
                    </button>
                </PostForm>
            </div>
        </details>
    }
}

#[component]
fn Tabs(tenant: Tenant, current: Tab) -> impl IntoView {
    let tabs = Tab::ALL
        .into_iter()
        .filter(|tab| allows(tenant.role, tab.needs()))
        .map(|tab| {
            let here = (tab == current).then_some("page");
            view! {
                <li>
                    <a class="tab" href=tab.address(&tenant.slug) aria-current=here>
                        <Icon name=tab.icon() />
                        {tab.name()}
                    </a>
                </li>
            }
        })
        .collect_view();
    view! {
        <nav class="tabs" aria-label=tenant.name.clone()>
            <div class="wrap">
                <ul>{tabs}</ul>
            </div>
        </nav>
    }
}

#[component]
fn Crumbs(crumbs: Vec<(String, String)>, title: String) -> impl IntoView {
    (!crumbs.is_empty()).then(|| {
        let steps = crumbs
            .into_iter()
            .map(|(name, address)| {
                view! {
                    <li>
                        <a href=address>{name}</a>
                    </li>
                }
            })
            .collect_view();
        view! {
            <nav class="crumbs" aria-label="Breadcrumb">
                <ol>{steps} <li aria-current="page">{title}</li></ol>
            </nav>
        }
    })
}

#[component]
fn Foot() -> impl IntoView {
    view! {
        <footer class="foot">
            <div class="wrap">
                <span>"Weighhouse " {env!("CARGO_PKG_VERSION")}</span>
                <span>"Times are UTC"</span>
                <a href="/developers">"API"</a>
            </div>
            <LiveTimes />
        </footer>
    }
}

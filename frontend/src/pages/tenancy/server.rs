//! What the pages of this feature need of core.

use crate::forms::{Done, Form, Posted, post};
use crate::links;
use crate::pages::pins::server as pins;
use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use weighhouse_core::{Ctx, Error, Result, audit, memberships, models, projects, tenancy};
use weighhouse_types::audit::{AuditEntry, AuditQuery};
use weighhouse_types::memberships::Member;
use weighhouse_types::models::Model;
use weighhouse_types::page::PageQuery;
use weighhouse_types::permission::{Action, allows};
use weighhouse_types::pins::PinAlert;
use weighhouse_types::projects::Project;
use weighhouse_types::tenancy::{AgencyMembership, Portfolio, Tenant, TenantCreate};

/// How many entries of the log a client's home shows.
const RECENT: u32 = 6;
/// How many clients a page of the portfolio shows.
const CLIENTS: u32 = 20;
/// How many models of each project a client's home shows.
const OF_EACH: u32 = 20;

pub(crate) async fn portfolio(ctx: &Ctx, cursor: Option<String>) -> Result<Portfolio> {
    tenancy::portfolio(ctx, &PageQuery { cursor, limit: Some(CLIENTS) }).await
}

/// Where this installation is reached.
pub(crate) fn url(ctx: &Ctx) -> String {
    ctx.app().config.link("")
}

/// What a client's home shows.
pub(crate) struct Home {
    pub(crate) tenant: Tenant,
    /// The projects, each with the first of its models.
    pub(crate) projects: Vec<(Project, Vec<Model>)>,
    /// Empty for who may not read the log.
    pub(crate) recent: Vec<AuditEntry>,
    pub(crate) members: Vec<Member>,
    /// Whether an approver was invited who has not come yet.
    pub(crate) invited: bool,
    pub(crate) url: String,
    /// Providers that changed, of which nothing was evaluated since.
    pub(crate) alerts: Vec<PinAlert>,
}

pub(crate) async fn home(ctx: &Ctx, slug: &str) -> Result<Home> {
    let tenant = tenancy::tenant_get(ctx, slug).await?;
    let projects = projects::project_list(ctx, slug).await?;
    let models = models::model_list_first(ctx, slug, &projects, OF_EACH).await?;
    let projects = projects.into_iter().zip(models).collect();
    let recent = if allows(tenant.role, Action::AuditRead) {
        let query = AuditQuery { limit: Some(RECENT), ..AuditQuery::default() };
        audit::audit_list(ctx, slug, &query).await?.items
    } else {
        Vec::new()
    };
    let invited = allows(tenant.role, Action::MemberManage)
        && !memberships::invitation_list(ctx, slug).await?.is_empty();
    let members = memberships::member_list(ctx, slug).await?;
    let alerts = pins::open_alerts(ctx, slug).await?;
    Ok(Home { tenant, projects, recent, members, invited, url: url(ctx), alerts })
}

/// Where the caller works. Nowhere where that cannot be found: a menu must
/// not fail a page.
pub(crate) async fn agencies(ctx: &Ctx) -> Vec<AgencyMembership> {
    tenancy::agency_list(ctx).await.unwrap_or_default()
}

#[server(prefix = "/do", endpoint = "tenant-create")]
pub(crate) async fn new_tenant(
    #[server(default)] csrf: String,
    #[server(default)] agency: String,
    #[server(default)] name: String,
    #[server(default)] slug: String,
) -> Posted {
    let kept = vec![("name", name.clone()), ("slug", slug.clone()), ("agency", agency.clone())];
    let form = Form { back: "/".into(), name: NewTenant::PATH, kept };
    post(form, &csrf, async move |ctx| {
        if agency.is_empty() {
            return Err(Error::invalid("agency", "Say which agency's client it is."));
        }
        let new = TenantCreate { slug, name: Some(name).filter(|name| !name.trim().is_empty()) };
        let tenant = tenancy::tenant_create(&ctx, &agency, new).await?;
        Ok(Done::to(links::tenant(&tenant.slug)).saying(format!("The client {} is made.", tenant.name)))
    })
    .await
}

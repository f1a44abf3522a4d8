//! Agencies, their tenants, and what a person sees across them.

mod queries;

use crate::kernel::app::App;
use crate::kernel::authz;
use crate::kernel::ctx::{Actor, Ctx};
use crate::kernel::error::{Error, Result};
use crate::kernel::page;
use crate::kernel::tx::{PlatformTx, PortfolioTx};
use weighhouse_types::audit::Event;
use weighhouse_types::error::Code;
use weighhouse_types::page::PageQuery;
use weighhouse_types::permission::{Action, AgencyAction, AgencyRole, Role};
use weighhouse_types::reference::slug_check;
use weighhouse_types::tenancy::{Agency, AgencyMembership, Portfolio, PortfolioTenant, Tenant, TenantCreate};

/// Models of each client in the portfolio.
const PORTFOLIO_MODELS: usize = 20;

/// Makes an agency: the operator's command.
///
/// # Errors
/// When the slug is taken or malformed, or the caller is not the operator.
pub async fn agency_create(ctx: &Ctx, slug: &str, name: &str) -> Result<Agency> {
    if !matches!(ctx.actor, Actor::Console) {
        return Err(Error::refused(Code::Forbidden, "Only the operator makes agencies."));
    }
    let mut tx = PlatformTx::begin(ctx.app()).await?;
    let agency = agency_insert_in_tx(&mut tx, slug, name).await?;
    let event = Event::AgencyCreated { agency: agency.slug.clone(), name: agency.name.clone() };
    tx.commit(ctx, agency.id, &event).await?;
    Ok(agency)
}

pub(crate) async fn agency_insert_in_tx(tx: &mut PlatformTx<'_>, slug: &str, name: &str) -> Result<Agency> {
    slug_check(slug).map_err(|e| Error::invalid("agency_slug", e))?;
    queries::agency_insert(tx, slug, name_or_slug(Some(name), slug)).await
}

/// The agencies that the caller works at.
///
/// # Errors
/// When nobody is signed in.
pub async fn agency_list(ctx: &Ctx) -> Result<Vec<AgencyMembership>> {
    let agencies = authz::agencies(ctx, None).await?;
    let membership = |(agency, role): (authz::Agency, AgencyRole)| AgencyMembership {
        agency: agency.info().clone(),
        role,
    };
    Ok(agencies.into_iter().map(membership).collect())
}

/// An agency that the caller works at.
///
/// # Errors
/// When they do not work at one of this slug.
pub async fn agency_get(ctx: &Ctx, slug: &str) -> Result<Agency> {
    let agency = authz::agency(ctx, slug, AgencyAction::AgencyRead).await?;
    Ok(agency.info().clone())
}

/// Makes a tenant: a client engagement of an agency.
///
/// # Errors
/// When the slug is taken anywhere or malformed.
pub async fn tenant_create(ctx: &Ctx, agency: &str, new: TenantCreate) -> Result<Tenant> {
    create(ctx, agency, new, false).await
}

/// Makes a tenant in which everything is made up and labelled so.
///
/// # Errors
/// When the slug is taken anywhere or malformed.
pub async fn tenant_create_synthetic(ctx: &Ctx, agency: &str, new: TenantCreate) -> Result<Tenant> {
    create(ctx, agency, new, true).await
}

async fn create(ctx: &Ctx, agency: &str, new: TenantCreate, synthetic: bool) -> Result<Tenant> {
    let agency = authz::agency(ctx, agency, AgencyAction::TenantCreate).await?;
    slug_check(&new.slug).map_err(|e| Error::invalid("slug", e))?;
    let name = name_or_slug(new.name.as_deref(), &new.slug);
    let mut tx = PlatformTx::begin(ctx.app()).await?;
    let (id, created_at) = queries::tenant_insert(&mut tx, &agency, &new.slug, name, synthetic).await?;
    let event = Event::TenantCreated { tenant: new.slug.clone(), name: name.to_owned() };
    tx.commit(ctx, agency.id(), &event).await?;
    Ok(Tenant {
        id,
        name: name.to_owned(),
        slug: new.slug,
        agency: agency.info().slug.clone(),
        created_at,
        role: Role::Agency(AgencyRole::Owner),
        synthetic,
    })
}

/// A tenant that the caller reaches.
///
/// # Errors
/// When there is none of this slug for the caller.
pub async fn tenant_get(ctx: &Ctx, slug: &str) -> Result<Tenant> {
    let tenant = authz::tenant(ctx, slug, Action::TenantRead).await?;
    Ok(tenant.info().clone())
}

/// Every tenant that the caller reaches, by name.
///
/// # Errors
/// When nobody is signed in.
pub async fn tenant_list(ctx: &Ctx) -> Result<Vec<Tenant>> {
    Ok(authz::tenants(ctx).await?.iter().map(|tenant| tenant.info().clone()).collect())
}

/// Whether the caller still reaches a tenant, whatever they may do there.
///
/// # Errors
/// When they do not.
pub async fn tenant_reached(ctx: &Ctx, slug: &str) -> Result<()> {
    authz::tenant_reached(ctx, slug).await
}

/// Everything that the caller reaches: a page of the clients, what is approved
/// for production at each, and the requests that wait anywhere.
///
/// # Errors
/// When nobody is signed in, or the page is none.
pub async fn portfolio(ctx: &Ctx, query: &PageQuery) -> Result<Portfolio> {
    let after: Option<String> = page::after(query)?;
    let agencies = agency_list(ctx).await?;
    let tenants = authz::tenants(ctx).await?;
    let mut tx = PortfolioTx::begin(ctx, &tenants).await?;
    let inbox = crate::promotions::inbox_in_tx(&mut tx, ctx, &tenants).await?;
    tx.finish().await?;

    let begin = tenants.iter().position(|tenant| Some(tenant.slug()) == after.as_deref());
    let shown = tenants.into_iter().skip(begin.map_or(0, |last| last + 1));
    let shown = page::cut(query, shown.collect(), |tenant| tenant.slug().to_owned())?;
    let mut tx = PortfolioTx::begin(ctx, &shown.items).await?;
    let mut models = queries::portfolio_models(&mut tx, PORTFOLIO_MODELS + 1).await?;
    tx.finish().await?;
    let tenants = shown.items.into_iter().map(|tenant| {
        let mut models = models.remove(&tenant.id()).unwrap_or_default();
        let more_models = models.len() > PORTFOLIO_MODELS;
        models.truncate(PORTFOLIO_MODELS);
        let open_promotions = open_count(&inbox, tenant.slug());
        PortfolioTenant { tenant: tenant.info().clone(), models, more_models, open_promotions }
    });
    Ok(Portfolio { agencies, tenants: tenants.collect(), next: shown.next, inbox })
}

/// Some tenants' slugs, in order, from the one after `after`: for work that
/// goes over every tenant.
pub(crate) async fn slugs_after(app: &App, after: &str) -> Result<Vec<String>> {
    let mut tx = PlatformTx::begin(app).await?;
    let slugs = queries::slugs_after(&mut tx, after).await?;
    tx.finish().await?;
    Ok(slugs)
}

fn open_count(inbox: &[weighhouse_types::tenancy::InboxItem], tenant: &str) -> u32 {
    let open = inbox.iter().filter(|item| item.promotion.version.model.tenant == tenant);
    u32::try_from(open.count()).unwrap_or(u32::MAX)
}

fn name_or_slug<'a>(name: Option<&'a str>, slug: &'a str) -> &'a str {
    name.map(str::trim).filter(|name| !name.is_empty() && name.len() <= 200).unwrap_or(slug)
}

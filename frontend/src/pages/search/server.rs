//! What the pages of this feature need of core.

use crate::links;
use crate::session::ctx_of;
use actix_web::http::StatusCode;
use actix_web::http::header::CACHE_CONTROL;
use actix_web::web::{Data, Query};
use actix_web::{HttpRequest, HttpResponse};
use leptos_actix::Request;
use serde::Deserialize;
use std::collections::BTreeSet;
use weighhouse_core::{App, Ctx, Result, tenancy};
use weighhouse_types::permission::{Action, allows};
use weighhouse_types::reference::ModelRef;
use weighhouse_types::tenancy::{AgencyMembership, PortfolioTenant, Tenant};

/// More than so many places are no help.
const FOUND_MAX: usize = 20;

/// What is searched for.
#[derive(Deserialize)]
pub(crate) struct Search {
    #[serde(default)]
    q: String,
}

/// The palette's list for a search, as a fragment of HTML.
pub(crate) async fn list(request: HttpRequest, app: Data<App>, query: Query<Search>) -> HttpResponse {
    let found = match ctx_of(&app.into_inner(), Request::new(&request)).await {
        Ok(ctx) => find(&ctx, &query.q).await,
        Err(error) => Err(error),
    };
    match found {
        Ok(found) => HttpResponse::Ok()
            .content_type("text/html; charset=utf-8")
            .insert_header((CACHE_CONTROL, "private, no-store"))
            .body(super::fragment(found)),
        Err(error) => {
            let status = StatusCode::from_u16(error.code().status());
            HttpResponse::build(status.unwrap_or_default()).finish()
        }
    }
}

/// A place to go to.
pub(crate) struct Found {
    pub(crate) name: String,
    /// Where it lies, or what it is.
    pub(crate) place: String,
    pub(crate) icon: &'static str,
    pub(crate) address: String,
}

/// Every place whose name or way holds all the words, clients first.
pub(crate) async fn find(ctx: &Ctx, words: &str) -> Result<Vec<Found>> {
    let portfolio = tenancy::portfolio(ctx).await?;
    let words: Vec<String> = words.split_whitespace().map(str::to_lowercase).collect();
    let matches = |found: &Found| {
        let text = format!("{} {} {}", found.name, found.place, found.address).to_lowercase();
        words.iter().all(|word| text.contains(word.as_str()))
    };
    let home =
        Found { name: "Portfolio".into(), place: "all clients".into(), icon: "inbox", address: "/".into() };
    let (mut clients, mut rest) = (vec![home], Vec::new());
    for client in portfolio.tenants {
        let tenant = &client.tenant;
        clients.push(Found {
            name: tenant.name.clone(),
            place: "client".into(),
            icon: "building-2",
            address: links::tenant(&tenant.slug),
        });
        rest.extend(models(&client));
        rest.extend(pages(tenant));
    }
    rest.extend(portfolio.agencies.into_iter().map(|AgencyMembership { agency, .. }| Found {
        name: "Staff".into(),
        address: links::staff(&agency.slug),
        place: agency.name,
        icon: "users",
    }));
    rest.push(Found {
        name: "Your account".into(),
        place: "sessions, password, address".into(),
        icon: "user-round",
        address: "/account".into(),
    });
    Ok(clients.into_iter().chain(rest).filter(matches).take(FOUND_MAX).collect())
}

fn models(client: &PortfolioTenant) -> impl Iterator<Item = Found> {
    let tenant = client.tenant.clone();
    let projects: BTreeSet<String> = client.models.iter().map(|model| model.project.clone()).collect();
    let place = tenant.name.clone();
    let slug = tenant.slug.clone();
    let projects = projects.into_iter().map(move |project| Found {
        address: links::project(&slug, &project),
        name: project,
        place: place.clone(),
        icon: "folder",
    });
    let models = client.models.clone().into_iter().map(move |model| {
        let reference = ModelRef { tenant: tenant.slug.clone(), project: model.project, model: model.model };
        Found {
            place: format!("{}, {}", tenant.name, reference.project),
            icon: "box",
            address: links::model(&reference),
            name: reference.model,
        }
    });
    models.chain(projects)
}

fn pages(tenant: &Tenant) -> Vec<Found> {
    let all = [
        ("Promotions", "promotions", "git-pull-request-arrow", Action::TenantRead),
        ("Members", "members", "users", Action::MemberRead),
        ("API tokens", "tokens", "key-round", Action::TokenManageOwn),
        ("Audit log", "audit", "scroll-text", Action::AuditRead),
    ];
    all.into_iter()
        .filter(|(_, _, _, action)| allows(tenant.role, *action))
        .map(|(name, page, icon, _)| Found {
            name: name.into(),
            place: tenant.name.clone(),
            icon,
            address: links::tenant_page(&tenant.slug, page),
        })
        .collect()
}

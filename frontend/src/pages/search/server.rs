//! What the pages of this feature need of core.

use crate::links;
use crate::session::ctx_of;
use actix_web::http::StatusCode;
use actix_web::http::header::CACHE_CONTROL;
use actix_web::web::{Data, Query};
use actix_web::{HttpRequest, HttpResponse};
use leptos_actix::Request;
use serde::Deserialize;
use weighhouse_core::search::Words;
use weighhouse_core::{App, Ctx, Result, search, tenancy};
use weighhouse_types::permission::{Action, allows};
use weighhouse_types::reference::ModelRef;
use weighhouse_types::search::{self as search_types, FoundKind};
use weighhouse_types::tenancy::{AgencyMembership, Tenant};

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

/// Every place whose name or way holds all the words: clients first, then what
/// is theirs, then pages.
pub(crate) async fn find(ctx: &Ctx, text: &str) -> Result<Vec<Found>> {
    let portfolio = tenancy::portfolio(ctx).await?;
    let home =
        Found { name: "Portfolio".into(), place: "all clients".into(), icon: "inbox", address: "/".into() };
    let words = Words::of(text);
    let matches = |page: &Found| words.are_in(&[&page.name, &page.place, &page.address]);
    let things = search::find(&portfolio, text).into_iter().map(place);
    let pages = portfolio.tenants.iter().flat_map(|client| pages(&client.tenant));
    let staff = portfolio.agencies.iter().map(|AgencyMembership { agency, .. }| Found {
        name: "Staff".into(),
        address: links::staff(&agency.slug),
        place: agency.name.clone(),
        icon: "users",
    });
    let account = Found {
        name: "Your account".into(),
        place: "sessions, password, address".into(),
        icon: "user-round",
        address: "/account".into(),
    };
    let home = std::iter::once(home).filter(matches);
    let pages = pages.chain(staff).chain([account]).filter(matches);
    Ok(home.chain(things).chain(pages).take(search::FOUND_MAX).collect())
}

fn place(found: search_types::Found) -> Found {
    let client = found.tenant_name;
    match (found.kind, found.project, found.model) {
        (FoundKind::Model, Some(project), Some(model)) => {
            let reference = ModelRef { tenant: found.tenant, project, model };
            let place = format!("{client}, {}", reference.project);
            Found { name: found.name, place, icon: "box", address: links::model(&reference) }
        }
        (FoundKind::Project, Some(project), _) => {
            let address = links::project(&found.tenant, &project);
            Found { name: found.name, place: client, icon: "folder", address }
        }
        _ => {
            let address = links::tenant(&found.tenant);
            Found { name: found.name, place: "client".into(), icon: "building-2", address }
        }
    }
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

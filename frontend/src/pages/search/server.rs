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
use weighhouse_types::reference::{ModelRef, VersionRef};
use weighhouse_types::search::{self as search_types, FoundKind, SearchQuery};
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
    /// What it stands under in the list.
    pub(crate) group: &'static str,
    pub(crate) name: String,
    /// Where it lies, or what it is.
    pub(crate) place: String,
    pub(crate) icon: &'static str,
    pub(crate) address: String,
}

/// Pages whose name or place holds all the words: more are no help.
const PAGES_MAX: usize = 8;

/// Everything that is found, kind by kind, then pages.
pub(crate) async fn find(ctx: &Ctx, text: &str) -> Result<Vec<Found>> {
    let query = SearchQuery { q: text.chars().take(200).collect() };
    let things = search::search(ctx, &query).await?.into_iter().map(place);
    let tenants = tenancy::tenant_list(ctx).await?;
    let staff = tenancy::agency_list(ctx).await?.into_iter().map(|AgencyMembership { agency, .. }| Found {
        address: links::staff(&agency.slug),
        ..page("Staff", &agency.name, "users")
    });
    let home = Found { address: "/".into(), ..page("Portfolio", "all clients", "inbox") };
    let account = Found {
        address: "/account".into(),
        ..page("Your account", "sessions, password, address", "user-round")
    };
    let words = Words::of(text);
    let pages = std::iter::once(home).chain(tenants.iter().flat_map(pages)).chain(staff).chain([account]);
    let pages = pages.filter(|page| words.are_in(&[&page.name, &page.place, &page.address]));
    Ok(things.chain(pages.take(PAGES_MAX)).collect())
}

fn page(name: &str, place: &str, icon: &'static str) -> Found {
    Found { group: "Pages", name: name.into(), place: place.into(), icon, address: String::new() }
}

fn place(found: search_types::Found) -> Found {
    let (group, icon) = group(found.kind);
    let address = address(&found);
    let client = Some(found.tenant_name).filter(|_| found.kind != FoundKind::Client);
    let note = Some(found.note).filter(|note| !note.is_empty());
    let place: Vec<String> = [client, found.project, note].into_iter().flatten().collect();
    Found { group, name: found.name, place: place.join(", "), icon, address }
}

fn group(kind: FoundKind) -> (&'static str, &'static str) {
    match kind {
        FoundKind::Client => ("Clients", "building-2"),
        FoundKind::Model => ("Models", "box"),
        FoundKind::Project => ("Projects", "folder"),
        FoundKind::Dataset => ("Data sets", "archive"),
        FoundKind::Version => ("Versions", "circle-dot"),
        FoundKind::Promotion => ("Promotions", "git-pull-request-arrow"),
        FoundKind::Person => ("People", "user-round"),
    }
}

fn address(found: &search_types::Found) -> String {
    let tenant = &found.tenant;
    let project = found.project.clone();
    let model = project.clone().zip(found.model.clone());
    let model = model.map(|(project, model)| ModelRef { tenant: tenant.clone(), project, model });
    match (found.kind, model, project) {
        (FoundKind::Promotion, ..) => links::promotion(tenant, found.id.into()),
        (FoundKind::Person, ..) => links::tenant_page(tenant, "members"),
        (FoundKind::Version, Some(model), _) if found.number.is_some() => {
            links::version(&VersionRef { model, number: found.number.unwrap_or_default() })
        }
        (_, Some(model), _) => links::model(&model),
        (_, None, Some(project)) => links::project(tenant, &project),
        (_, None, None) => links::tenant(tenant),
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
        .map(|(name, at, icon, _)| Found {
            address: links::tenant_page(&tenant.slug, at),
            ..page(name, &tenant.name, icon)
        })
        .collect()
}

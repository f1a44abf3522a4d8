//! The document around every page, and the map from addresses to pages.

use crate::pages::{
    audit, compare, datasets, developers, identity, jobs, lineage, memberships, models, notifications,
    projects, promotions, refusal, retention, search, signers, tenancy, versions,
};
use crate::session;
use actix_web::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY};
use leptos::config::LeptosOptions;
use leptos::nonce::use_nonce;
use leptos::prelude::*;
use leptos_meta::{MetaTags, provide_meta_context};
use leptos_router::components::{Route, Router, Routes};
use leptos_router::{SsrMode, path};

/// The document. `assets` is the address that stylesheet and module are
/// served under, such as `/static/3f2a`; empty for `/pkg` itself.
pub(crate) fn shell(options: LeptosOptions, assets: &'static str) -> impl IntoView {
    provide_meta_context();
    security_headers();
    let theme = session::request()
        .ok()
        .and_then(|request| session::cookie(&request, "wh_theme"))
        .filter(|theme| matches!(theme.as_str(), "light" | "dark"));
    view! {
        <!DOCTYPE html>
        <html lang="en" data-theme=theme>
            <head>
                <meta charset="utf-8" />
                <meta name="viewport" content="width=device-width, initial-scale=1" />
                <meta name="color-scheme" content="light dark" />
                <link rel="stylesheet" href=format!("{assets}/pkg/weighhouse.css") />
                <link rel="icon" type="image/svg+xml" href="/pkg/mark.svg" />
                <HydrationScripts options=options islands=true root=assets />
                <MetaTags />
            </head>
            <body>
                <App />
            </body>
        </html>
    }
}

/// Nothing is loaded from elsewhere, nothing runs that the page did not bring.
fn security_headers() {
    let Some(nonce) = use_nonce() else { return };
    let policy = format!(
        "default-src 'none'; script-src 'self' 'nonce-{nonce}' 'wasm-unsafe-eval'; style-src 'self'; \
         img-src 'self' data:; font-src 'self'; connect-src 'self'; form-action 'self'; \
         base-uri 'none'; frame-ancestors 'none'"
    );
    session::set_header(CONTENT_SECURITY_POLICY, &policy);
    session::set_header(CACHE_CONTROL, "private, no-cache");
}

/// Every page and its address.
#[component]
pub(crate) fn App() -> impl IntoView {
    view! {
        <Router>
            <Routes fallback=refusal::nothing_here>
                <Route path=path!("/") view=tenancy::portfolio::PortfolioPage ssr=SsrMode::Async />
                <Route path=path!("/go") view=search::SearchPage ssr=SsrMode::Async />
                <Route path=path!("/sign-in") view=identity::sign_in::SignInPage ssr=SsrMode::Async />
                <Route path=path!("/forgot") view=identity::account::recovery::ForgotPage ssr=SsrMode::Async />
                <Route path=path!("/reset/:token") view=identity::account::recovery::ResetPage ssr=SsrMode::Async />
                <Route
                    path=path!("/email/confirm/:token")
                    view=identity::account::recovery::EmailConfirmPage
                    ssr=SsrMode::Async
                />
                <Route path=path!("/email/undo/:token") view=identity::account::recovery::EmailUndoPage ssr=SsrMode::Async />
                <Route path=path!("/account") view=identity::account::AccountPage ssr=SsrMode::Async />
                <Route path=path!("/setup") view=identity::setup::SetupPage ssr=SsrMode::Async />
                <Route
                    path=path!("/invitation/:token")
                    view=memberships::invitation::InvitationPage
                    ssr=SsrMode::Async
                />
                <Route path=path!("/t/:tenant") view=tenancy::home::HomePage ssr=SsrMode::Async />
                <Route
                    path=path!("/t/:tenant/members")
                    view=memberships::members::MembersPage
                    ssr=SsrMode::Async
                />
                <Route path=path!("/t/:tenant/signers") view=signers::SignersPage ssr=SsrMode::Async />
                <Route path=path!("/t/:tenant/tokens") view=identity::tokens::TokensPage ssr=SsrMode::Async />
                <Route path=path!("/t/:tenant/audit") view=audit::AuditPage ssr=SsrMode::Async />
                <Route path=path!("/t/:tenant/retention") view=retention::RetentionPage ssr=SsrMode::Async />
                <Route
                    path=path!("/t/:tenant/retention/sweeps/:sweep")
                    view=retention::history::SweepPage
                    ssr=SsrMode::Async
                />
                <Route path=path!("/t/:tenant/lineage") view=lineage::InputPage ssr=SsrMode::Async />
                <Route path=path!("/t/:tenant/datasets") view=datasets::DataPage ssr=SsrMode::Async />
                <Route path=path!("/t/:tenant/datasets/:name/v/:number") view=datasets::DatasetPage ssr=SsrMode::Async />
                <Route path=path!("/t/:tenant/datasets/:name/v/:number/drift") view=datasets::DriftPage ssr=SsrMode::Async />
                <Route path=path!("/t/:tenant/pipelines/:name/v/:number") view=datasets::PipelinePage ssr=SsrMode::Async />
                <Route path=path!("/t/:tenant/promotions") view=promotions::PromotionsPage ssr=SsrMode::Async />
                <Route
                    path=path!("/t/:tenant/promotions/:id")
                    view=promotions::request::PromotionPage
                    ssr=SsrMode::Async
                />
                <Route path=path!("/t/:tenant/compare") view=compare::ComparePage ssr=SsrMode::Async />
                <Route path=path!("/t/:tenant/models") view=models::list::ModelsPage ssr=SsrMode::Async />
                <Route path=path!("/t/:tenant/p/:project") view=projects::ProjectPage ssr=SsrMode::Async />
                <Route path=path!("/t/:tenant/p/:project/m/:model") view=models::ModelPage ssr=SsrMode::Async />
                <Route path=path!("/t/:tenant/p/:project/m/:model/v/:number") view=versions::VersionPage ssr=SsrMode::Async />
                <Route path=path!("/t/:tenant/p/:project/m/:model/v/:number/:tab") view=versions::VersionPage ssr=SsrMode::Async />
                <Route
                    path=path!("/agencies/:agency/staff")
                    view=memberships::staff::StaffPage
                    ssr=SsrMode::Async
                />
                <Route path=path!("/agencies/:agency/audit") view=audit::AgencyAuditPage ssr=SsrMode::Async />
                <Route path=path!("/t/:tenant/jobs") view=jobs::JobsPage ssr=SsrMode::Async />
                <Route path=path!("/operator/jobs") view=jobs::OperatorJobsPage ssr=SsrMode::Async />
                <Route path=path!("/developers") view=developers::DevelopersPage ssr=SsrMode::Async />
                <Route path=path!("/developers/:part") view=developers::DevelopersPartPage ssr=SsrMode::Async />
                <Route path=path!("/operator/mail") view=notifications::MailPage ssr=SsrMode::Async />
            </Routes>
        </Router>
    }
}

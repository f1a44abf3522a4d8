//! How the pages get into a server.

use crate::app::{App, shell};
use crate::pages::developers::server::Document;
use crate::pages::search;
use actix_web::web::{self, ServiceConfig};
use leptos::config::LeptosOptions;
use leptos::prelude::*;
use leptos_actix::{LeptosRoutes, generate_route_list, render_app_async_with_context};
use serde_json::Value;
use std::sync::Arc;

/// Adds every page, every form's endpoint (under `/do/`) and the palette's
/// list to an actix application. What no route takes is answered with the
/// page for what does not exist, so mount what else there is before.
///
/// The server itself serves the files of `target/site`: `/fonts/…`, `/pkg/…`,
/// and `{assets}/pkg/…`, where `assets` is a prefix that changes with their
/// content (such as `/static/3f2a`), so that they may be cached for good; an
/// empty prefix does without. It also checks `Sec-Fetch-Site` or `Origin` of
/// every unsafe request before it gets here. `document` is
/// the API's description, which the pages for developers show.
///
/// ```ignore
/// HttpServer::new(move || {
///     App::new()
///         .wrap(origin_check())
///         .configure(|cfg| weighhouse_api::mount(cfg, Arc::clone(&app)))
///         .service(site_files())
///         .configure(|cfg| weighhouse_frontend::mount(cfg, Arc::clone(&app), ASSETS, weighhouse_api::document()))
/// })
/// ```
pub fn mount(
    cfg: &mut ServiceConfig,
    app: Arc<weighhouse_core::App>,
    assets: &'static str,
    document: &'static Value,
) {
    let options = LeptosOptions::builder().output_name("weighhouse").site_pkg_dir("pkg").build();
    let page = move || shell(options.clone(), assets);
    let context = {
        let app = Arc::clone(&app);
        move || {
            provide_context(Arc::clone(&app));
            provide_context(Document(document));
        }
    };
    cfg.app_data(web::Data::from(app))
        .route("/go/list", web::get().to(search::server::list))
        .leptos_routes_with_context(generate_route_list(App), context.clone(), page.clone())
        .default_service(render_app_async_with_context(context, page, leptos_router::Method::Get));
}

//! The web UI: pages rendered on the server, and islands woken in the browser.
//!
//! With the feature `ssr` the crate gives [`mount()`], which puts every page and
//! form into an actix application. With `hydrate` it gives the islands and
//! nothing else, and is built for WebAssembly by `cargo xtask islands`.

#![cfg_attr(
    feature = "ssr",
    expect(
        unreachable_pub,
        reason = "leptos' component macro writes `pub` whatever the function's own visibility"
    )
)]

pub mod components;

#[cfg(feature = "ssr")]
mod app;
#[cfg(feature = "ssr")]
mod forms;
#[cfg(feature = "ssr")]
mod links;
#[cfg(feature = "ssr")]
mod mount;
#[cfg(feature = "ssr")]
mod pages;
#[cfg(feature = "ssr")]
mod session;

#[cfg(feature = "ssr")]
pub use mount::mount;

/// Wakes the islands of the page. Called once the WebAssembly module is loaded.
#[cfg(feature = "hydrate")]
pub fn hydrate() {
    leptos::mount::hydrate_islands();
}

use crate::components::icon::Icon;
use leptos::prelude::*;
use wasm_bindgen::JsCast;

/// Switches between the system's colour scheme, light and dark. The choice is
/// kept in a cookie, so that the server writes it into the page: no flash.
#[island]
pub fn ThemeSwitch(
    /// `light`, `dark`, or anything else for the system's.
    theme: String,
) -> impl IntoView {
    let theme = RwSignal::new(known(&theme));
    let turn = move |_| {
        let next = match theme.get() {
            "system" => "light",
            "light" => "dark",
            _ => "system",
        };
        theme.set(next);
        keep(next);
    };
    let icon = Signal::derive(move || match theme.get() {
        "light" => "sun",
        "dark" => "moon",
        _ => "monitor",
    });
    view! {
        <button
            type="button"
            class="tool needs-hand"
            aria-label=move || format!("Colour scheme: {}", theme.get())
            title=move || format!("Colour scheme: {}", theme.get())
            on:click=turn
        >
            <Icon name=icon />
        </button>
    }
}

fn known(theme: &str) -> &'static str {
    match theme {
        "light" => "light",
        "dark" => "dark",
        _ => "system",
    }
}

fn keep(theme: &str) {
    let document = document();
    if let Some(root) = document.document_element() {
        // Neither can fail: the attribute's name is valid.
        let _ = match theme {
            "system" => root.remove_attribute("data-theme"),
            theme => root.set_attribute("data-theme", theme),
        };
    }
    if let Some(document) = document.dyn_ref::<web_sys::HtmlDocument>() {
        // Where cookies are refused the choice lasts as long as the page.
        let _ = document.set_cookie(&format!("wh_theme={theme}; Path=/; Max-Age=31536000; SameSite=Lax"));
    }
}

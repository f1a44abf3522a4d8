use crate::components::icon::Icon;
use leptos::ev::{self, KeyboardEvent, MouseEvent};
use leptos::html;
use leptos::prelude::*;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{Element, HtmlElement, Response};

/// Where the list for a search comes from, as a fragment of HTML.
const LIST: &str = "/go/list?q=";

/// Goes to any client, project, model or page: Ctrl K or `/`. Without it the
/// link leads to a page that does the same.
#[island]
pub fn Palette() -> impl IntoView {
    let parts = Parts::new();
    Effect::new(move |_| {
        // It lives as long as the page.
        let _ = window_event_listener(ev::keydown, move |event| {
            if opens(&event) {
                event.prevent_default();
                parts.open();
            }
        });
    });
    view! {
        <a
            class="tool tool-search"
            href="/go"
            on:click=move |event| {
                event.prevent_default();
                parts.open();
            }
        >
            <Icon name="search" />
            <span>"Go to"</span>
            <kbd class="needs-hand">"Ctrl K"</kbd>
        </a>
        <dialog
            class="palette"
            aria-label="Go to"
            node_ref=parts.dialog
            on:click=move |event| {
                if on_backdrop(&event) {
                    parts.close();
                }
            }
        >
            <input
                class="palette-input"
                type="text"
                aria-label="Client, project, model or page"
                placeholder="Client, project, model or page"
                autocomplete="off"
                autofocus
                node_ref=parts.input
                on:input=move |_| parts.search()
                on:keydown=move |event| parts.key(&event)
            />
            <ul node_ref=parts.list></ul>
            <Keys />
        </dialog>
    }
}

/// Which keys do what.
#[component]
fn Keys() -> impl IntoView {
    view! {
        <div class="palette-foot">
            <span>
                <kbd>"↑"</kbd>
                " "
                <kbd>"↓"</kbd>
                " to move"
            </span>
            <span>
                <kbd>"Enter"</kbd>
                " to open"
            </span>
            <span>
                <kbd>"Esc"</kbd>
                " to close"
            </span>
        </div>
    }
}

/// The palette's elements, and what they do together.
#[derive(Clone, Copy)]
struct Parts {
    dialog: NodeRef<html::Dialog>,
    input: NodeRef<html::Input>,
    list: NodeRef<html::Ul>,
    /// The latest search, so that a late answer to an older one is dropped.
    latest: StoredValue<u32>,
    /// The search that the list answers.
    answered: StoredValue<u32>,
    /// The search that Enter was pressed on, perhaps before its answer came.
    entered: StoredValue<u32>,
}

impl Parts {
    fn new() -> Self {
        Self {
            dialog: NodeRef::new(),
            input: NodeRef::new(),
            list: NodeRef::new(),
            latest: StoredValue::new(0),
            answered: StoredValue::new(0),
            entered: StoredValue::new(0),
        }
    }

    fn open(self) {
        let (Some(dialog), Some(input)) = (self.dialog.get_untracked(), self.input.get_untracked()) else {
            return;
        };
        if !dialog.open() && dialog.show_modal().is_ok() {
            input.set_value("");
            self.search();
        }
    }

    fn close(self) {
        if let Some(dialog) = self.dialog.get_untracked() {
            dialog.close();
        }
    }

    fn search(self) {
        self.latest.update_value(|n| *n = n.wrapping_add(1));
        let number = self.latest.get_value();
        let words = self.input.get_untracked().map(|input| input.value()).unwrap_or_default();
        leptos::task::spawn_local(async move {
            let Ok(found) = fetch_list(&words).await else { return };
            let Some(list) = self.list.get_untracked() else { return };
            if self.latest.get_value() == number {
                list.set_inner_html(&found);
                step(&list, 0);
                self.answered.set_value(number);
                if self.entered.get_value() == number {
                    follow(&list);
                }
            }
        });
    }

    fn key(self, event: &KeyboardEvent) {
        let Some(list) = self.list.get_untracked() else { return };
        match event.key().as_str() {
            "Escape" => self.close(),
            "ArrowDown" => step(&list, 1),
            "ArrowUp" => step(&list, -1),
            "Enter" => self.enter(&list),
            _ => return,
        }
        event.prevent_default();
    }

    /// Follows the marked link; who types fast goes by the answer that is still
    /// on its way, not by the list of before.
    fn enter(self, list: &Element) {
        let latest = self.latest.get_value();
        if self.answered.get_value() == latest {
            follow(list);
        } else {
            self.entered.set_value(latest);
        }
    }
}

/// Whether a click went beside the dialog, onto what lies behind it.
fn on_backdrop(event: &MouseEvent) -> bool {
    event
        .target()
        .and_then(|target| target.dyn_into::<Element>().ok())
        .is_some_and(|element| element.tag_name() == "DIALOG")
}

/// Ctrl K anywhere, `/` where nobody is typing.
fn opens(event: &KeyboardEvent) -> bool {
    let typing = event
        .target()
        .and_then(|target| target.dyn_into::<Element>().ok())
        .is_some_and(|element| matches!(element.tag_name().as_str(), "INPUT" | "TEXTAREA" | "SELECT"));
    match event.key().as_str() {
        "k" | "K" => event.ctrl_key() || event.meta_key(),
        "/" => !typing && !event.ctrl_key() && !event.alt_key() && !event.meta_key(),
        _ => false,
    }
}

async fn fetch_list(words: &str) -> Result<String, JsValue> {
    let words = String::from(js_sys::encode_uri_component(words));
    let response = JsFuture::from(window().fetch_with_str(&format!("{LIST}{words}"))).await?;
    let response: Response = response.dyn_into()?;
    if !response.ok() {
        return Err(JsValue::from(response.status()));
    }
    let text = JsFuture::from(response.text()?).await?;
    text.as_string().ok_or(JsValue::NULL)
}

/// Moves the mark by so many links; 0 puts it on the first.
fn step(list: &Element, by: i32) {
    let Ok(links) = list.query_selector_all("a") else { return };
    let links: Vec<Element> = (0..links.length()).filter_map(|n| links.item(n)?.dyn_into().ok()).collect();
    let on = links.iter().position(|link| link.has_attribute("data-on"));
    let next = match (on, by) {
        (Some(on), 1) => (on + 1).min(links.len().saturating_sub(1)),
        (Some(on), -1) => on.saturating_sub(1),
        _ => 0,
    };
    for (n, link) in links.iter().enumerate() {
        if n == next {
            // The name is valid, so that it cannot fail.
            let _ = link.set_attribute("data-on", "");
            link.scroll_into_view_with_bool(false);
        } else {
            let _ = link.remove_attribute("data-on");
        }
    }
}

fn follow(list: &Element) {
    let on = list.query_selector("a[data-on]").ok().flatten();
    if let Some(link) = on.and_then(|link| link.dyn_into::<HtmlElement>().ok()) {
        link.click();
    }
}

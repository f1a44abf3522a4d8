use crate::components::icon::Icon;
use leptos::ev::{self, KeyboardEvent, MouseEvent};
use leptos::html;
use leptos::prelude::*;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{Element, HtmlElement, NodeList, Response};

/// Where the list for a search comes from, as a fragment of HTML.
const LIST: &str = "/go/list?q=";

/// Goes to anything that is found, and any page: Ctrl K or `/`. Without it the
/// link leads to a page that does the same. `j` and `k` walk a table's rows,
/// `?` lists the keys.
#[island]
pub fn Palette() -> impl IntoView {
    let parts = Parts::new();
    Effect::new(move |_| {
        // It lives as long as the page.
        let _ = window_event_listener(ev::keydown, move |event| {
            if parts.anywhere(&event) {
                event.prevent_default();
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
                aria-label="Name, commit, digest, data set, person, day or page"
                placeholder="Name, commit, digest, person, day …"
                autocomplete="off"
                autofocus
                node_ref=parts.input
                on:input=move |_| parts.search()
                on:keydown=move |event| parts.key(&event)
            />
            <ul node_ref=parts.list></ul>
            <Keys />
        </dialog>
        <div class="ask" popover="auto" role="dialog" aria-label="Keys" node_ref=parts.keys>
            <ul class="plain card-body">
                <li><kbd>"j"</kbd> " next row, " <kbd>"k"</kbd> " row before"</li>
                <li><kbd>"/"</kbd> " or " <kbd>"Ctrl K"</kbd> " to go to a page"</li>
                <li><kbd>"?"</kbd> " these keys"</li>
            </ul>
        </div>
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
    /// The list of keys.
    keys: NodeRef<html::Div>,
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
            keys: NodeRef::new(),
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

    /// Keys that work all over the page: Ctrl K, and others where nobody is
    /// typing. Says whether it was one.
    fn anywhere(self, event: &KeyboardEvent) -> bool {
        let held = event.ctrl_key() || event.meta_key();
        match event.key().as_str() {
            "k" | "K" if held => self.open(),
            _ if held || event.alt_key() || typing(event) => return false,
            "/" => self.open(),
            "?" => {
                // Where popovers are unknown, the key does nothing.
                let _ = self.keys.get_untracked().map(|keys| keys.toggle_popover());
            }
            "j" => walk(1),
            "k" => walk(-1),
            _ => return false,
        }
        true
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

fn typing(event: &KeyboardEvent) -> bool {
    event
        .target()
        .and_then(|target| target.dyn_into::<Element>().ok())
        .is_some_and(|element| matches!(element.tag_name().as_str(), "INPUT" | "TEXTAREA" | "SELECT"))
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
    let links = elements(&links);
    let next = beside(links.iter().position(|link| link.has_attribute("data-on")), by, links.len());
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

/// Moves the focus to the first link of the next row, or of the row before.
fn walk(by: i32) {
    let Ok(rows) = document().query_selector_all("tbody tr") else { return };
    let links: Vec<Element> =
        elements(&rows).iter().filter_map(|row| row.query_selector("a").ok().flatten()).collect();
    let active = document().active_element();
    let next = beside(links.iter().position(|link| Some(link) == active.as_ref()), by, links.len());
    if let Some(link) = links.get(next).and_then(|link| link.dyn_ref::<HtmlElement>()) {
        // Without focus the key does nothing, which is all there is to do.
        let _ = link.focus();
    }
}

fn elements(nodes: &NodeList) -> Vec<Element> {
    (0..nodes.length()).filter_map(|n| nodes.item(n)?.dyn_into().ok()).collect()
}

/// The place one after or before the one that is on, within the list; else
/// the first.
fn beside(on: Option<usize>, by: i32, len: usize) -> usize {
    match (on, by) {
        (Some(on), 1) => (on + 1).min(len.saturating_sub(1)),
        (Some(on), -1) => on.saturating_sub(1),
        _ => 0,
    }
}

use crate::components::relative::relative;
use leptos::prelude::*;
use std::time::Duration;
use wasm_bindgen::JsCast;

const EVERY: Duration = Duration::from_secs(30);

/// Keeps the relative times of the whole page (`<time data-relative>`) true
/// while it stays open. One for a page.
#[island]
pub fn LiveTimes() -> impl IntoView {
    Effect::new(|_| set_interval(refresh, EVERY));
}

fn refresh() {
    let Ok(times) = document().query_selector_all("time[data-relative]") else { return };
    for n in 0..times.length() {
        let Some(time) = times.item(n).and_then(|node| node.dyn_into::<web_sys::Element>().ok()) else {
            continue;
        };
        let at = time.get_attribute("datetime").map_or(f64::NAN, |at| js_sys::Date::parse(&at));
        if let Some(words) = whole_seconds(at - js_sys::Date::now()).and_then(relative) {
            time.set_text_content(Some(&words));
        }
    }
}

/// Whole seconds of a distance in milliseconds; `None` for no number.
fn whole_seconds(milliseconds: f64) -> Option<i64> {
    // By way of text: there is no other lossless conversion without `as`.
    format!("{:.0}", milliseconds / 1000.0).parse().ok()
}

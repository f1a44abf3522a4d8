//! The WebAssembly entry: everything it does is to wake the islands.

use wasm_bindgen::prelude::wasm_bindgen;

/// Called by the page's script once the module is loaded.
#[wasm_bindgen]
pub fn hydrate() {
    weighhouse_frontend::hydrate();
}

//! What the site asks of the browser. A browser that refuses (storage switched off, no clipboard) costs a
//! convenience, never the page.

use std::cell::Cell;

use js_sys::{Array, Date, Function, Map, Promise, Reflect};
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{Blob, Document, Element, HtmlElement, Storage, Window, window};

fn document() -> Option<Document> {
    window()?.document()
}

fn root() -> Option<Element> {
    document()?.document_element()
}

fn storage() -> Option<Storage> {
    window()?.local_storage().ok()?
}

/// The element of this name.
pub(crate) fn element(id: &str) -> Option<Element> {
    document()?.get_element_by_id(id)
}

/// The part of the address that names the page.
pub(crate) fn hash() -> String {
    window()
        .and_then(|w| w.location().hash().ok())
        .unwrap_or_default()
}

/// The whole address.
pub(crate) fn address() -> String {
    window()
        .and_then(|w| w.location().href().ok())
        .unwrap_or_default()
}

/// Where the site comes from: `https://host:port`.
pub(crate) fn origin() -> String {
    window()
        .and_then(|w| w.location().origin().ok())
        .unwrap_or_default()
}

/// Whether the browser knows that it has no connection.
pub(crate) fn is_offline() -> bool {
    window().is_some_and(|w| !w.navigator().on_line())
}

/// A file that the reader opened in this tab, by the name under which it would be published; `web/page.js` keeps them.
pub(crate) fn opened_file(name: &str) -> Option<Blob> {
    let opened = global(&window()?, "openedFiles")?;
    let file = opened.dyn_into::<Map>().ok()?.get(&JsValue::from_str(name));
    file.dyn_into().ok()
}

/// Keeps a file under the name that it would have if it were published.
pub(crate) fn keep_opened(name: &str, file: &Blob) {
    let opened = window().and_then(|w| global(&w, "openedFiles"));
    if let Some(Ok(opened)) = opened.map(JsCast::dyn_into::<Map>) {
        opened.set(&JsValue::from_str(name), file);
    }
}

/// The files that the reader opened last, with their paths; each is given out once.
pub(crate) fn take_arrived() -> Vec<(String, Blob)> {
    let arrived = window().and_then(|w| global(&w, "arrivedFiles"));
    let Some(Ok(arrived)) = arrived.map(JsCast::dyn_into::<Array>) else {
        return Vec::new();
    };
    let pair = |pair: JsValue| {
        let pair: Array = pair.dyn_into().ok()?;
        Some((pair.get(0).as_string()?, pair.get(1).dyn_into().ok()?))
    };
    let files = arrived.iter().filter_map(pair).collect();
    arrived.set_length(0);
    files
}

/// How often the reader, or a connection that is back, asked to load again what could not be had; each time `web/page.js`
/// tells it as a change of the address.
pub(crate) fn attempts() -> f64 {
    let attempts = window().and_then(|w| global(&w, "attempts"));
    attempts.and_then(|n| n.as_f64()).unwrap_or_default()
}

fn global(window: &Window, name: &str) -> Option<JsValue> {
    Reflect::get(window, &JsValue::from_str(name)).ok()
}

/// Changes the address without a new entry in the history. `change` gets the one of this moment, so that no change is lost
/// that came since the page was drawn; it leaves it as it is by `None`.
pub(crate) fn change_hash(change: impl FnOnce(&str) -> Option<String>) {
    let Some(new) = change(&hash()) else { return };
    let base = address();
    let base = base.split('#').next().unwrap_or_default();
    if let Some(window) = window() {
        let _ = window.location().replace(&format!("{base}{new}"));
    }
}

/// The address changed.
pub(crate) const ADDRESS: &str = "hashchange";
/// The reader opened files (`web/page.js`).
pub(crate) const FILES: &str = "files";

/// Calls back whenever an event reaches the window, until dropped.
pub(crate) struct Listener {
    window: Window,
    event: &'static str,
    callback: Closure<dyn FnMut()>,
}

impl Listener {
    pub(crate) fn new(event: &'static str, callback: impl FnMut() + 'static) -> Option<Self> {
        let window = window()?;
        let callback = Closure::<dyn FnMut()>::new(callback);
        window
            .add_event_listener_with_callback(event, callback.as_ref().unchecked_ref())
            .ok()?;
        Some(Self {
            window,
            event,
            callback,
        })
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        let callback = self.callback.as_ref().unchecked_ref();
        let _ = self
            .window
            .remove_event_listener_with_callback(self.event, callback);
    }
}

/// The longest that work may keep the browser from painting and answering, milliseconds; one step of the work comes on
/// top. Source: the RAIL model, work in the background of a page.
const SLICE_MS: f64 = 50.0;

/// Long work in slices.
pub(crate) struct Slices {
    began: Cell<f64>,
}

impl Slices {
    pub(crate) fn new() -> Self {
        Self {
            began: Cell::new(Date::now()),
        }
    }

    /// Lets the browser breathe where the slice is over. Nobody looks at a hidden page, whose timers browsers slow down.
    pub(crate) async fn pause(&self) {
        if Date::now() - self.began.get() > SLICE_MS && document().is_some_and(|d| !d.hidden()) {
            breathe().await;
            self.began.set(Date::now());
        }
    }
}

/// Lets the browser paint before the next piece of work.
pub(crate) async fn breathe() {
    pause(0).await;
}

/// Goes on after so many milliseconds.
pub(crate) async fn pause(milliseconds: i32) {
    let Some(window) = window() else { return };
    let pause = Promise::new(&mut |resolve: Function, _: Function| {
        let _ =
            window.set_timeout_with_callback_and_timeout_and_arguments_0(&resolve, milliseconds);
    });
    let _ = JsFuture::from(pause).await;
}

pub(crate) fn set_title(title: &str) {
    if let Some(document) = document() {
        document.set_title(title);
    }
}

/// Moves the reader to the begin of the page's content.
pub(crate) fn focus_content() {
    if let Some(content) = element("main").and_then(|e| e.dyn_into::<HtmlElement>().ok()) {
        let _ = content.focus();
    }
}

pub(crate) fn scroll_to_top() {
    if let Some(window) = window() {
        window.scroll_to_with_x_and_y(0.0, 0.0);
    }
}

pub(crate) fn print() {
    if let Some(window) = window() {
        let _ = window.print();
    }
}

/// Puts a text on the clipboard and says whether that worked.
pub(crate) async fn copy(text: &str) -> bool {
    // Absent on pages that are not served by https or from this machine.
    let clipboard = window()
        .map(|w| w.navigator().clipboard())
        .filter(|c| !c.is_undefined());
    match clipboard {
        Some(clipboard) => JsFuture::from(clipboard.write_text(text)).await.is_ok(),
        None => false,
    }
}

/// Whether the system prefers dark pages.
pub(crate) fn prefers_dark() -> bool {
    window()
        .and_then(|w| w.match_media("(prefers-color-scheme: dark)").ok().flatten())
        .is_some_and(|query| query.matches())
}

/// What was remembered under a name.
pub(crate) fn remembered(key: &str) -> Option<String> {
    storage()?.get_item(key).ok()?
}

/// Remembers a text under a name, or forgets it.
pub(crate) fn remember(key: &str, text: Option<&str>) {
    if let Some(storage) = storage() {
        let _ = match text {
            Some(text) => storage.set_item(key, text),
            None => storage.remove_item(key),
        };
    }
}

/// Sets an attribute of the whole document, or takes it away.
pub(crate) fn mark_document(name: &str, value: Option<&str>) {
    if let Some(root) = root() {
        let _ = match value {
            Some(value) => root.set_attribute(name, value),
            None => root.remove_attribute(name),
        };
    }
}

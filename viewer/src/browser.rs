//! What the site asks of the browser. A browser that refuses (storage switched off, no clipboard) costs a
//! convenience, never the page.

use js_sys::{Function, Promise};
use wasm_bindgen::JsCast;
use wasm_bindgen::closure::Closure;
use wasm_bindgen_futures::JsFuture;
use web_sys::{Document, Element, HtmlElement, Storage, Window, window};

use crate::theme;

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

/// Changes the address without a new entry in the history; a theme that it names stays, unless the new one names another.
pub(crate) fn replace_hash(new: &str) {
    let new = match theme::of_address(&hash()) {
        Some(theme) if theme::of_address(new).is_none() => theme::added(new, theme),
        _ => new.to_owned(),
    };
    let base = address();
    let base = base.split('#').next().unwrap_or_default();
    if let Some(window) = window() {
        let _ = window.location().replace(&format!("{base}{new}"));
    }
}

/// Calls back whenever the address changes, until dropped.
pub(crate) struct HashListener {
    window: Window,
    callback: Closure<dyn FnMut()>,
}

impl HashListener {
    pub(crate) fn new(callback: impl FnMut() + 'static) -> Option<Self> {
        let window = window()?;
        let callback = Closure::<dyn FnMut()>::new(callback);
        window
            .add_event_listener_with_callback("hashchange", callback.as_ref().unchecked_ref())
            .ok()?;
        Some(Self { window, callback })
    }
}

impl Drop for HashListener {
    fn drop(&mut self) {
        let callback = self.callback.as_ref().unchecked_ref();
        let _ = self
            .window
            .remove_event_listener_with_callback("hashchange", callback);
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

//! What can be done with a page.

use std::rc::Rc;

use wasm_bindgen_futures::spawn_local;
use yew::prelude::*;

use crate::browser;
use crate::load::RunData;
use crate::route::Route;
use crate::view_model::markdown::markdown;

#[derive(Properties, PartialEq)]
pub(crate) struct ActionsProps {
    /// The file that the page is made from; empty where it lies on this computer already.
    pub(crate) file: AttrValue,
    /// The run that the page sums up: it can be compared from here, and copied as a table.
    #[prop_or_default]
    pub(crate) run: Option<Rc<RunData>>,
}

/// What can be put on the clipboard.
#[derive(Clone, Copy, PartialEq)]
enum Copied {
    Link,
    Markdown,
}

/// Copy link, copy as Markdown, download, print.
#[component]
pub(crate) fn Actions(props: &ActionsProps) -> Html {
    // What was copied last, and whether the browser allowed it.
    let last = use_state(|| None::<(Copied, bool)>);
    let copy = |what: Copied| {
        let (setter, run) = (last.setter(), props.run.clone());
        Callback::from(move |_: MouseEvent| {
            let (setter, link) = (setter.clone(), browser::address());
            let text = match (what, &run) {
                (Copied::Markdown, Some(run)) => {
                    markdown(&run.files.run, &run.summary, &link, run.files.is_local)
                }
                _ => link,
            };
            spawn_local(async move {
                setter.set(Some((what, browser::copy(&text).await)));
            });
        })
    };
    let said = |what: Copied, label: &'static str, refused: &'static str| match *last {
        Some((copied, true)) if copied == what => "Copied",
        Some((copied, false)) if copied == what => refused,
        _ => label,
    };
    let print = Callback::from(|_: MouseEvent| browser::print());
    let button = |onclick, label: &'static str| html! { <button class="btn" type="button" aria-live="polite" {onclick}>{ label }</button> };
    html! {
        <div class="actions">
            { button(copy(Copied::Link), said(Copied::Link, "Copy link", "Copy it from the address bar")) }
            if let Some(run) = &props.run {
                { button(copy(Copied::Markdown), said(Copied::Markdown, "Copy as Markdown", "The browser forbids copying")) }
                <a class="btn" href={Route::Choose(Some(run.files.run.id.clone())).to_string()}>{ "Compare" }</a>
            }
            if !props.file.is_empty() {
                <a class="btn" href={props.file.clone()} download="">{ "Download JSON" }</a>
            }
            { button(print, "Print") }
        </div>
    }
}

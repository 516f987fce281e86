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
    /// The link to the page that `runner publish` makes of a run: chats show its title, verdict and picture.
    Preview,
    Markdown,
}

const FORBIDDEN: &str = "The browser forbids copying";
/// Where the runs lie that `runner publish` makes such pages of.
const REPORTS: &str = "reports/";

/// The preview page of a run, beside the site's own page.
fn preview_link(address: &str, run: &str) -> String {
    let page = address.split('#').next().unwrap_or_default();
    let folder = page.rfind('/').and_then(|end| page.get(..=end));
    [folder.unwrap_or_default(), "r/", run, ".html"].concat()
}

/// Copy link, with or without a preview, copy as Markdown, download, print.
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
                (Copied::Preview, Some(run)) => preview_link(&link, &run.files.run.id),
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
                if props.file.starts_with(REPORTS) {
                    { button(copy(Copied::Preview), said(Copied::Preview, "Copy link with preview", FORBIDDEN)) }
                }
                { button(copy(Copied::Markdown), said(Copied::Markdown, "Copy as Markdown", FORBIDDEN)) }
                <a class="btn" href={Route::Choose(Some(run.files.run.id.clone())).to_string()}>{ "Compare" }</a>
            }
            if !props.file.is_empty() {
                <a class="btn" href={props.file.clone()} download="">{ "Download JSON" }</a>
            }
            { button(print, "Print") }
        </div>
    }
}

#[cfg(test)]
mod tests {
    use super::preview_link;

    #[test]
    fn the_preview_page_lies_beside_the_sites_page() {
        for page in [
            "https://host/team/bench/",
            "https://host/team/bench/index.html",
        ] {
            let link = preview_link(&format!("{page}#/run/r1?x=/"), "r1");
            assert_eq!(link, "https://host/team/bench/r/r1.html");
        }
    }
}

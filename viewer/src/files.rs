//! Getting the text of a file: from the place that reports are read from, or from this computer where the reader
//! opened it.

use js_sys::{Reflect, Uint8Array};
use shared::units::{Unit, format_value};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{Blob, ReadableStreamDefaultReader, RequestCache, RequestInit, Response};

use crate::browser;

/// No larger file is read, bytes: the browser would stand still over it. A run of 24 hours has files of some megabytes.
pub(crate) const LARGEST: usize = 64 << 20;
/// Progress is told anew after so many more bytes: on a slow line often enough, on a fast one seldom.
const PROGRESS: usize = 100_000;

/// A file that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Fault {
    /// The file, relative to the page.
    pub(crate) file: String,
    /// What is wrong with it.
    pub(crate) reason: String,
    /// Whether the file does not exist.
    pub(crate) missing: bool,
    /// Whether the file may be had at another time.
    pub(crate) again: bool,
    /// Where a run does not exist, names and titles of those that may have been meant.
    pub(crate) near: Vec<(String, String)>,
}

impl Fault {
    /// A file that is there and of no use.
    pub(crate) fn damaged(file: &str, reason: impl Into<String>) -> Self {
        Self {
            file: file.to_owned(),
            reason: reason.into(),
            missing: false,
            again: false,
            near: Vec::new(),
        }
    }

    fn unreachable(file: &str, reason: &str) -> Self {
        Self {
            again: true,
            ..Self::damaged(file, format!("could not be fetched: {reason}"))
        }
    }
}

/// Says how far the reading of a file is: `1.2 MB`.
pub(crate) type Progress<'a> = &'a dyn Fn(&str);

/// Gets a file's text.
pub(crate) async fn fetch(file: &str) -> Result<String, Fault> {
    finish(file, start(file), &|_| {}).await
}

/// Asks for a file, so that several can be on their way at once.
pub(crate) fn start(file: &str) -> Option<JsFuture> {
    if let Some(opened) = browser::opened_file(file) {
        let response = Response::new_with_opt_blob(Some(&opened)).ok()?;
        return Some(JsFuture::from(js_sys::Promise::resolve(&JsValue::from(
            response,
        ))));
    }
    let options = RequestInit::new();
    // The list grows and files may be replaced: ask whether the stored copy is current.
    options.set_cache(RequestCache::NoCache);
    Some(JsFuture::from(
        web_sys::window()?.fetch_with_str_and_init(file, &options),
    ))
}

/// Takes what [`start`] asked for.
pub(crate) async fn finish(
    file: &str,
    request: Option<JsFuture>,
    progress: Progress<'_>,
) -> Result<String, Fault> {
    let response = match request {
        Some(request) => request
            .await
            .and_then(|answer| answer.dyn_into::<Response>()),
        None => Err(JsValue::NULL),
    };
    let response = response.map_err(|_| {
        Fault::unreachable(
            file,
            if browser::is_offline() {
                "this browser is offline"
            } else {
                "the server does not answer"
            },
        )
    })?;
    match response.status() {
        404 => Err(Fault {
            missing: true,
            ..Fault::damaged(file, "does not exist (the server answers 404)")
        }),
        status if !response.ok() => Err(Fault::unreachable(
            file,
            &format!("the server answers {status}"),
        )),
        _ => text(file, &response, progress).await,
    }
}

/// Reads a file of this computer.
pub(crate) async fn read(file: &str, content: &Blob) -> Result<String, Fault> {
    match Response::new_with_opt_blob(Some(content)) {
        Ok(response) => text(file, &response, &|_| {}).await,
        Err(_) => Err(Fault::damaged(file, "cannot be read")),
    }
}

async fn text(file: &str, response: &Response, progress: Progress<'_>) -> Result<String, Fault> {
    let bytes = match bytes(response, progress).await {
        Ok(Some(bytes)) => bytes,
        Ok(None) => {
            let reason = format!("is larger than {}, the most that is read", size(LARGEST));
            return Err(Fault::damaged(file, reason));
        }
        Err(_) => return Err(Fault::unreachable(file, "the transfer broke off")),
    };
    String::from_utf8(bytes).map_err(|_| Fault::damaged(file, "is no text: it is not UTF-8"))
}

/// The body as it comes; `None` where it is too large, of which no more is read than that.
async fn bytes(response: &Response, progress: Progress<'_>) -> Result<Option<Vec<u8>>, JsValue> {
    let mut bytes = Vec::new();
    let Some(stream) = response.body() else {
        return Ok(Some(bytes));
    };
    let reader: ReadableStreamDefaultReader = stream.get_reader().unchecked_into();
    let mut told = 0;
    loop {
        let chunk = JsFuture::from(reader.read()).await?;
        let chunk = Reflect::get(&chunk, &JsValue::from_str("value"))?;
        // The end has no value.
        let Ok(chunk) = chunk.dyn_into::<Uint8Array>() else {
            return Ok(Some(bytes));
        };
        let before = bytes.len();
        let length = before + chunk.length() as usize;
        if length > LARGEST {
            let _ = reader.cancel();
            return Ok(None);
        }
        bytes.resize(length, 0);
        chunk.copy_to(&mut bytes[before..]);
        if length - told > PROGRESS {
            told = length;
            progress(&size(length));
        }
    }
}

/// A size for people.
pub(crate) fn size(bytes: usize) -> String {
    format_value(bytes as f64, Unit::Bytes)
}

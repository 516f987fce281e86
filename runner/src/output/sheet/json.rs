//! A verdict for scripts.

use anyhow::{Context, Result};

use super::Sheet;

/// One JSON object; its members are documented at [`Sheet`].
///
/// # Errors
/// Where it cannot be serialized.
pub(super) fn render(sheet: &Sheet) -> Result<String> {
    let text = serde_json::to_string_pretty(sheet).context("cannot serialize the verdict")?;
    Ok(text + "\n")
}

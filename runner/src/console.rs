//! Standard output.

use std::io::{self, Write};

/// Writes to standard output. A reader that has gone (`runner list | head -1`) is no fault.
///
/// # Errors
/// Where standard output cannot take the text, a full disk for instance.
pub(crate) fn print(text: &str) -> io::Result<()> {
    let mut stdout = io::stdout().lock();
    match stdout
        .write_all(text.as_bytes())
        .and_then(|()| stdout.flush())
    {
        Err(e) if e.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        done => done,
    }
}

/// Whether stderr is a terminal that takes colour; `NO_COLOR` (no-color.org) says no.
pub(crate) fn colour_on_stderr() -> bool {
    io::IsTerminal::is_terminal(&io::stderr())
        && std::env::var_os("NO_COLOR").is_none_or(|v| v.is_empty())
}

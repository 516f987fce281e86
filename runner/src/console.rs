//! Standard output.

use std::io::{self, IsTerminal, Write};

use shared::verdict::Verdict;

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
    io::stderr().is_terminal() && colour_is_wanted()
}

/// The same of stdout.
pub(crate) fn colour_on_stdout() -> bool {
    io::stdout().is_terminal() && colour_is_wanted()
}

fn colour_is_wanted() -> bool {
    std::env::var_os("NO_COLOR").is_none_or(|v| v.is_empty())
}

/// The mark of a verdict.
pub(crate) const fn mark(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Pass => "✓",
        Verdict::Warn => "▲",
        Verdict::Fail => "✗",
        Verdict::Inconclusive => "?",
        Verdict::NotJudged => "–",
    }
}

/// A verdict's mark and word, in colour on request.
pub(crate) fn painted(verdict: Verdict, colour: bool) -> String {
    let plain = format!("{} {}", mark(verdict), verdict.word());
    if !colour {
        return plain;
    }
    let code = match verdict {
        Verdict::Pass => 32,
        Verdict::Fail => 31,
        Verdict::Warn | Verdict::Inconclusive => 33,
        Verdict::NotJudged => 90,
    };
    format!("\u{1b}[{code};1m{plain}\u{1b}[0m")
}

/// A verdict before its sentence: its mark, and its word unless the sentence begins with it.
pub(crate) fn sentence(verdict: Verdict, sentence: &str, colour: bool) -> String {
    let whole = painted(verdict, colour);
    let before = if says_verdict(sentence) {
        whole.replace(&format!(" {}", verdict.word()), "")
    } else {
        whole
    };
    format!("{before} {sentence}")
}

/// Whether a sentence begins with its verdict, as in `Warning: P95 is worse`.
pub(crate) fn says_verdict(sentence: &str) -> bool {
    ["Pass:", "Warning:", "Fail:", "Inconclusive:", "Not judged:"]
        .iter()
        .any(|word| sentence.starts_with(word))
}

/// Colours the verdicts of a table that is laid out already, so that escapes do not count as width.
pub(crate) fn paint_verdicts(table: &str, colour: bool) -> String {
    let verdicts = [
        Verdict::Pass,
        Verdict::Warn,
        Verdict::Fail,
        Verdict::Inconclusive,
    ];
    verdicts
        .into_iter()
        .filter(|_| colour)
        .fold(table.to_owned(), |table, verdict| {
            table.replace(&painted(verdict, false), &painted(verdict, true))
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_verdict_is_said_once() {
        assert_eq!(
            sentence(Verdict::Warn, "Warning: slower.", false),
            "▲ Warning: slower."
        );
        assert_eq!(
            sentence(Verdict::Pass, "It is faster.", false),
            "✓ Pass It is faster."
        );
        assert_eq!(
            sentence(Verdict::Fail, "Fail: slower.", true),
            "\u{1b}[31;1m✗\u{1b}[0m Fail: slower."
        );
    }
}

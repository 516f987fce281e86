//! Text of reports, made harmless for places that take a line of plain text.

/// Most characters that are taken of a text: a preview shows fewer.
const LONGEST: usize = 600;

/// The text without control characters, and without those that turn the direction of what follows.
pub(super) fn plain(text: &str) -> String {
    let harmless = |c: char| match c {
        '\u{200b}'..='\u{200f}'
        | '\u{2028}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}'
        | '\u{feff}' => ' ',
        c if c.is_control() => ' ',
        c => c,
    };
    text.chars().take(LONGEST).map(harmless).collect()
}

/// The text in lines no wider than `width`, at most `most` of them; what does not fit is cut, and ends in `…`. `measure`
/// tells the width of a text.
pub(super) fn wrapped(
    text: &str,
    width: f32,
    most: usize,
    measure: impl Fn(&str) -> f32,
) -> Vec<String> {
    let mut lines: Vec<String> = vec![String::new()];
    for word in text.split(' ').filter(|word| !word.is_empty()) {
        let full = lines.len() == most;
        let Some(line) = lines.last_mut() else { break };
        let longer = match line.is_empty() {
            true => word.to_owned(),
            false => format!("{line} {word}"),
        };
        if line.is_empty() || measure(&longer) <= width {
            *line = longer;
        } else if full {
            *line = cut(line);
            break;
        } else {
            lines.push(word.to_owned());
        }
    }
    for line in &mut lines {
        shorten(line, width, &measure);
    }
    lines
}

/// Cuts a line until it fits, which then ends in `…`.
fn shorten(line: &mut String, width: f32, measure: impl Fn(&str) -> f32) {
    while measure(line) > width && line.chars().count() > 1 {
        let kept = line.trim_end_matches(ENDS).chars().rev();
        let kept: Vec<char> = kept.skip(1).collect();
        *line = cut(&kept.into_iter().rev().collect::<String>());
    }
}

/// What stands at the end of a text that is cut, or would before it.
const ENDS: [char; 2] = ['…', ' '];

fn cut(text: &str) -> String {
    text.trim_end_matches(ENDS).to_owned() + "…"
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every character is 1 wide.
    fn lines(text: &str, width: f32, most: usize) -> Vec<String> {
        wrapped(text, width, most, |text| text.chars().count() as f32)
    }

    #[test]
    fn words_fill_lines() {
        assert_eq!(lines("It is faster.", 5.0, 3), ["It is", "fast…"]);
        assert_eq!(lines("It is faster.", 7.0, 3), ["It is", "faster."]);
        assert_eq!(lines("", 7.0, 3), [""]);
    }

    #[test]
    fn what_does_not_fit_is_said_to_go_on() {
        assert_eq!(lines("one two three four", 8.0, 2), ["one two", "three…"]);
        assert_eq!(
            lines("one two threefour five", 8.0, 2),
            ["one two", "threefo…"]
        );
        assert_eq!(lines("12 … 14", 5.0, 1), ["12…"]);
        assert_eq!(lines("one", 0.5, 1), ["…"]);
    }

    #[test]
    fn text_cannot_turn_its_surroundings() {
        assert_eq!(plain("a\u{202e}b\nc\0d\u{2066}"), "a b c d ");
        assert_eq!(plain("6.4\u{202f}ms − P95"), "6.4\u{202f}ms − P95");
        assert_eq!(plain(&"x".repeat(10_000)).len(), LONGEST);
    }
}

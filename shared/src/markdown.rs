//! Texts of reports in Markdown.

/// Text that Markdown, and HTML within it, leave as it is; on one line.
#[must_use]
pub fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        if r"\`*_[]<>|~&#!".contains(character) {
            escaped.push('\\');
        }
        escaped.push(if character.is_control() {
            ' '
        } else {
            character
        });
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::escaped;

    #[test]
    fn nothing_of_a_text_is_markup() {
        assert_eq!(
            escaped("a|b\n<img> [x](y) ~~#1~~ & `c`!"),
            r"a\|b \<img\> \[x\](y) \~\~\#1\~\~ \& \`c\`\!"
        );
        assert_eq!(escaped("P95 −73 %, ×13.1"), "P95 −73 %, ×13.1");
    }
}

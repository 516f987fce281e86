//! Names by contents: a browser may keep such a file for ever, and a page that is open keeps its own while a new site goes
//! up.

use anyhow::{Result, bail};

use crate::folder::Files;
use crate::page::PAGE;

/// Digits of the digest in a name.
const DIGITS: usize = 16;

/// Puts a digest into each file's name, the page's aside, and into every text that names the file. Files that name no others
/// come first, as their names are part of what the others hold.
///
/// # Errors
/// Where files name each other in a circle.
pub(crate) fn by_contents(mut files: Files) -> Result<Files> {
    let mut named = Files::new();
    while files.len() > 1 || !files.contains_key(PAGE) {
        let Some(inner) = innermost(&files) else {
            let left: Vec<&str> = files.keys().map(String::as_str).collect();
            bail!(
                "these files name each other in a circle: {}",
                left.join(", ")
            );
        };
        let bytes = files.remove(&inner).unwrap_or_default();
        let name = with_digest(&inner, &bytes);
        for text in files.values_mut() {
            rename(text, &inner, &name);
        }
        named.insert(name, bytes);
    }
    named.extend(files);
    Ok(named)
}

/// A file that names none of the others, and is not the page.
fn innermost(files: &Files) -> Option<String> {
    let names_another = |name: &String, bytes: &[u8]| {
        let others = files.keys().filter(|other| *other != name);
        mentions(bytes, others)
    };
    let inner = files
        .iter()
        .find(|(name, bytes)| *name != PAGE && !names_another(name, bytes));
    inner.map(|(name, _)| name.clone())
}

fn mentions<'a>(bytes: &[u8], names: impl Iterator<Item = &'a String>) -> bool {
    let Ok(text) = str::from_utf8(bytes) else {
        return false;
    };
    names
        .flat_map(|name| quoted(name))
        .any(|quoted| text.contains(&quoted))
}

fn rename(bytes: &mut Vec<u8>, from: &str, to: &str) {
    if let Ok(text) = str::from_utf8(bytes) {
        let renamed = quoted(from)
            .into_iter()
            .zip(quoted(to))
            .fold(text.to_owned(), |text, (from, to)| text.replace(&from, &to));
        *bytes = renamed.into_bytes();
    }
}

/// A name as scripts and pages write it.
fn quoted(name: &str) -> [String; 2] {
    [format!("\"./{name}\""), format!("\"{name}\"")]
}

fn with_digest(name: &str, bytes: &[u8]) -> String {
    let digest = blake3::hash(bytes).to_hex();
    let (stem, extension) = name.rsplit_once('.').unwrap_or((name, "bin"));
    format!("{stem}-{}.{extension}", &digest[..DIGITS])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files(contents: &[(&str, &str)]) -> Files {
        let file = |(name, text): &(&str, &str)| ((*name).to_owned(), text.as_bytes().to_vec());
        contents.iter().map(file).collect()
    }

    const SITE: [(&str, &str); 4] = [
        ("a.js", "import(\"./b.js\"); fetch(\"./b_bg.wasm\")"),
        ("b.js", "let word = \"a.jso\";"),
        ("b_bg.wasm", "\0asm"),
        (PAGE, "<script src=\"a.js\"></script>"),
    ];

    #[test]
    fn a_changed_file_changes_the_names_of_all_that_lead_to_it() {
        let before = by_contents(files(&SITE)).unwrap();
        let mut site = SITE;
        site[2].1 = "\0asm2";
        let after = by_contents(files(&site)).unwrap();
        let same: Vec<&String> = before
            .keys()
            .filter(|name| after.contains_key(*name))
            .collect();
        assert_eq!(same.len(), 2, "{same:?}");
        assert!(same[0].starts_with("b-") && same[1] == PAGE);
        assert_ne!(before[PAGE], after[PAGE]);
    }

    #[test]
    fn every_name_leads_to_a_file() {
        let named = by_contents(files(&SITE)).unwrap();
        let page = String::from_utf8(named[PAGE].clone()).unwrap();
        let script = page.split('"').nth(1).unwrap();
        let script = String::from_utf8(named[script].clone()).unwrap();
        for name in script.split('"').filter_map(|part| part.strip_prefix("./")) {
            assert!(named.contains_key(name), "{name}");
        }
    }

    #[test]
    fn a_circle_is_named() {
        let circle = files(&[("a.js", "\"./b.js\""), ("b.js", "\"./a.js\""), (PAGE, "")]);
        let refused = by_contents(circle).unwrap_err().to_string();
        assert!(refused.contains("a.js, b.js"), "{refused}");
    }
}

//! What is wrong with a scenario file, and where.

use std::ops::Range;
use std::path::PathBuf;

/// Why a scenario or a policy cannot be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ScenarioError {
    /// Neither a built-in scenario nor a file.
    #[error(
        "there is no scenario `{name}`{close}; known are {known}, or give the path of a TOML file"
    )]
    Unknown {
        /// What was asked for.
        name: String,
        /// `: did you mean …?`, or empty.
        close: String,
        /// All names.
        known: String,
    },
    /// The file cannot be read.
    #[error("cannot read the scenario file `{path}`: {cause}", path = path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system says.
        cause: std::io::Error,
    },
    /// The file is no valid scenario.
    #[error("{file}:{line}: {field}{problem}", field = if field.is_empty() { String::new() } else { format!("`{field}`: ") })]
    Invalid {
        /// The file, as given.
        file: String,
        /// Line, from 1.
        line: usize,
        /// The field with its tables, `load.users`; empty where none is concerned.
        field: String,
        /// What is wrong and what is allowed.
        problem: String,
    },
    /// The file has no such profile.
    #[error(
        "scenario `{scenario}` has no profile `{profile}`: add a table `[profiles.{profile}]` to {file}"
    )]
    NoProfile {
        /// The scenario.
        scenario: String,
        /// The profile that was asked for.
        profile: String,
        /// Its file.
        file: String,
    },
    /// The number of pairs given on the command line cannot be shared by the planned looks.
    #[error(
        "{pairs} pairs do not fit scenario `{scenario}`, which looks at its evidence {looks} times after equal numbers of pairs: use a multiple of {looks}"
    )]
    Looks {
        /// The scenario.
        scenario: String,
        /// What was asked for.
        pairs: u32,
        /// Its planned looks.
        looks: u32,
    },
    /// The number of pairs given on the command line does not fit.
    #[error(
        "{pairs} pairs do not fit scenario `{scenario}` in this profile: 1 to {most} are possible"
    )]
    Pairs {
        /// The scenario.
        scenario: String,
        /// What was asked for.
        pairs: u32,
        /// The most pairs possible.
        most: u64,
    },
}

impl ScenarioError {
    pub(super) fn unknown<'a>(name: &str, known: impl Iterator<Item = &'a str> + Clone) -> Self {
        Self::Unknown {
            name: name.to_owned(),
            close: did_you_mean(name, known.clone()),
            known: known.collect::<Vec<_>>().join(", "),
        }
    }
}

/// `: did you mean …?` with the closest names, best first; empty where none is close.
pub(super) fn did_you_mean<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> String {
    /// Similarity from which a name counts as a slip of the keyboard: 0 nothing alike, 1 equal.
    const CLOSE: f64 = 0.8;
    let mut close: Vec<(f64, &str)> = known
        .map(|known| (strsim::jaro_winkler(&name.to_lowercase(), known), known))
        .filter(|(similarity, _)| *similarity >= CLOSE)
        .collect();
    close.sort_by(|a, b| b.0.total_cmp(&a.0));
    let names: Vec<String> = close
        .iter()
        .take(3)
        .map(|(_, name)| format!("`{name}`"))
        .collect();
    if names.is_empty() {
        String::new()
    } else {
        format!(": did you mean {}?", names.join(" or "))
    }
}

/// A file's text, to say where something is.
#[derive(Debug, Clone)]
pub(super) struct Source {
    /// Name of the file, for messages.
    pub(super) file: String,
    pub(super) text: String,
}

impl Source {
    /// An error about the value or the name at `span`.
    pub(super) fn invalid(&self, span: Range<usize>, problem: impl Into<String>) -> ScenarioError {
        self.invalid_field(span.start, self.field_at(span.start), problem.into())
    }

    /// What the TOML parser refused, with the field and a proposal where a name is nearly right.
    pub(super) fn refused(&self, error: &toml::de::Error) -> ScenarioError {
        let begin = error.span().map_or(0, |span| span.start);
        let message = error.message();
        let quoted: Vec<&str> = message.split('`').skip(1).step_by(2).collect();
        let mut field = self.field_at(begin);
        let mut problem = message.lines().collect::<Vec<_>>().join(", ");
        if let (true, [name, known @ ..]) = (message.starts_with("unknown "), quoted.as_slice()) {
            problem += &did_you_mean(name, known.iter().copied());
        } else if let (true, [missing, ..]) =
            (message.starts_with("missing field"), quoted.as_slice())
        {
            let table = if begin == 0 { String::new() } else { field };
            field = [table.as_str(), missing]
                .iter()
                .filter(|part| !part.is_empty())
                .copied()
                .collect::<Vec<_>>()
                .join(".");
            "is missing".clone_into(&mut problem);
        }
        self.invalid_field(begin, field, problem)
    }

    /// The text at `span`.
    pub(super) fn excerpt(&self, span: Range<usize>) -> &str {
        self.text.get(span).unwrap_or_default()
    }

    fn invalid_field(&self, offset: usize, field: String, problem: String) -> ScenarioError {
        let line = self.before(offset).matches('\n').count() + 1;
        ScenarioError::Invalid {
            file: self.file.clone(),
            line,
            field,
            problem,
        }
    }

    fn before(&self, offset: usize) -> &str {
        self.text.get(..offset).unwrap_or(&self.text)
    }

    /// Name of the field at a place of the text, with its tables.
    fn field_at(&self, offset: usize) -> String {
        let before = self.before(offset);
        let line_begin = before.rfind('\n').map_or(0, |at| at + 1);
        let line = self.text[line_begin..].lines().next().unwrap_or_default();
        let table = |line: &str| line.trim().trim_matches(['[', ']']).to_owned();
        if line.trim_start().starts_with('[') {
            return table(line);
        }
        let header = before[..line_begin]
            .lines()
            .rev()
            .find(|line| line.starts_with('['));
        let mut path: Vec<String> = header.map(table).into_iter().collect();
        // `key = value`, `key = { inner = value`, or a key right at the place.
        let left = &before[line_begin..];
        let mut opened = left.split('{').peekable();
        while let Some(part) = opened.next() {
            // Tables that end before the place do not hold it.
            let ended = part.matches('}').count();
            path.truncate(path.len().saturating_sub(ended));
            let open = part.rsplit('}').next().unwrap_or(part);
            let entry = open.rsplit(',').next().unwrap_or(open);
            let name = match entry.split_once('=') {
                Some((name, _)) => name,
                None if opened.peek().is_none() => self.text[offset..]
                    .split(['=', '\n'])
                    .next()
                    .unwrap_or_default(),
                None => continue,
            };
            path.push(name.trim().to_owned());
        }
        path.retain(|name| !name.is_empty());
        path.join(".")
    }
}

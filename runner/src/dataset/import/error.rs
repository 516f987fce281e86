//! What is wrong with a file of save requests, and where.

use std::path::{Path, PathBuf};

/// Why a file cannot be replayed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ImportError {
    /// It cannot be opened, or is no file.
    #[error("--dataset: cannot read {file}: {cause}", file = file.display())]
    Unreadable {
        /// The file.
        file: PathBuf,
        /// What the system says.
        cause: std::io::Error,
    },
    /// It can be read once only, but both services read it.
    #[error("--dataset: {file} is no regular file: both services read it again, so write the requests to a file first", file = file.display())]
    NotAFile {
        /// What was named.
        file: PathBuf,
    },
    /// It holds no request.
    #[error("--dataset: {file} is empty: write one save request a line, as JSON", file = file.display())]
    Empty {
        /// The file.
        file: PathBuf,
    },
    /// A line is wrong.
    #[error("{file}:{line}: {field}{problem}", file = file.display(), field = field.as_ref().map(|field| format!("`{field}`: ")).unwrap_or_default())]
    Line {
        /// The file.
        file: PathBuf,
        /// Line, from 1.
        line: u64,
        /// The field; none where the line as a whole is wrong.
        field: Option<String>,
        /// What is wrong and what to do.
        problem: String,
    },
}

impl ImportError {
    /// Where the file is wrong, without its name or anything that it says: for places that end up in a report.
    pub(crate) fn place(&self) -> String {
        match self {
            Self::Line { line, .. } => format!("line {line}"),
            Self::Unreadable { .. } | Self::NotAFile { .. } | Self::Empty { .. } => {
                "the file as a whole".to_owned()
            }
        }
    }
}

/// What is wrong with a line, before file and number are known.
#[derive(Debug)]
pub(super) struct Wrong {
    pub(super) field: Option<String>,
    pub(super) problem: String,
}

impl Wrong {
    /// The line as a whole.
    pub(super) fn line(problem: impl Into<String>) -> Self {
        Self {
            field: None,
            problem: problem.into(),
        }
    }

    /// One of its fields.
    pub(super) fn field(field: &str, problem: impl Into<String>) -> Self {
        Self {
            field: Some(field.to_owned()),
            problem: problem.into(),
        }
    }

    pub(super) fn at(self, file: &Path, line: u64) -> ImportError {
        ImportError::Line {
            file: file.to_owned(),
            line,
            field: self.field,
            problem: self.problem,
        }
    }
}

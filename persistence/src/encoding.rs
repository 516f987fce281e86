//! How the bytes of a stored state are to be read.

use std::str::FromStr;

/// The value of the column `snapshots.encoding`. Every reader knows every encoding.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Encoding {
    /// The canonical JSON text itself.
    Json,
}

impl Encoding {
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Json => "json",
        }
    }
}

/// The column names an encoding that this version cannot read.
#[derive(Debug)]
pub(crate) struct UnknownEncoding;

impl FromStr for Encoding {
    type Err = UnknownEncoding;

    fn from_str(name: &str) -> Result<Self, UnknownEncoding> {
        match name {
            "json" => Ok(Self::Json),
            _ => Err(UnknownEncoding),
        }
    }
}

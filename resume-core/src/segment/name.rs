//! Names of segments.

use core::fmt;

/// The validated name of a segment: `/` and 1 to 254 letters, digits, `-`, `_` or `.`.
///
/// POSIX allows more; a name that needs no quoting in a shell, a unit file or an error message is worth
/// the restriction.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct SegmentName(String);

/// Why a name was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NameError {
    /// No leading slash.
    #[error("expected a segment name that starts with '/', found {found:?}; write {:?}", format!("/{found}"))]
    NoSlash {
        /// What was given.
        found: String,
    },
    /// Nothing follows the slash, or only dots.
    #[error("expected a segment name such as \"/scene-7\", found {found:?}; add letters after the slash")]
    Empty {
        /// What was given.
        found: String,
    },
    /// Longer than the kernel takes.
    #[error("expected a segment name of at most {max} bytes, found {found} bytes; shorten it")]
    TooLong {
        /// Bytes given.
        found: usize,
        /// Bytes allowed, with the slash.
        max: usize,
    },
    /// A character outside the set.
    #[error(
        "expected only letters, digits, '-', '_' and '.' after the slash of a segment name, found \
         {found:?} in {name:?}; rename the segment"
    )]
    Character {
        /// The first one refused.
        found: char,
        /// The whole name.
        name: String,
    },
}

impl SegmentName {
    /// Bytes, with the slash: `NAME_MAX` is 255 and counts what follows it.
    pub const BYTES_MAX: usize = 255;

    /// Checks a name.
    ///
    /// # Errors
    /// [`NameError`] says which rule it breaks.
    pub fn new(name: &str) -> Result<Self, NameError> {
        let Some(rest) = name.strip_prefix('/') else {
            return Err(NameError::NoSlash { found: name.to_owned() });
        };
        if name.len() > Self::BYTES_MAX {
            return Err(NameError::TooLong { found: name.len(), max: Self::BYTES_MAX });
        }
        if rest.chars().all(|c| c == '.') {
            return Err(NameError::Empty { found: name.to_owned() });
        }
        match rest.chars().find(|c| !c.is_ascii_alphanumeric() && !matches!(c, '-' | '_' | '.')) {
            Some(found) => Err(NameError::Character { found, name: name.to_owned() }),
            None => Ok(Self(name.to_owned())),
        }
    }

    /// The name with its slash.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for SegmentName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refuses_what_could_leave_the_folder_or_need_quoting() {
        for (name, want) in [
            ("", "starts with '/'"),
            ("scene", "write \"/scene\""),
            ("/", "add letters"),
            ("/.", "add letters"),
            ("/..", "add letters"),
            ("/a/b", "found '/'"),
            ("/a b", "found ' '"),
            ("/a\0b", "found '\\0'"),
            ("/\u{e9}", "found 'é'"),
        ] {
            let error = SegmentName::new(name).unwrap_err().to_string();
            assert!(error.contains(want), "{name:?}: {error}");
        }
        let long = format!("/{}", "a".repeat(254));
        assert!(SegmentName::new(&long).is_ok());
        assert!(matches!(SegmentName::new(&format!("{long}a")), Err(NameError::TooLong { found: 256, .. })));
    }
}

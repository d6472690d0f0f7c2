//! Where the fields and values of a file are.

use std::collections::BTreeMap;

/// A position in a file. Both numbers start at 1; columns count characters.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct Position {
    pub line: u64,
    pub column: u64,
}

impl Position {
    pub(crate) const START: Self = Self { line: 1, column: 1 };
}

/// The positions of all fields and values, by JSON pointer.
#[derive(Clone, Debug, Default)]
pub(crate) struct Positions(BTreeMap<String, Place>);

#[derive(Clone, Copy, Debug)]
pub(crate) struct Place {
    /// The name of the field. Entries of lists have none.
    pub(crate) name: Option<Position>,
    pub(crate) value: Position,
    /// Whether the name marks the value better: an object or a list extends over many lines, and null is not there.
    pub(crate) marks_name: bool,
}

impl Positions {
    pub(crate) fn insert(&mut self, pointer: String, place: Place) {
        self.0.entry(pointer).or_insert(place);
    }

    /// The position of what a pointer names, or of the nearest thing that contains it.
    ///
    /// A value that is one word is marked itself. An object or a list is marked at its name, as is a field whose name is
    /// the problem.
    pub(crate) fn find(&self, pointer: &str, is_about_name: bool) -> Position {
        let mut rest = pointer;
        loop {
            let is_missing = rest != pointer;
            if let Some(place) = self.0.get(rest) {
                let marks_name = place.marks_name || is_about_name || is_missing;
                return place.name.filter(|_| marks_name).unwrap_or(place.value);
            }
            match rest.rsplit_once('/') {
                Some((parent, _)) => rest = parent,
                None => return Position::START,
            }
        }
    }

    #[cfg(test)]
    pub(crate) fn all(&self) -> impl Iterator<Item = Position> {
        self.0.values().flat_map(|place| place.name.into_iter().chain([place.value]))
    }
}

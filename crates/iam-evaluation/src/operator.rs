//! The condition operators that are evaluated here.

/// An operator by its name, such as `ForAnyValue:StringNotLikeIfExists`.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Operator {
    /// Whether a key is absent.
    Null,
    Compare(Compare),
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Compare {
    pub(crate) comparison: Comparison,
    pub(crate) is_negated: bool,
    /// Whether the condition holds if the key is absent, whatever it compares.
    pub(crate) if_exists: bool,
    pub(crate) set: Set,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Comparison {
    Equals,
    EqualsIgnoringCase,
    Like,
    Arn,
    Bool,
}

/// Which values of a key have to match.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Set {
    /// The operator has no qualifier.
    One,
    Any,
    All,
}

impl Operator {
    /// Returns `None` for the operators of numbers, dates, IP addresses, and binary data, and for unknown names.
    pub(crate) fn parse(name: &str) -> Option<Self> {
        if name == "Null" {
            return Some(Self::Null);
        }
        let (set, name) = match name.split_once(':') {
            None => (Set::One, name),
            Some(("ForAnyValue", name)) => (Set::Any, name),
            Some(("ForAllValues", name)) => (Set::All, name),
            Some(_) => return None,
        };
        let plain = name.strip_suffix("IfExists");
        let (comparison, is_negated) = comparison(plain.unwrap_or(name))?;
        Some(Self::Compare(Compare { comparison, is_negated, if_exists: plain.is_some(), set }))
    }
}

/// The comparison of an operator, and whether it is negated.
fn comparison(name: &str) -> Option<(Comparison, bool)> {
    Some(match name {
        "StringEquals" => (Comparison::Equals, false),
        "StringNotEquals" => (Comparison::Equals, true),
        "StringEqualsIgnoreCase" => (Comparison::EqualsIgnoringCase, false),
        "StringNotEqualsIgnoreCase" => (Comparison::EqualsIgnoringCase, true),
        "StringLike" => (Comparison::Like, false),
        "StringNotLike" => (Comparison::Like, true),
        "ArnEquals" | "ArnLike" => (Comparison::Arn, false),
        "ArnNotEquals" | "ArnNotLike" => (Comparison::Arn, true),
        "Bool" => (Comparison::Bool, false),
        _ => return None,
    })
}

//! Finds what a misspelled name may have meant.

/// The candidate that a name may be a misspelling of. Case is ignored.
pub fn nearest<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let lower = name.to_lowercase();
    let similarity = |candidate: &str| strsim::normalized_damerau_levenshtein(&lower, &candidate.to_lowercase());
    let plausible = candidates.into_iter().filter(|candidate| is_of_similar_length(name, candidate));
    let scored = plausible.map(|candidate| (similarity(candidate), candidate));
    let similar = scored.filter(|(score, _)| *score >= LEAST_SIMILARITY);
    // The first of several that are equally similar.
    let best = similar.reduce(|best, other| if other.0 > best.0 { other } else { best });
    best.map(|(_, candidate)| candidate)
}

/// Each missing character is an edit, so that other lengths need no comparison. It would take long for many candidates.
fn is_of_similar_length(name: &str, candidate: &str) -> bool {
    let (one, other) = (name.chars().count(), candidate.chars().count());
    one.min(other) * 10 >= one.max(other) * 6
}

/// Two edits in a word of eight letters still count as a misspelling.
const LEAST_SIMILARITY: f64 = 0.7;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nearest_candidate_is_suggested() {
        let candidates = ["permissionSets", "policies", "access"];
        for (name, expected) in [
            ("permisionSets", Some("permissionSets")),
            ("permission_sets", Some("permissionSets")),
            ("PERMISSIONSETS", Some("permissionSets")),
            ("acess", Some("access")),
            ("polices", Some("policies")),
            ("budget", None),
            ("", None),
        ] {
            assert_eq!(nearest(name, candidates), expected, "{name}");
        }
    }
}

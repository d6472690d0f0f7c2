//! A minimal XML reader.

/// Returns the text of the first element with this name.
pub(crate) fn element(xml: &[u8], name: &str) -> Option<String> {
    elements(xml, name).into_iter().next()
}

/// Returns the texts of all elements with this name. They must not contain elements.
pub(crate) fn elements(xml: &[u8], name: &str) -> Vec<String> {
    let Ok(text) = std::str::from_utf8(xml) else {
        return Vec::new();
    };
    let open = format!("<{name}>");
    let parts = text.split(&open).skip(1);
    parts.filter_map(|part| part.split_once("</")).map(|(value, _)| unescaped(value.trim())).collect()
}

fn unescaped(text: &str) -> String {
    // The ampersand is last, because `&amp;lt;` must become `&lt;`.
    let named = text.replace("&lt;", "<").replace("&gt;", ">").replace("&apos;", "'").replace("&quot;", "\"");
    named.replace("&#39;", "'").replace("&#34;", "\"").replace("&amp;", "&")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn elements_are_unescaped() {
        let xml = b"<a><member>one</member><member> {&#34;b&quot;: 1} &amp;lt; </member></a>";
        assert_eq!(elements(xml, "member"), ["one", "{\"b\": 1} &lt;"]);
        assert_eq!(element(xml, "member").as_deref(), Some("one"));
        assert_eq!(element(xml, "missing"), None);
    }
}

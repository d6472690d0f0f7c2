//! Validation of strings.

/// Validates one line of text.
pub(super) fn line(text: &str, most: usize) -> Result<String, String> {
    let fits = (1..=most).contains(&text.chars().count()) && text.trim() == text && !text.chars().any(char::is_control);
    if fits {
        Ok(text.to_owned())
    } else {
        Err(format!("must have 1 to {most} characters in one line, without a space at either end"))
    }
}

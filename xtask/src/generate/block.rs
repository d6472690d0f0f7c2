//! The generated part of a file that is otherwise written by hand.

use anyhow::{Context, Result};

/// Replaces the lines between two comments, `begin generated: <name>` and `end generated`.
pub(super) fn replace_block(text: &str, name: &str, block: &str) -> Result<String> {
    let mark = format!("begin generated: {name}");
    let begin = text.find(&mark).with_context(|| format!("there is no line `{mark}`"))?;
    let begin = begin + text[begin..].find('\n').context("the block has no lines")? + 1;
    let end = text[begin..].find("end generated").context("there is no line `end generated`")? + begin;
    let end = text[..end].rfind('\n').map_or(begin, |line| line + 1);
    Ok(format!("{}{block}{}", &text[..begin], &text[end..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn block_is_replaced_between_its_marks() {
        let text = "a\n  # begin generated: steps\n  old\n  # end generated\nb\n";
        let replaced = replace_block(text, "steps", "  new\n").unwrap();
        assert_eq!(replaced, "a\n  # begin generated: steps\n  new\n  # end generated\nb\n");
        assert_eq!(replace_block(&replaced, "steps", "  new\n").unwrap(), replaced);
        assert!(replace_block(text, "functions", "").is_err());
        let manual = "<!-- begin generated: steps -->\n<!-- end generated -->\n";
        let replaced = replace_block(manual, "steps", "new\n").unwrap();
        assert_eq!(replaced, "<!-- begin generated: steps -->\nnew\n<!-- end generated -->\n");
    }
}

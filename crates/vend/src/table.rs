//! Tables of words.

use crate::style::{self, paint};

/// Columns as wide as their content. A column named `STATE` or `STATUS` is colored.
pub(crate) fn render(names: &[&str], rows: &[Vec<String>]) -> String {
    let width = |column: usize| {
        let cells = rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count());
        cells.chain([names[column].len()]).max().unwrap_or_default()
    };
    let widths: Vec<usize> = (0..names.len()).map(width).collect();
    let heading: Vec<String> = names.iter().zip(&widths).map(|(name, &width)| format!("{name:<width$}")).collect();
    let mut lines = vec![paint(style::DIM, heading.join("  ").trim_end())];
    for row in rows {
        let cells = row.iter().zip(names).zip(&widths);
        let cells: Vec<String> = cells.map(|((cell, name), &width)| padded(name, cell, width)).collect();
        lines.push(cells.join("  ").trim_end().to_owned());
    }
    lines.join("\n")
}

fn padded(name: &str, cell: &str, width: usize) -> String {
    match name {
        "STATE" | "STATUS" => style::state(cell, width),
        _ => format!("{:<width$}", style::clean(cell)),
    }
}

//! The tables of the manual.

use std::fs;

use strum::VariantArray;
use vending_policies::{Cases, Chain, Content, Document, Named, Placeholder, PolicyType};

use crate::guides::guides;
use crate::organization::{Organization, read, root};

const POLICIES: &str = "docs/src/configure/policies.md";
const GUIDES: &str = "docs/src/security/policies-in-guides.md";

/// Compares the pages with the policies. `cargo xtask generate` uses the same test to write the pages.
#[test]
fn pages_match_the_policies() {
    for (path, page) in [(POLICIES, policies_page()), (GUIDES, guides_page())] {
        if std::env::var_os("ACCOUNT_VENDING_WRITE_SCHEMAS").is_some() {
            fs::write(root().join(path), page).unwrap();
        } else {
            assert!(read(path) == page, "{path} does not match the policies; run `cargo xtask generate`");
        }
    }
}

fn policies_page() -> String {
    let organization = Organization::read();
    let page = replace(&read(POLICIES), "policies", &table_of_policies(&organization));
    let page = replace(&page, "why", &why(&organization));
    let page = replace(&page, "placeholders", &table_of_placeholders());
    replace(&page, "principals", &table_of_principals())
}

fn guides_page() -> String {
    let mut page = read(GUIDES);
    for guide in guides() {
        let table = format!("```json\n{}\n```\n\n{}", guide.document, guide.table());
        page = replace(&page, guide.name, &table);
    }
    page
}

/// Replaces a generated block, by its name.
fn replace(page: &str, name: &str, content: &str) -> String {
    let begin = format!("<!-- begin generated: {name} -->\n");
    let (before, rest) = page.split_once(&begin).unwrap_or_else(|| panic!("no block {name}"));
    let (_, after) = rest.split_once("<!-- end generated -->").unwrap();
    format!("{before}{begin}\n{content}\n<!-- end generated -->{after}")
}

fn table_of_policies(organization: &Organization) -> String {
    let row = |(name, content): (&String, &Content)| {
        let place = |path: &str| if path.is_empty() { "the root".to_owned() } else { path.to_owned() };
        let places: Vec<String> = organization.places_of(name).iter().map(|one| place(&one.path)).collect();
        let (policy_type, size, most) = (content.policy_type(), content.size(), content.policy_type().maximum_size());
        format!("| `{name}` | `{policy_type}` | {} | {size} | {most} |\n", places.join(", "))
    };
    let rows: String = organization.contents.iter().map(row).collect();
    format!("| Policy | Type | Attached to | Characters | At most |\n|---|---|---|---|---|\n{rows}")
}

/// What each policy is for and what it breaks, from its cases.
fn why(organization: &Organization) -> String {
    let section = |(name, cases): (&String, &Cases)| {
        format!("### `{name}`\n\n{}\n\n**Breaks:** {}\n", one_line(&cases.why), one_line(&cases.breaks))
    };
    organization.cases.iter().map(section).collect::<Vec<_>>().join("\n")
}

fn table_of_placeholders() -> String {
    let row = |placeholder: &Placeholder| {
        let files = match (placeholder.is_for_documents(), placeholder.is_for_cases()) {
            (true, true) => "documents, cases",
            (true, false) => "documents, as a list",
            _ => "cases",
        };
        let (meaning, source) = (placeholder.meaning(), placeholder.source());
        format!("| `{{{{{placeholder}}}}}` | {meaning} | {source} | {files} |\n")
    };
    let rows: String = Placeholder::VARIANTS.iter().map(row).collect();
    format!("| Placeholder | Stands for | From | In |\n|---|---|---|---|\n{rows}")
}

fn table_of_principals() -> String {
    let row = |named: &Named| format!("| `{named}` | {} |\n", named.meaning());
    let rows: String = Named::VARIANTS.iter().map(row).collect();
    format!("| `who` | Principal |\n|---|---|\n{rows}")
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The first fenced block of a language after a heading.
fn block<'a>(page: &'a str, heading: &str, language: &str) -> &'a str {
    let (_, rest) = page.split_once(&format!("\n## {heading}\n")).unwrap();
    let (_, rest) = rest.split_once(&format!("```{language}\n")).unwrap();
    rest.split_once("```").unwrap().0
}

#[test]
fn example_of_the_manual_passes_its_cases() {
    let page = read(POLICIES);
    let values = Organization::read().values;
    let document = Document::parse("example", PolicyType::Scp, block(&page, "Write a policy", "json")).unwrap();
    let cases = Cases::parse("example", block(&page, "Write cases", "yaml")).unwrap();
    let chain = Chain::alone(document.fill(&values).unwrap());
    assert_eq!(chain.try_cases(&cases, &values), Ok(vec![]));
    assert!(!Chain::default().try_cases(&cases, &values).unwrap().is_empty());
}

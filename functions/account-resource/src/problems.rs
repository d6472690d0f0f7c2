//! What is wrong with a request, told in the names of the properties.

use vending_core::Problem;

use crate::properties::{TAGS, swapped};

/// Names that details mention and that are no words of plain English.
const MENTIONED: [&str; 5] = ["accountName", "accountEmail", "organizationalUnit", "ownerId", "repositoryId"];

pub(crate) fn in_properties(problem: &Problem) -> String {
    let names = problem.pointer.trim_start_matches('/').split('/');
    let mut names = names.map(|name| name.replace("~1", "/").replace("~0", "~"));
    let property = swapped(&names.next().unwrap_or_default());
    let detail = detail(&problem.detail);
    if property == TAGS {
        let key = names.next().map(|key| format!(" `{key}`")).unwrap_or_default();
        return format!("{property}:{key} {detail}");
    }
    let below: String = names.map(|name| step(&name)).collect();
    format!("{property}{below}: {detail}")
}

/// One level down: an entry of a list, or a property.
fn step(name: &str) -> String {
    let is_place = name.bytes().all(|byte| byte.is_ascii_digit());
    if is_place { format!("[{name}]") } else { format!(".{}", swapped(name)) }
}

fn detail(detail: &str) -> String {
    if let Some(known) = detail.strip_prefix("is not a field here; the fields are ") {
        let known: Vec<String> = known.split(", ").map(swapped).collect();
        return format!("is not a property here; the properties are {}", known.join(", "));
    }
    MENTIONED.iter().fold(detail.to_owned(), |text, field| text.replace(field, &swapped(field)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn problems_are_told_in_the_names_of_the_properties() {
        for (path, detail, told) in [
            (vec!["accountName"], "is required", "AccountName: is required"),
            (vec!["tags", "aws:a/b"], "must not", "Tags: `aws:a/b` must not"),
            (
                vec!["accountEmail"],
                "the email derived from accountName is wrong; give accountEmail",
                "AccountEmail: the email derived from AccountName is wrong; give AccountEmail",
            ),
            (vec!["githubDeploy", "0", "branches", "1"], "must not", "GithubDeploy[0].Branches[1]: must not"),
            (
                vec!["githubDeploy", "0", "repositoryId"],
                "is required together with ownerId",
                "GithubDeploy[0].RepositoryId: is required together with OwnerId",
            ),
            (
                vec!["access", "0", "Group"],
                "is not a field here; the fields are group, user, permissionSet",
                "Access[0].group: is not a property here; the properties are Group, User, PermissionSet",
            ),
            (vec!["contacts", "security", "phone"], "is required", "Contacts.Security.Phone: is required"),
        ] {
            assert_eq!(in_properties(&Problem::at(&path, detail)), told);
        }
    }
}

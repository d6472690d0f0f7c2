//! Converts the validation errors of a request to errors of the properties.

use vending_core::Problem;

use crate::properties::{TAGS, swap_case};

/// The field names in the details of problems.
const FIELD_NAMES: [&str; 5] = ["accountName", "accountEmail", "organizationalUnit", "ownerId", "repositoryId"];

/// The problem with names of properties instead of fields.
pub(crate) fn property_error(problem: &Problem) -> String {
    let names = problem.pointer.trim_start_matches('/').split('/');
    let mut names = names.map(|name| name.replace("~1", "/").replace("~0", "~"));
    let property = swap_case(&names.next().unwrap_or_default());
    let detail = detail(&problem.detail);
    if property == TAGS {
        let key = names.next().map(|key| format!(" `{key}`")).unwrap_or_default();
        return format!("{property}:{key} {detail}");
    }
    let path: String = names.map(|name| path_segment(&name)).collect();
    format!("{property}{path}: {detail}")
}

/// An index of a list, or a property.
fn path_segment(name: &str) -> String {
    let is_index = name.bytes().all(|byte| byte.is_ascii_digit());
    if is_index { format!("[{name}]") } else { format!(".{}", swap_case(name)) }
}

fn detail(detail: &str) -> String {
    if let Some(known) = detail.strip_prefix("is an unknown field; expected one of ") {
        let known: Vec<String> = known.split(", ").map(swap_case).collect();
        return format!("is an unknown property; expected one of {}", known.join(", "));
    }
    FIELD_NAMES.iter().fold(detail.to_owned(), |detail, field| detail.replace(field, &swap_case(field)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn problems_have_property_names() {
        for (path, detail, expected) in [
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
                "is an unknown field; expected one of group, user, permissionSet",
                "Access[0].group: is an unknown property; expected one of Group, User, PermissionSet",
            ),
            (vec!["contacts", "security", "phone"], "is required", "Contacts.Security.Phone: is required"),
        ] {
            assert_eq!(property_error(&Problem::at(&path, detail)), expected);
        }
    }
}

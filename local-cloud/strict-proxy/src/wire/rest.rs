//! The operations of REST services with JSON, which only the method and the path identify.

use hyper::Method;
use percent_encoding::percent_decode_str;

/// By service, method, and path. `{Name}` is a parameter.
const OPERATIONS: [(&str, Method, &str, &str); 35] = [
    ("access-analyzer", Method::GET, "/analyzer", "ListAnalyzers"),
    ("access-analyzer", Method::PUT, "/analyzer", "CreateAnalyzer"),
    ("access-analyzer", Method::GET, "/analyzer/{analyzerName}", "GetAnalyzer"),
    ("access-analyzer", Method::PUT, "/analyzer/{analyzerName}", "UpdateAnalyzer"),
    ("access-analyzer", Method::DELETE, "/analyzer/{analyzerName}", "DeleteAnalyzer"),
    ("guardduty", Method::GET, "/admin", "ListOrganizationAdminAccounts"),
    ("guardduty", Method::POST, "/admin/enable", "EnableOrganizationAdminAccount"),
    ("guardduty", Method::POST, "/admin/disable", "DisableOrganizationAdminAccount"),
    ("guardduty", Method::GET, "/detector", "ListDetectors"),
    ("guardduty", Method::POST, "/detector", "CreateDetector"),
    ("guardduty", Method::GET, "/detector/{DetectorId}", "GetDetector"),
    ("guardduty", Method::POST, "/detector/{DetectorId}", "UpdateDetector"),
    ("guardduty", Method::DELETE, "/detector/{DetectorId}", "DeleteDetector"),
    ("guardduty", Method::GET, "/detector/{DetectorId}/admin", "DescribeOrganizationConfiguration"),
    ("guardduty", Method::POST, "/detector/{DetectorId}/admin", "UpdateOrganizationConfiguration"),
    ("guardduty", Method::GET, "/detector/{DetectorId}/administrator", "GetAdministratorAccount"),
    ("guardduty", Method::GET, "/detector/{DetectorId}/member", "ListMembers"),
    ("guardduty", Method::POST, "/detector/{DetectorId}/member", "CreateMembers"),
    ("guardduty", Method::POST, "/detector/{DetectorId}/member/get", "GetMembers"),
    ("guardduty", Method::POST, "/detector/{DetectorId}/member/delete", "DeleteMembers"),
    ("securityhub", Method::GET, "/accounts", "DescribeHub"),
    ("securityhub", Method::POST, "/accounts", "EnableSecurityHub"),
    ("securityhub", Method::PATCH, "/accounts", "UpdateSecurityHubConfiguration"),
    ("securityhub", Method::DELETE, "/accounts", "DisableSecurityHub"),
    ("securityhub", Method::GET, "/administrator", "GetAdministratorAccount"),
    ("securityhub", Method::GET, "/members", "ListMembers"),
    ("securityhub", Method::POST, "/members", "CreateMembers"),
    ("securityhub", Method::POST, "/members/get", "GetMembers"),
    ("securityhub", Method::POST, "/members/delete", "DeleteMembers"),
    ("securityhub", Method::GET, "/organization/admin", "ListOrganizationAdminAccounts"),
    ("securityhub", Method::POST, "/organization/admin/enable", "EnableOrganizationAdminAccount"),
    ("securityhub", Method::GET, "/organization/configuration", "DescribeOrganizationConfiguration"),
    ("securityhub", Method::POST, "/organization/configuration", "UpdateOrganizationConfiguration"),
    ("securityhub", Method::POST, "/standards/get", "GetEnabledStandards"),
    ("securityhub", Method::POST, "/standards/register", "BatchEnableStandards"),
];

/// Returns the operation and its path parameters, or `None` if the operation is not listed.
pub(super) fn parse(service: &str, method: &Method, path: &str) -> Option<(&'static str, Vec<(String, String)>)> {
    let mut of_call = OPERATIONS.iter().filter(|(known, verb, ..)| *known == service && verb == method);
    of_call.find_map(|(.., pattern, operation)| Some((*operation, match_path(pattern, path)?)))
}

/// Returns the parameters of a path that matches the pattern.
fn match_path(pattern: &str, path: &str) -> Option<Vec<(String, String)>> {
    let (pattern, path): (Vec<&str>, Vec<&str>) = (segments(pattern).collect(), segments(path).collect());
    if pattern.len() != path.len() {
        return None;
    }
    let mut parameters = Vec::new();
    for (expected, segment) in pattern.into_iter().zip(path) {
        match expected.strip_prefix('{').and_then(|name| name.strip_suffix('}')) {
            Some(name) => parameters.push((name.to_owned(), decoded(segment))),
            None if expected == segment => {}
            None => return None,
        }
    }
    Some(parameters)
}

fn segments(path: &str) -> impl Iterator<Item = &str> {
    path.trim_matches('/').split('/')
}

fn decoded(segment: &str) -> String {
    percent_decode_str(segment).decode_utf8_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_are_named_by_method_and_path() {
        let name = |service, method, path| parse(service, &method, path).map(|(operation, _)| operation);
        assert_eq!(name("access-analyzer", Method::PUT, "/analyzer"), Some("CreateAnalyzer"));
        assert_eq!(name("guardduty", Method::POST, "/detector"), Some("CreateDetector"));
        assert_eq!(name("guardduty", Method::GET, "/detector/d/admin"), Some("DescribeOrganizationConfiguration"));
        assert_eq!(name("securityhub", Method::POST, "/members/get"), Some("GetMembers"));
        assert_eq!(name("securityhub", Method::POST, "/detector"), None);
        assert_eq!(name("guardduty", Method::PATCH, "/detector"), None);
    }

    #[test]
    fn parameters_are_read_from_the_path() {
        let (_, parameters) = parse("access-analyzer", &Method::GET, "/analyzer/a%20b").unwrap();
        assert_eq!(parameters, [("analyzerName".to_owned(), "a b".to_owned())]);
    }
}

//! Profiles that need an MFA code, which the Rust SDK does not ask for.

use std::fs;
use std::path::PathBuf;

use etcetera::home_dir;

use crate::variables;

const CONFIG_FILE: &str = "AWS_CONFIG_FILE";
const DEFAULT_PROFILE: &str = "default";

/// The profile that is used, if it needs an MFA code.
pub(crate) fn profile(name: Option<&str>) -> Option<String> {
    let path =
        variables::read(CONFIG_FILE).map(PathBuf::from).or_else(|| Some(home_dir().ok()?.join(".aws/config")))?;
    let name = name.map(str::to_owned).or_else(|| variables::read(variables::AWS_PROFILE));
    let name = name.unwrap_or_else(|| DEFAULT_PROFILE.to_owned());
    needs_mfa(&fs::read_to_string(path).ok()?, &name).then_some(name)
}

fn needs_mfa(config: &str, profile: &str) -> bool {
    let mut is_inside = false;
    for line in config.lines().map(str::trim) {
        if let Some(section) = line.strip_prefix('[').and_then(|rest| rest.split(']').next()) {
            let section = section.trim();
            is_inside = section.strip_prefix("profile ").map_or(section, str::trim) == profile;
        } else if is_inside && line.split('=').next().is_some_and(|key| key.trim() == "mfa_serial") {
            return true;
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mfa_is_found_in_the_section_of_the_profile() {
        let config = "[default]\nregion = x\n[profile admin]\nrole_arn = y\nmfa_serial = arn:mfa\n[profile other]\n";
        assert!(needs_mfa(config, "admin"));
        assert!(!needs_mfa(config, "default"));
        assert!(!needs_mfa(config, "other"));
        assert!(!needs_mfa(config, "missing"));
    }
}

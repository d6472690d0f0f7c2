//! The organization access role of new accounts: moto creates it without permissions.

use crate::emulators::{Emulator, Upstreams};

const NAME: &str = "OrganizationAccountAccessRole";
const POLICY: &str = "arn:aws:iam::aws:policy/AdministratorAccess";

pub(super) async fn attach_administrator_access(upstreams: &Upstreams, account: &str, role: Option<&str>) {
    let administrator = [("RoleName", role.unwrap_or(NAME)), ("PolicyArn", POLICY)];
    // If this fails, the role has no permissions, and its callers are denied.
    drop(upstreams.iam(Emulator::Aws, account, "AttachRolePolicy", &administrator).await);
}

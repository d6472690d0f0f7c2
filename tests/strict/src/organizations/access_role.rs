//! The role that Organizations makes in the accounts that it creates: moto makes it, and gives it no permissions.

use crate::emulators::{Emulator, Upstreams};

const NAME: &str = "OrganizationAccountAccessRole";
const POLICY: &str = "arn:aws:iam::aws:policy/AdministratorAccess";

pub(super) async fn empower(upstreams: &Upstreams, account: &str, role: Option<&str>) {
    let administrator = [("RoleName", role.unwrap_or(NAME)), ("PolicyArn", POLICY)];
    // Without it the role may do nothing, and says so to whoever uses it.
    drop(upstreams.iam(Emulator::Aws, account, "AttachRolePolicy", &administrator).await);
}

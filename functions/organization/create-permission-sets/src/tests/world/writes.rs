//! The calls that change permission sets.

use aws_sdk_ssoadmin::Client;
use aws_sdk_ssoadmin::operation::attach_managed_policy_to_permission_set::{
    AttachManagedPolicyToPermissionSetError, AttachManagedPolicyToPermissionSetOutput,
};
use aws_sdk_ssoadmin::operation::create_permission_set::{CreatePermissionSetError, CreatePermissionSetOutput};
use aws_sdk_ssoadmin::operation::delete_inline_policy_from_permission_set::DeleteInlinePolicyFromPermissionSetOutput;
use aws_sdk_ssoadmin::operation::delete_permission_set::DeletePermissionSetOutput;
use aws_sdk_ssoadmin::operation::detach_managed_policy_from_permission_set::DetachManagedPolicyFromPermissionSetOutput;
use aws_sdk_ssoadmin::operation::provision_permission_set::{
    ProvisionPermissionSetError, ProvisionPermissionSetOutput,
};
use aws_sdk_ssoadmin::operation::put_inline_policy_to_permission_set::{
    PutInlinePolicyToPermissionSetError, PutInlinePolicyToPermissionSetOutput,
};
use aws_sdk_ssoadmin::operation::update_permission_set::{UpdatePermissionSetError, UpdatePermissionSetOutput};
use aws_sdk_ssoadmin::types::error::ConflictException;
use aws_sdk_ssoadmin::types::{PermissionSet, ProvisionTargetType};
use aws_smithy_mocks::{MockResponse, Rule, mock};
use aws_smithy_types::error::ErrorMetadata;

use super::{Outcome, Set, State, World, arn};

impl World {
    pub(super) fn writes(&self) -> Vec<Rule> {
        [self.creates(), self.changes_policies(), self.changes_inline_policy(), self.provisions(), self.deletes()]
            .concat()
    }

    /// Records a write. A change makes the accounts that have the permission set outdated.
    fn write(&self, operation: &str, arn: &str, change: impl FnOnce(&mut Set)) {
        let mut state = self.state();
        state.writes.push(format!("{operation} {}", arn.rsplit('/').next().unwrap()));
        let set = state.sets.get_mut(arn).unwrap();
        change(set);
        set.accounts.values_mut().for_each(|is_latest| *is_latest = false);
    }

    /// Whether the response of this operation is lost.
    fn loses(&self, operation: &str) -> bool {
        self.state().loses.take_if(|lost| *lost == operation).is_some()
    }

    fn creates(&self) -> Vec<Rule> {
        let world = self.clone();
        let create = mock!(Client::create_permission_set).then_compute_response(move |create| {
            let name = create.name().unwrap();
            let mut state = world.state();
            if state.sets.contains_key(&arn(name)) {
                let conflict = ConflictException::builder().message("exists").build();
                return MockResponse::Error(CreatePermissionSetError::ConflictException(conflict));
            }
            let set = Set {
                name: name.to_owned(),
                tag: Some(create.tags()[0].value().to_owned()),
                description: create.description().map(str::to_owned),
                session: create.session_duration().unwrap().to_owned(),
                ..Set::default()
            };
            state.sets.insert(arn(name), set);
            state.writes.push(format!("CreatePermissionSet {name}"));
            drop(state);
            if world.loses("CreatePermissionSet") {
                return MockResponse::Error(CreatePermissionSetError::generic(lost()));
            }
            let set = PermissionSet::builder().permission_set_arn(arn(name)).build();
            MockResponse::Output(CreatePermissionSetOutput::builder().permission_set(set).build())
        });
        let world = self.clone();
        let update = mock!(Client::update_permission_set).then_compute_response(move |update| {
            world.write("UpdatePermissionSet", update.permission_set_arn().unwrap(), |set| {
                set.description = update.description().map(str::to_owned);
                set.session = update.session_duration().unwrap().to_owned();
                set.relay_state = update.relay_state().map(str::to_owned);
            });
            if world.loses("UpdatePermissionSet") {
                return MockResponse::Error(UpdatePermissionSetError::generic(lost()));
            }
            MockResponse::Output(UpdatePermissionSetOutput::builder().build())
        });
        vec![create, update]
    }

    fn changes_policies(&self) -> Vec<Rule> {
        let world = self.clone();
        let attach = mock!(Client::attach_managed_policy_to_permission_set).then_compute_response(move |attach| {
            let policy = attach.managed_policy_arn().unwrap();
            world.write("AttachManagedPolicy", attach.permission_set_arn().unwrap(), |set| {
                assert!(set.policies.insert(policy.to_owned()), "{policy} is attached");
            });
            if world.loses("AttachManagedPolicy") {
                return MockResponse::Error(AttachManagedPolicyToPermissionSetError::generic(lost()));
            }
            MockResponse::Output(AttachManagedPolicyToPermissionSetOutput::builder().build())
        });
        let world = self.clone();
        let detach = mock!(Client::detach_managed_policy_from_permission_set).then_compute_output(move |detach| {
            world.write("DetachManagedPolicy", detach.permission_set_arn().unwrap(), |set| {
                assert!(set.policies.remove(detach.managed_policy_arn().unwrap()), "is not attached");
            });
            DetachManagedPolicyFromPermissionSetOutput::builder().build()
        });
        vec![attach, detach]
    }

    fn changes_inline_policy(&self) -> Vec<Rule> {
        let world = self.clone();
        let put = mock!(Client::put_inline_policy_to_permission_set).then_compute_response(move |put| {
            let policy = put.inline_policy().unwrap().to_owned();
            assert!(!policy.contains('\n') && !policy.contains(": "), "{policy} is not minified");
            world.write("PutInlinePolicy", put.permission_set_arn().unwrap(), |set| set.inline_policy = Some(policy));
            if world.loses("PutInlinePolicy") {
                return MockResponse::Error(PutInlinePolicyToPermissionSetError::generic(lost()));
            }
            MockResponse::Output(PutInlinePolicyToPermissionSetOutput::builder().build())
        });
        let world = self.clone();
        let delete = mock!(Client::delete_inline_policy_from_permission_set).then_compute_output(move |delete| {
            world.write("DeleteInlinePolicy", delete.permission_set_arn().unwrap(), |set| set.inline_policy = None);
            DeleteInlinePolicyFromPermissionSetOutput::builder().build()
        });
        vec![put, delete]
    }

    fn provisions(&self) -> Vec<Rule> {
        let world = self.clone();
        let provision = mock!(Client::provision_permission_set).then_compute_response(move |provision| {
            assert_eq!(provision.target_type(), Some(&ProvisionTargetType::AllProvisionedAccounts));
            let arn = provision.permission_set_arn().unwrap();
            let mut state = world.state();
            state.writes.push(format!("ProvisionPermissionSet {}", arn.rsplit('/').next().unwrap()));
            let outcome = state.outcome;
            state.provisionings.push((arn.to_owned(), outcome));
            state.end_provisioning(arn);
            drop(state);
            if world.loses("ProvisionPermissionSet") {
                return MockResponse::Error(ProvisionPermissionSetError::generic(lost()));
            }
            MockResponse::Output(ProvisionPermissionSetOutput::builder().build())
        });
        vec![provision]
    }

    fn deletes(&self) -> Vec<Rule> {
        let world = self.clone();
        let delete = mock!(Client::delete_permission_set).then_compute_output(move |delete| {
            let mut state = world.state();
            let set = state.sets.remove(delete.permission_set_arn().unwrap()).unwrap();
            assert!(set.accounts.is_empty(), "{set:?} is assigned");
            state.writes.push(format!("DeletePermissionSet {}", set.name));
            DeletePermissionSetOutput::builder().build()
        });
        vec![delete]
    }
}

impl State {
    /// If it is done, all accounts that can be provisioned have the latest version.
    pub(in crate::tests) fn end_provisioning(&mut self, arn: &str) {
        let Some((_, Outcome::Done)) = self.provisionings.last() else { return };
        let inactive = self.inactive.clone();
        let accounts = self.sets.get_mut(arn).unwrap().accounts.iter_mut();
        let active = accounts.filter(|(id, _)| !inactive.contains(*id) && *id != super::MANAGEMENT);
        active.for_each(|(_, is_latest)| *is_latest = true);
    }
}

fn lost() -> ErrorMetadata {
    ErrorMetadata::builder().code("InternalServerException").message("no response").build()
}

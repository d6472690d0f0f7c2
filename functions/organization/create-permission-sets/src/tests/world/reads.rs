//! The calls that read permission sets.

use aws_sdk_ssoadmin::Client;
use aws_sdk_ssoadmin::operation::describe_permission_set::DescribePermissionSetOutput;
use aws_sdk_ssoadmin::operation::describe_permission_set_provisioning_status::DescribePermissionSetProvisioningStatusOutput;
use aws_sdk_ssoadmin::operation::get_inline_policy_for_permission_set::GetInlinePolicyForPermissionSetOutput;
use aws_sdk_ssoadmin::operation::list_accounts_for_provisioned_permission_set::ListAccountsForProvisionedPermissionSetOutput;
use aws_sdk_ssoadmin::operation::list_customer_managed_policy_references_in_permission_set::ListCustomerManagedPolicyReferencesInPermissionSetOutput;
use aws_sdk_ssoadmin::operation::list_instances::ListInstancesOutput;
use aws_sdk_ssoadmin::operation::list_managed_policies_in_permission_set::ListManagedPoliciesInPermissionSetOutput;
use aws_sdk_ssoadmin::operation::list_permission_set_provisioning_status::ListPermissionSetProvisioningStatusOutput;
use aws_sdk_ssoadmin::operation::list_permission_sets::{ListPermissionSetsError, ListPermissionSetsOutput};
use aws_sdk_ssoadmin::operation::list_tags_for_resource::ListTagsForResourceOutput;
use aws_sdk_ssoadmin::types::error::ValidationException;
use aws_sdk_ssoadmin::types::{
    AttachedManagedPolicy, CustomerManagedPolicyReference, InstanceMetadata, PermissionSet,
    PermissionSetProvisioningStatus, PermissionSetProvisioningStatusMetadata, ProvisioningStatus, StatusValues, Tag,
};
use aws_smithy_mocks::{MockResponse, Rule, mock};
use vending_core::GROUND_TAG;

use super::{INSTANCE, Outcome, World};

impl World {
    pub(super) fn reads(&self) -> Vec<Rule> {
        [self.lists(), self.reads_set(), self.reads_provisionings()].concat()
    }

    fn lists(&self) -> Vec<Rule> {
        let world = self.clone();
        let instances = mock!(Client::list_instances).then_compute_output(move |_| {
            let instance = world.state().instance.clone().map(|instance| {
                let found = InstanceMetadata::builder().instance_arn(INSTANCE).identity_store_id("d-1");
                let found = found.owner_account_id(instance.owner).status(instance.status);
                found.primary_region(instance.primary_region).status_reason("the key is disabled").build()
            });
            ListInstancesOutput::builder().set_instances(Some(instance.into_iter().collect())).build()
        });
        let world = self.clone();
        let sets = mock!(Client::list_permission_sets).then_compute_response(move |_| {
            let state = world.state();
            if let Some(why) = state.instance.as_ref().and_then(|instance| instance.unsupported) {
                let invalid = ValidationException::builder().message(why).build();
                return MockResponse::Error(ListPermissionSetsError::ValidationException(invalid));
            }
            let arns = state.sets.keys().cloned().collect();
            MockResponse::Output(ListPermissionSetsOutput::builder().set_permission_sets(Some(arns)).build())
        });
        vec![instances, sets]
    }

    fn reads_set(&self) -> Vec<Rule> {
        let world = self.clone();
        let describe = mock!(Client::describe_permission_set).then_compute_output(move |describe| {
            let mut state = world.state();
            state.reads += 1;
            let set = state.sets[describe.permission_set_arn().unwrap()].clone();
            let found = PermissionSet::builder().name(set.name).session_duration(set.session);
            let found = found.set_description(set.description).set_relay_state(set.relay_state);
            DescribePermissionSetOutput::builder().permission_set(found.build()).build()
        });
        let world = self.clone();
        let tags = mock!(Client::list_tags_for_resource).then_compute_output(move |list| {
            let tag = world.state().sets[list.resource_arn().unwrap()].tag.clone();
            let tag = tag.map(|value| Tag::builder().key(GROUND_TAG).value(value).build().unwrap());
            ListTagsForResourceOutput::builder().set_tags(Some(tag.into_iter().collect())).build()
        });
        let world = self.clone();
        let policies = mock!(Client::list_managed_policies_in_permission_set).then_compute_output(move |list| {
            let policies = world.state().sets[list.permission_set_arn().unwrap()].policies.clone();
            let policies = policies.into_iter().map(|arn| AttachedManagedPolicy::builder().arn(arn).build()).collect();
            let found = ListManagedPoliciesInPermissionSetOutput::builder();
            found.set_attached_managed_policies(Some(policies)).build()
        });
        let world = self.clone();
        let customer =
            mock!(Client::list_customer_managed_policy_references_in_permission_set).then_compute_output(move |list| {
                let names = world.state().sets[list.permission_set_arn().unwrap()].customer_managed.clone();
                let policy = |name| CustomerManagedPolicyReference::builder().name(name).build().unwrap();
                let found = ListCustomerManagedPolicyReferencesInPermissionSetOutput::builder();
                found.set_customer_managed_policy_references(Some(names.into_iter().map(policy).collect())).build()
            });
        let world = self.clone();
        let inline = mock!(Client::get_inline_policy_for_permission_set).then_compute_output(move |get| {
            let inline = world.state().sets[get.permission_set_arn().unwrap()].inline_policy.clone();
            GetInlinePolicyForPermissionSetOutput::builder().inline_policy(inline.unwrap_or_default()).build()
        });
        vec![describe, tags, policies, customer, inline]
    }

    fn reads_provisionings(&self) -> Vec<Rule> {
        let world = self.clone();
        let accounts = mock!(Client::list_accounts_for_provisioned_permission_set).then_compute_output(move |list| {
            let accounts = world.state().sets[list.permission_set_arn().unwrap()].accounts.clone();
            let is_listed = |is_latest: bool| match list.provisioning_status() {
                None => true,
                Some(ProvisioningStatus::LatestPermissionSetProvisioned) => is_latest,
                Some(_) => !is_latest,
            };
            let listed =
                accounts.into_iter().filter(|(_, is_latest)| is_listed(*is_latest)).map(|(id, _)| id).collect();
            ListAccountsForProvisionedPermissionSetOutput::builder().set_account_ids(Some(listed)).build()
        });
        let world = self.clone();
        let list = mock!(Client::list_permission_set_provisioning_status).then_compute_output(move |list| {
            let wanted = list.filter().and_then(|filter| filter.status()).unwrap();
            let state = world.state();
            let requests =
                (0..state.provisionings.len()).filter(|index| status(state.provisionings[*index].1) == *wanted);
            let requests = requests.map(|index| {
                let request = PermissionSetProvisioningStatusMetadata::builder().request_id(index.to_string());
                request.status(wanted.clone()).created_date(std::time::SystemTime::now().into()).build()
            });
            let found = ListPermissionSetProvisioningStatusOutput::builder();
            found.set_permission_sets_provisioning_status(Some(requests.collect())).build()
        });
        let world = self.clone();
        let describe =
            mock!(Client::describe_permission_set_provisioning_status).then_compute_output(move |describe| {
                let index: usize = describe.provision_permission_set_request_id().unwrap().parse().unwrap();
                let (arn, outcome) = world.state().provisionings[index].clone();
                let request =
                    PermissionSetProvisioningStatus::builder().permission_set_arn(arn).status(status(outcome));
                let request = request.failure_reason("denied by a policy").account_id("111111111111").build();
                let found = DescribePermissionSetProvisioningStatusOutput::builder();
                found.permission_set_provisioning_status(request).build()
            });
        vec![accounts, list, describe]
    }
}

fn status(outcome: Outcome) -> StatusValues {
    match outcome {
        Outcome::Done => StatusValues::Succeeded,
        Outcome::InProgress => StatusValues::InProgress,
        Outcome::Failed => StatusValues::Failed,
    }
}

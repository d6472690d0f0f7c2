//! The groups.

use aws_sdk_identitystore::Client;
use aws_sdk_identitystore::operation::create_group::{CreateGroupError, CreateGroupOutput};
use aws_sdk_identitystore::operation::get_group_id::{GetGroupIdError, GetGroupIdOutput};
use aws_sdk_identitystore::types::error::{ConflictException, ResourceNotFoundException};
use aws_sdk_identitystore::types::{AlternateIdentifier, ResourceType};
use aws_smithy_mocks::{MockResponse, Rule, mock};
use aws_smithy_types::Document;

use super::World;

const GROUP: &str = "arn:aws:identitystore:::group/g-1";

impl World {
    pub(super) fn directory(&self) -> Vec<Rule> {
        let world = self.clone();
        let get = mock!(Client::get_group_id).then_compute_response(move |get| {
            let Some(AlternateIdentifier::UniqueAttribute(attribute)) = get.alternate_identifier() else { panic!() };
            let Document::String(name) = attribute.attribute_value() else { panic!() };
            if world.state().groups.contains(name) {
                let found = GetGroupIdOutput::builder().group_id("g-1").identity_store_id("d-1").group_arn(GROUP);
                return MockResponse::Output(found.build().unwrap());
            }
            let missing = ResourceNotFoundException::builder().resource_type(ResourceType::Group).build();
            MockResponse::Error(GetGroupIdError::ResourceNotFoundException(missing))
        });
        let world = self.clone();
        let create = mock!(Client::create_group).then_compute_response(move |create| {
            let name = create.display_name().unwrap();
            let mut state = world.state();
            state.writes.push(format!("CreateGroup {name}"));
            let is_new = state.groups.insert(name.to_owned());
            drop(state);
            if !is_new || world.state().loses.take_if(|lost| *lost == "CreateGroup").is_some() {
                let conflict = ConflictException::builder().message("exists").build();
                return MockResponse::Error(CreateGroupError::ConflictException(conflict));
            }
            let created = CreateGroupOutput::builder().group_id("g-1").identity_store_id("d-1");
            MockResponse::Output(created.group_arn(GROUP).revision("1").build().unwrap())
        });
        vec![get, create]
    }
}

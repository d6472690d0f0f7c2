//! What `vend` asks of AWS itself: who the caller is, and where the API of a stack is.

use roxmltree::{Document, Node};
use vending_client::{Error, HOME_REGION, QueryApi};

use crate::credentials::AwsCredentials;
use crate::variables;

/// The output of the stack with the URL of its API.
const OUTPUT: &str = "ApiUrl";

#[derive(Clone, Debug)]
pub(crate) struct Aws {
    credentials: AwsCredentials,
    region: String,
}

/// The caller, as STS knows it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Identity {
    pub(crate) arn: String,
    pub(crate) account: String,
}

impl Aws {
    pub(crate) fn new(credentials: AwsCredentials, region: Option<String>) -> Self {
        Self { credentials, region: region.unwrap_or_else(|| HOME_REGION.to_owned()) }
    }

    pub(crate) fn identity(&self) -> Result<Identity, Error> {
        let xml = self.api("sts", variables::STS_ENDPOINT).call("GetCallerIdentity", "2011-06-15", &[])?;
        let found = Document::parse(&xml).ok().and_then(|document| {
            let root = document.root_element();
            Some(Identity { arn: text(root, "Arn")?, account: text(root, "Account")? })
        });
        found.ok_or_else(|| unexpected("sts:GetCallerIdentity", "the response has no ARN".to_owned()))
    }

    pub(crate) fn api_url_of_stack(&self, stack: &str) -> Result<String, Error> {
        let api = self.api("cloudformation", variables::CLOUDFORMATION_ENDPOINT);
        let xml = api.call("DescribeStacks", "2010-05-15", &[("StackName", stack)])?;
        let missing = || unexpected("cloudformation:DescribeStacks", format!("the stack has no output {OUTPUT}"));
        output(&xml).ok_or_else(missing)
    }

    fn api(&self, service: &'static str, variable: &str) -> QueryApi {
        let endpoint = variables::read(variable).or_else(|| variables::read(variables::ENDPOINT));
        QueryApi::new(service, &self.region, endpoint.as_deref(), self.credentials.clone())
    }
}

fn output(xml: &str) -> Option<String> {
    let document = Document::parse(xml).ok()?;
    let mut members = document.descendants().filter(|node| is_named(*node, "member"));
    let member = members.find(|member| child(*member, "OutputKey").as_deref() == Some(OUTPUT))?;
    child(member, "OutputValue")
}

/// Responses have a namespace, which differs between services and emulators.
fn is_named(node: Node<'_, '_>, name: &str) -> bool {
    node.is_element() && node.tag_name().name() == name
}

fn text(root: Node<'_, '_>, name: &str) -> Option<String> {
    let node = root.descendants().find(|node| is_named(*node, name))?;
    node.text().map(|text| text.trim().to_owned())
}

fn child(node: Node<'_, '_>, name: &str) -> Option<String> {
    let child = node.children().find(|child| is_named(*child, name))?;
    child.text().map(|text| text.trim().to_owned())
}

fn unexpected(call: &str, reason: String) -> Error {
    Error::Unexpected { call: call.to_owned(), status: Some(200), reason }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn output_is_found_among_others() {
        let xml = r#"<DescribeStacksResponse xmlns="http://cloudformation.amazonaws.com/doc/2010-05-15/"><DescribeStacksResult>
            <Stacks><member><StackName>account-vending</StackName><Outputs>
              <member><OutputKey>RecordsBucket</OutputKey><OutputValue>b</OutputValue></member>
              <member><OutputValue>https://abc/v1</OutputValue><OutputKey>ApiUrl</OutputKey></member>
            </Outputs></member></Stacks></DescribeStacksResult></DescribeStacksResponse>"#;
        assert_eq!(output(xml).unwrap(), "https://abc/v1");
        assert_eq!(output("<Stacks/>"), None);
        assert_eq!(output("{}"), None);
    }
}

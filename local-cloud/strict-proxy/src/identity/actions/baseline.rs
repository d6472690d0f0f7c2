//! Actions of services that are called in new accounts, as in the Service Authorization Reference.

use super::{AuthorizationContext, RequiredAction, arns, linked_role, tags};

impl AuthorizationContext<'_> {
    /// The first analyzer of an account creates the service-linked role.
    pub(super) fn for_access_analyzer(&self) -> Vec<RequiredAction> {
        let (request, action, account) = (self.request, self.action(), &self.caller.account);
        let analyzer = request.string("analyzerName").map(|name| self.regional("access-analyzer", "analyzer/", name));
        let mut actions = vec![RequiredAction::new(&action, analyzer)];
        if request.operation == "CreateAnalyzer" {
            let service = "access-analyzer.amazonaws.com";
            let role = RequiredAction::new("iam:CreateServiceLinkedRole", Some(linked_role(account, service)));
            actions.push(role.with("iam:AWSServiceName", service));
        }
        actions
    }

    /// The resource is the account itself, or a member account that the management account names.
    pub(super) fn for_account(&self) -> RequiredAction {
        let request = self.request;
        let resource = match request.string("AccountId") {
            Some(member) => {
                format!("arn:aws:account::{}:account/{}/{member}", self.management_account, self.organization)
            }
            None => format!("arn:aws:account::{}:account", self.caller.account),
        };
        let required = RequiredAction::new(&self.action(), Some(resource));
        let required = match request.string("RegionName") {
            Some(region) if request.operation != "GetRegionOptStatus" => required.with("account:TargetRegion", region),
            _ => required,
        };
        match request.string("AlternateContactType") {
            Some(kind) => required.with("account:AlternateContactTypes", kind),
            None => required,
        }
    }

    /// AWS Budgets has two actions.
    pub(super) fn for_budgets(&self) -> RequiredAction {
        let request = self.request;
        let action = if request.operation.starts_with("Describe") { "ViewBudget" } else { "ModifyBudget" };
        let within =
            ["Budget", "NewBudget"].into_iter().find_map(|field| request.parameters[field]["BudgetName"].as_str());
        let name = request.string("BudgetName").or(within).unwrap_or("*");
        let budget = format!("arn:aws:budgets::{}:budget/{name}", self.caller.account);
        RequiredAction::new(&format!("budgets:{action}"), Some(budget))
    }

    /// The ID of a recorder is not known here.
    pub(super) fn for_config(&self) -> Vec<RequiredAction> {
        let (request, action) = (self.request, self.action());
        let recorder = &request.parameters["ConfigurationRecorder"];
        let arn = |name: &str| self.regional("config", "configuration-recorder/", &format!("{name}/*"));
        let resource = match request.operation.as_str() {
            "PutConfigurationRecorder" => Some(arn(recorder["name"].as_str().unwrap_or("default"))),
            "DeleteConfigurationRecorder" | "StartConfigurationRecorder" | "StopConfigurationRecorder" => {
                request.string("ConfigurationRecorderName").map(arn)
            }
            "ListTagsForResource" | "TagResource" | "UntagResource" => request.string("ResourceArn").map(str::to_owned),
            _ => None,
        };
        let mut actions = vec![RequiredAction::new(&action, resource.clone())];
        if let Some(role) = ["roleARN", "roleArn"].into_iter().find_map(|field| recorder[field].as_str()) {
            let pass = RequiredAction::new("iam:PassRole", Some(role.to_owned()));
            actions.push(pass.with("iam:PassedToService", "config.amazonaws.com"));
        }
        if request.operation == "PutConfigurationRecorder" && !tags(&request.parameters).is_empty() {
            actions.push(RequiredAction::new("config:TagResource", resource));
        }
        actions
    }

    /// A read is about all monitors or subscriptions. Creating one with tags also tags it.
    pub(super) fn for_cost_explorer(&self) -> Vec<RequiredAction> {
        let (request, action) = (self.request, self.action());
        let all = |kind: &str| Some(format!("arn:aws:ce::{}:{kind}/*", self.caller.account));
        let created = match request.operation.as_str() {
            "GetAnomalyMonitors" => return vec![RequiredAction::new(&action, all("anomalymonitor"))],
            "GetAnomalySubscriptions" => return vec![RequiredAction::new(&action, all("anomalysubscription"))],
            "CreateAnomalyMonitor" => all("anomalymonitor"),
            "CreateAnomalySubscription" => all("anomalysubscription"),
            _ => {
                let fields = ["ResourceArn", "MonitorArn", "SubscriptionArn"];
                let named = fields.into_iter().find_map(|field| request.string(field)).map(str::to_owned);
                return vec![RequiredAction::new(&action, named)];
            }
        };
        let mut actions = vec![RequiredAction::new(&action, None)];
        if !tags(&request.parameters).is_empty() {
            actions.push(RequiredAction::new("ce:TagResource", created));
        }
        actions
    }

    /// A detector that is created with tags has no ID yet.
    pub(super) fn for_guardduty(&self) -> Vec<RequiredAction> {
        let request = self.request;
        let detector = |id: &str| self.regional("guardduty", "detector/", id);
        let named = request.string("DetectorId").map(detector);
        let resource = named.or_else(|| request.string("ResourceArn").map(str::to_owned));
        let mut actions = vec![RequiredAction::new(&self.action(), resource)];
        let has_tags = request.parameters["tags"].as_object().is_some_and(|tags| !tags.is_empty());
        if request.operation == "CreateDetector" && has_tags {
            actions.push(RequiredAction::new("guardduty:TagResource", Some(detector("*"))));
        }
        actions
    }

    /// Only delete operations have resources here.
    pub(super) fn for_ec2(&self) -> Vec<RequiredAction> {
        let request = self.request;
        let resources: &[(&str, &str)] = match request.operation.as_str() {
            "DeleteVpc" => &[("VpcId", "vpc/")],
            "DeleteSubnet" => &[("SubnetId", "subnet/")],
            "DeleteInternetGateway" => &[("InternetGatewayId", "internet-gateway/")],
            "DetachInternetGateway" => &[("InternetGatewayId", "internet-gateway/"), ("VpcId", "vpc/")],
            _ => return vec![RequiredAction::new(&self.action(), None)],
        };
        let arn = |(field, kind): &(&str, &str)| self.regional("ec2", kind, request.string(field).unwrap_or("*"));
        resources.iter().map(|resource| RequiredAction::new(&self.action(), Some(arn(resource)))).collect()
    }

    /// The same permission covers putting and deleting the block of an account.
    pub(super) fn for_s3_control(&self) -> RequiredAction {
        let action = match self.request.operation.as_str() {
            "GetPublicAccessBlock" => "GetAccountPublicAccessBlock",
            "PutPublicAccessBlock" | "DeletePublicAccessBlock" => "PutAccountPublicAccessBlock",
            operation => operation,
        };
        RequiredAction::new(&format!("s3:{action}"), None)
    }

    /// The resources are the identity store, and all groups or users in it.
    pub(super) fn for_identity_store(&self) -> Vec<RequiredAction> {
        let (request, action) = (self.request, self.action());
        let store = request.string("IdentityStoreId").unwrap_or("*");
        let store = format!("arn:aws:identitystore::{}:identitystore/{store}", self.management_account);
        let sought = match request.operation.as_str() {
            "GetGroupId" => "group",
            "GetUserId" => "user",
            _ => return vec![RequiredAction::new(&action, Some(store))],
        };
        let sought = format!("arn:aws:identitystore:::{sought}/*");
        vec![RequiredAction::new(&action, Some(store)), RequiredAction::new(&action, Some(sought))]
    }

    /// The resources are the instance, the permission set, and the account that the call names.
    pub(super) fn for_sso(&self) -> Vec<RequiredAction> {
        let (request, action) = (self.request, self.action());
        let named = |field: &str| request.string(field).map(str::to_owned);
        // moto has the ARN below the instance.
        let set = |field: &str| request.string(field).map(|arn| arn.replace(":::instance/", ":::permissionSet/"));
        let account = ["TargetId", "AccountId"].into_iter().find_map(|field| request.string(field));
        let account = account.map(|id| format!("arn:aws:sso:::account/{id}"));
        let resources = match request.operation.as_str() {
            "CreatePermissionSet" => {
                let created = named("InstanceArn").map(|arn| arn.replace(":::instance/", ":::permissionSet/") + "/*");
                [named("InstanceArn"), created, None]
            }
            "ListTagsForResource" | "TagResource" | "UntagResource" => {
                let is_set = request.string("ResourceArn").is_some_and(|arn| arn.contains("/ps-"));
                [if is_set { set("ResourceArn") } else { named("ResourceArn") }, None, None]
            }
            "ProvisionPermissionSet" => {
                let account = account.or(Some("arn:aws:sso:::account/*".to_owned()));
                [named("InstanceArn"), set("PermissionSetArn"), account]
            }
            _ => [named("InstanceArn"), set("PermissionSetArn"), account],
        };
        let mut actions: Vec<RequiredAction> =
            resources.into_iter().flatten().map(|arn| RequiredAction::new(&action, Some(arn))).collect();
        if actions.is_empty() {
            actions.push(RequiredAction::new(&action, None));
        }
        if request.operation == "CreatePermissionSet" && !tags(&request.parameters).is_empty() {
            let created = actions.last().and_then(|created| created.resource.clone());
            actions.push(RequiredAction::new("sso:TagResource", created));
        }
        actions
    }

    pub(super) fn for_service_quotas(&self) -> RequiredAction {
        let request = self.request;
        let quota = match (request.string("ServiceCode"), request.string("QuotaCode")) {
            (Some(service), Some(quota)) if request.operation == "RequestServiceQuotaIncrease" => {
                Some(self.regional("servicequotas", &format!("{service}/"), quota))
            }
            _ => None,
        };
        RequiredAction::new(&self.action(), quota)
    }

    /// The resource is the setting, which the call names by its ID or ARN.
    pub(super) fn for_ssm(&self) -> RequiredAction {
        let arn = |setting: &str| match setting {
            arn if arn.starts_with("arn:") => arn.to_owned(),
            id => self.regional("ssm", "servicesetting", id),
        };
        RequiredAction::new(&self.action(), self.request.string("SettingId").map(arn))
    }

    pub(super) fn for_openid_connect(&self, action: &str) -> Vec<RequiredAction> {
        let (request, account) = (self.request, &self.caller.account);
        let of_url = request.string("Url").map(|url| arns::for_openid_connect(account, url));
        let provider = request.string("OpenIDConnectProviderArn").map(str::to_owned).or(of_url);
        let mut actions = vec![RequiredAction::new(action, provider.clone())];
        if request.operation == "CreateOpenIDConnectProvider" && !tags(&request.parameters).is_empty() {
            actions.push(RequiredAction::new("iam:TagOpenIDConnectProvider", provider));
        }
        actions
    }

    /// The ARN of a resource in the account of the caller and the Region of the call.
    fn regional(&self, service: &str, kind: &str, id: &str) -> String {
        format!("arn:aws:{service}:{}:{}:{kind}{id}", self.region(), self.caller.account)
    }
}

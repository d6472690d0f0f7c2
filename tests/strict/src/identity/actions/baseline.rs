//! What the services ask for that only the steps in a new account call, as the Service Authorization Reference has it.

use super::{Ask, Scene, arns, linked_role, tags};

impl Scene<'_> {
    /// The first analyzer of an account makes the service's role.
    pub(super) fn of_access_analyzer(&self) -> Vec<Ask> {
        let (request, action, account) = (self.request, self.action(), &self.caller.account);
        let analyzer = request.text("analyzerName").map(|name| self.regional("access-analyzer", "analyzer/", name));
        let mut asks = vec![Ask::new(&action, analyzer)];
        if request.operation == "CreateAnalyzer" {
            let service = "access-analyzer.amazonaws.com";
            let role = Ask::new("iam:CreateServiceLinkedRole", Some(linked_role(account, service)));
            asks.push(role.with("iam:AWSServiceName", service));
        }
        asks
    }

    /// On the account itself, or on one of the organization that the management account names.
    pub(super) fn of_account(&self) -> Ask {
        let request = self.request;
        let resource = match request.text("AccountId") {
            Some(member) => {
                format!("arn:aws:account::{}:account/{}/{member}", self.management_account, self.organization)
            }
            None => format!("arn:aws:account::{}:account", self.caller.account),
        };
        let ask = Ask::new(&self.action(), Some(resource));
        let ask = match request.text("RegionName") {
            Some(region) if request.operation != "GetRegionOptStatus" => ask.with("account:TargetRegion", region),
            _ => ask,
        };
        match request.text("AlternateContactType") {
            Some(kind) => ask.with("account:AlternateContactTypes", kind),
            None => ask,
        }
    }

    /// Budgets knows but two actions.
    pub(super) fn of_budgets(&self) -> Ask {
        let request = self.request;
        let action = if request.operation.starts_with("Describe") { "ViewBudget" } else { "ModifyBudget" };
        let within =
            ["Budget", "NewBudget"].into_iter().find_map(|field| request.parameters[field]["BudgetName"].as_str());
        let name = request.text("BudgetName").or(within).unwrap_or("*");
        let budget = format!("arn:aws:budgets::{}:budget/{name}", self.caller.account);
        Ask::new(&format!("budgets:{action}"), Some(budget))
    }

    /// Only what deletes is on resources here.
    pub(super) fn of_ec2(&self) -> Vec<Ask> {
        let request = self.request;
        let resources: &[(&str, &str)] = match request.operation.as_str() {
            "DeleteVpc" => &[("VpcId", "vpc/")],
            "DeleteSubnet" => &[("SubnetId", "subnet/")],
            "DeleteInternetGateway" => &[("InternetGatewayId", "internet-gateway/")],
            "DetachInternetGateway" => &[("InternetGatewayId", "internet-gateway/"), ("VpcId", "vpc/")],
            _ => return vec![Ask::new(&self.action(), None)],
        };
        let arn = |(field, kind): &(&str, &str)| self.regional("ec2", kind, request.text(field).unwrap_or("*"));
        resources.iter().map(|resource| Ask::new(&self.action(), Some(arn(resource)))).collect()
    }

    /// Of an account's block, unlike of a bucket's. Who may put it may delete it.
    pub(super) fn of_s3_control(&self) -> Ask {
        let action = match self.request.operation.as_str() {
            "GetPublicAccessBlock" => "GetAccountPublicAccessBlock",
            "PutPublicAccessBlock" | "DeletePublicAccessBlock" => "PutAccountPublicAccessBlock",
            operation => operation,
        };
        Ask::new(&format!("s3:{action}"), None)
    }

    /// The store and what is looked for in it, whose id the call is to find out.
    pub(super) fn of_identity_store(&self) -> Vec<Ask> {
        let (request, action) = (self.request, self.action());
        let store = request.text("IdentityStoreId").unwrap_or("*");
        let store = format!("arn:aws:identitystore::{}:identitystore/{store}", self.management_account);
        let sought = match request.operation.as_str() {
            "GetGroupId" => "group",
            "GetUserId" => "user",
            _ => return vec![Ask::new(&action, Some(store))],
        };
        let sought = format!("arn:aws:identitystore:::{sought}/*");
        vec![Ask::new(&action, Some(store)), Ask::new(&action, Some(sought))]
    }

    /// The instance, the permission set and the account, as far as the call names them.
    pub(super) fn of_sso(&self) -> Vec<Ask> {
        let (request, action) = (self.request, self.action());
        let instance = request.text("InstanceArn").map(str::to_owned);
        // Moto writes it as something of the instance.
        let set = request.text("PermissionSetArn").map(|arn| arn.replace(":::instance/", ":::permissionSet/"));
        let account = ["TargetId", "AccountId"].into_iter().find_map(|field| request.text(field));
        let account = account.map(|id| format!("arn:aws:sso:::account/{id}"));
        let named: Vec<Ask> =
            [instance, set, account].into_iter().flatten().map(|arn| Ask::new(&action, Some(arn))).collect();
        if named.is_empty() { vec![Ask::new(&action, None)] } else { named }
    }

    pub(super) fn of_service_quotas(&self) -> Ask {
        let request = self.request;
        let quota = match (request.text("ServiceCode"), request.text("QuotaCode")) {
            (Some(service), Some(quota)) if request.operation == "RequestServiceQuotaIncrease" => {
                Some(self.regional("servicequotas", &format!("{service}/"), quota))
            }
            _ => None,
        };
        Ask::new(&self.action(), quota)
    }

    pub(super) fn of_openid_connect(&self, action: &str) -> Vec<Ask> {
        let (request, account) = (self.request, &self.caller.account);
        let of_url = request.text("Url").map(|url| arns::of_openid_connect(account, url));
        let provider = request.text("OpenIDConnectProviderArn").map(str::to_owned).or(of_url);
        let mut asks = vec![Ask::new(action, provider.clone())];
        if request.operation == "CreateOpenIDConnectProvider" && !tags(&request.parameters).is_empty() {
            asks.push(Ask::new("iam:TagOpenIDConnectProvider", provider));
        }
        asks
    }

    /// Something of the caller's account in the call's region.
    fn regional(&self, service: &str, kind: &str, id: &str) -> String {
        format!("arn:aws:{service}:{}:{}:{kind}{id}", self.region(), self.caller.account)
    }
}

//! Operations that moto lacks or implements only in part. They have their own state for each account and Region.
//!
//! The state starts as in a new AWS account.

mod analyzers;
mod anomalies;
mod boundaries;
mod budgets;
mod call;
mod contacts;
mod default_vpcs;
mod ec2;
mod guardduty;
mod iam;
mod members;
mod quotas;
mod recorders;
mod regions;
mod s3_control;
mod security_hub;
mod ssm;

use std::sync::{Arc, Mutex};

use hyper::body::Bytes;
use hyper::http::request::Parts;
use local_cloud::strict::Delays;

use crate::clock::Clock;
use crate::emulators::Upstreams;
use crate::identity::{Caller, denial};
use crate::organizations::Accounts;
use crate::sync::lock;
use crate::wire::{AwsError, AwsRequest, AwsResponse, response};
use call::Call;
pub(crate) use call::{page, uuid};

pub(crate) struct EmulatedServices {
    clock: Clock,
    upstreams: Arc<Upstreams>,
    delays: Arc<Mutex<Delays>>,
    analyzers: analyzers::Analyzers,
    anomalies: anomalies::Anomalies,
    budgets: budgets::Budgets,
    default_vpcs: default_vpcs::DefaultVpcs,
    ec2: ec2::Ec2,
    guardduty: guardduty::GuardDuty,
    iam: iam::Iam,
    quotas: quotas::Quotas,
    recorders: recorders::Recorders,
    regions: regions::Regions,
    s3_control: s3_control::S3Control,
    security_hub: security_hub::SecurityHub,
    ssm: ssm::Ssm,
}

impl EmulatedServices {
    pub(crate) fn new(
        clock: Clock,
        upstreams: Arc<Upstreams>,
        management_account: &str,
        accounts: Arc<Accounts>,
        delays: Arc<Mutex<Delays>>,
    ) -> Self {
        let members = members::Organization::new(Arc::clone(&upstreams), management_account, accounts);
        Self {
            clock,
            delays,
            analyzers: analyzers::Analyzers::default(),
            anomalies: anomalies::Anomalies::default(),
            budgets: budgets::Budgets::default(),
            default_vpcs: default_vpcs::DefaultVpcs::new(Arc::clone(&upstreams)),
            ec2: ec2::Ec2::default(),
            guardduty: guardduty::GuardDuty::new(Arc::clone(&upstreams), members.clone()),
            iam: iam::Iam::new(Arc::clone(&upstreams)),
            quotas: quotas::Quotas::new(Arc::clone(&upstreams)),
            recorders: recorders::Recorders::new(Arc::clone(&upstreams)),
            regions: regions::Regions::new(members.clone()),
            s3_control: s3_control::S3Control::default(),
            security_hub: security_hub::SecurityHub::new(Arc::clone(&upstreams), members),
            ssm: ssm::Ssm::default(),
            upstreams,
        }
    }

    pub(crate) fn delays(&self) -> Delays {
        *lock(&self.delays)
    }

    pub(crate) fn set_delays(&self, delays: Delays) {
        *lock(&self.delays) = delays;
    }

    /// A Region that is not enabled in the account of the caller does not accept its credentials.
    pub(crate) fn disabled_region_error(&self, request: &AwsRequest, caller: &Caller) -> Option<AwsError> {
        let region = request.region.as_deref()?;
        let is_usable = self.regions.is_usable(&caller.account, region, self.clock.now());
        (!is_usable).then(|| denial::for_unknown_key(request))
    }

    /// Handles a call, or forwards it to the emulator.
    pub(crate) async fn handle(&self, request: &AwsRequest, caller: &Caller, parts: Parts, body: Bytes) -> AwsResponse {
        let (now, delays) = (self.clock.now(), self.delays());
        let call = Call { request, account: &caller.account, now, delays };
        let body = if request.service == "iam" { iam::to_moto_role_names(&body) } else { body };
        let forward = self.upstreams.forward(&request.service, parts, body);
        let outcome = match request.service.as_str() {
            "access-analyzer" => self.analyzers.handle(&call),
            "account" => match self.contact_error(&call).await {
                Some(response) => return response,
                None => self.regions.handle(&call).await,
            },
            "budgets" => self.budgets.handle(&call),
            "ce" => self.anomalies.handle(&call),
            "config" => return self.recorders.handle(&call, forward).await,
            "ec2" => return self.handle_ec2(&call, forward).await,
            "guardduty" => self.guardduty.handle(&call).await,
            "iam" => return iam::to_aws_role_names(self.iam.handle(&call, forward).await),
            "s3-control" => return self.s3_control.handle(&call, forward).await,
            "securityhub" => return self.security_hub.handle(&call, forward).await,
            "servicequotas" => return self.quotas.handle(&call, forward).await,
            "ssm" => self.ssm.handle(&call),
            _ => None,
        };
        match outcome {
            Some(outcome) => call.response(outcome),
            None => forward.await,
        }
    }

    /// Returns the error of a call about a contact that AWS rejects.
    async fn contact_error(&self, call: &Call<'_>) -> Option<AwsResponse> {
        if !contacts::OPERATIONS.contains(&call.request.operation.as_str()) {
            return None;
        }
        match self.regions.account(call).await {
            Ok(_) => contacts::check(call),
            Err(error) => Some(response::error(call.request, &error)),
        }
    }

    async fn handle_ec2(&self, call: &Call<'_>, forward: impl Future<Output = AwsResponse>) -> AwsResponse {
        match self.ec2.handle(call) {
            Some(Ok(elements)) => response::ok_ec2(call.request, &elements),
            Some(Err(error)) => response::error(call.request, &error),
            None => {
                self.default_vpcs.complete(call).await;
                match self.default_vpcs.dependency_error(call).await {
                    Some(error) => response::error(call.request, &error),
                    None => forward.await,
                }
            }
        }
    }
}

//! What moto has not got, or has too little of: answered here, with state of our own for each account and region.
//!
//! All of it starts as a fresh AWS account has it.

mod analyzers;
mod anomalies;
mod boundaries;
mod budgets;
mod call;
mod default_vpcs;
mod ec2;
mod guardduty;
mod iam;
mod members;
mod quotas;
mod regions;
mod s3_control;
mod security_hub;
mod settling;

use std::sync::{Arc, Mutex};

use hyper::body::Bytes;
use hyper::http::request::Parts;

use crate::clock::Clock;
use crate::emulators::Upstreams;
use crate::faults::AwsError;
use crate::identity::{Caller, denial};
use crate::proxy::lock;
use crate::wire::{Answer, AwsRequest, answer};
use call::Call;
pub use settling::Settling;

pub(crate) struct BeyondMoto {
    clock: Clock,
    upstreams: Arc<Upstreams>,
    settling: Mutex<Settling>,
    analyzers: analyzers::Analyzers,
    anomalies: anomalies::Anomalies,
    budgets: budgets::Budgets,
    default_vpcs: default_vpcs::DefaultVpcs,
    ec2: ec2::Ec2,
    guardduty: guardduty::GuardDuty,
    iam: iam::Iam,
    quotas: quotas::Quotas,
    regions: regions::Regions,
    s3_control: s3_control::S3Control,
    security_hub: security_hub::SecurityHub,
}

impl BeyondMoto {
    pub(crate) fn new(clock: Clock, upstreams: Arc<Upstreams>, management_account: &str) -> Self {
        let members = members::Organization::new(Arc::clone(&upstreams), management_account);
        Self {
            clock,
            settling: Mutex::default(),
            analyzers: analyzers::Analyzers::default(),
            anomalies: anomalies::Anomalies::default(),
            budgets: budgets::Budgets::default(),
            default_vpcs: default_vpcs::DefaultVpcs::new(Arc::clone(&upstreams)),
            ec2: ec2::Ec2::default(),
            guardduty: guardduty::GuardDuty::new(Arc::clone(&upstreams), members.clone()),
            iam: iam::Iam::new(Arc::clone(&upstreams)),
            quotas: quotas::Quotas::new(Arc::clone(&upstreams)),
            regions: regions::Regions::new(members.clone()),
            s3_control: s3_control::S3Control::default(),
            security_hub: security_hub::SecurityHub::new(Arc::clone(&upstreams), members),
            upstreams,
        }
    }

    pub(crate) fn settling(&self) -> Settling {
        *lock(&self.settling)
    }

    pub(crate) fn set(&self, settling: Settling) {
        *lock(&self.settling) = settling;
    }

    /// A Region that the caller's account has not enabled does not know its credentials.
    pub(crate) fn not_enabled(&self, request: &AwsRequest, caller: &Caller) -> Option<AwsError> {
        let region = request.region.as_deref()?;
        let is_usable = self.regions.is_usable(&caller.account, region, self.clock.now());
        (!is_usable).then(|| denial::of_unknown(request))
    }

    /// Forwards what the emulators know.
    pub(crate) async fn answer(&self, request: &AwsRequest, caller: &Caller, parts: Parts, body: Bytes) -> Answer {
        let (now, settling) = (self.clock.now(), self.settling());
        let call = Call { request, account: &caller.account, now, settling };
        let body = if request.service == "iam" { iam::as_moto_names_roles(&body) } else { body };
        let forward = self.upstreams.forward(&request.service, parts, body);
        let outcome = match request.service.as_str() {
            "access-analyzer" => self.analyzers.answer(&call),
            "account" => self.regions.answer(&call).await,
            "budgets" => self.budgets.answer(&call),
            "ce" => self.anomalies.answer(&call),
            "ec2" => return self.in_ec2(&call, forward).await,
            "guardduty" => self.guardduty.answer(&call).await,
            "iam" => return iam::as_aws_names_roles(self.iam.answer(&call, forward).await),
            "s3-control" => return self.s3_control.answer(&call, forward).await,
            "securityhub" => return self.security_hub.answer(&call, forward).await,
            "servicequotas" => return self.quotas.answer(&call, forward).await,
            _ => None,
        };
        match outcome {
            Some(outcome) => call.told(outcome),
            None => forward.await,
        }
    }

    async fn in_ec2(&self, call: &Call<'_>, forward: impl Future<Output = Answer>) -> Answer {
        match self.ec2.answer(call) {
            Some(Ok(elements)) => answer::ok_ec2(call.request, &elements),
            Some(Err(error)) => answer::error(call.request, &error),
            None => {
                self.default_vpcs.complete(call).await;
                match self.default_vpcs.in_use(call).await {
                    Some(error) => answer::error(call.request, &error),
                    None => forward.await,
                }
            }
        }
    }
}

//! How a call passes through the proxy.

use std::convert::Infallible;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper::http::request::Parts;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use local_cloud::strict::{Call, Decision, Fault};
use time::OffsetDateTime;
use tokio::net::TcpListener;
use tokio::sync::{Semaphore, SemaphorePermit, oneshot};

use crate::calls_file::CallsFile;
use crate::components::Components;
use crate::config::Config;
use crate::control;
use crate::emulators::Upstreams;
use crate::faults::rewrite_field;
use crate::identity::{Caller, denial};
use crate::process::Peer;
use crate::wire::{AwsError, AwsRequest, AwsResponse, response};

/// Handles calls until the listener fails. Also fails if the file of calls cannot be created.
pub async fn serve(listener: TcpListener, config: Config) -> io::Result<()> {
    let proxy = Arc::new(Proxy::new(config)?);
    loop {
        let (stream, client) = listener.accept().await?;
        let (proxy, peer) = (Arc::clone(&proxy), Arc::new(Peer::new(client, stream.local_addr()?)));
        tokio::spawn(async move {
            let service = service_fn(move |request| respond(Arc::clone(&proxy), Arc::clone(&peer), request));
            // The client closed the connection, or a rule cut it.
            drop(http1::Builder::new().serve_connection(TokioIo::new(stream), service).await);
        });
    }
}

/// The connection is closed without a response, which hyper does if a service returns an error.
#[derive(Debug, thiserror::Error)]
#[error("the connection was cut")]
struct ConnectionCut;

async fn respond(
    proxy: Arc<Proxy>,
    peer: Arc<Peer>,
    request: Request<Incoming>,
) -> Result<Response<Full<Bytes>>, ConnectionCut> {
    let (parts, body) = request.into_parts();
    let body = body.collect().await.map_err(|_| ConnectionCut)?.to_bytes();
    // A separate task, because an accepted call takes effect even if its client closes the connection, as in AWS.
    let (waiting, client) = oneshot::channel();
    let response = tokio::spawn(async move { proxy.handle(&peer, parts, body, client).await });
    let response = response.await.map_err(|_| ConnectionCut)?.map(|response| response.map(Full::new));
    drop(waiting);
    response
}

/// Completes when the client closes the connection.
type Client = oneshot::Receiver<Infallible>;

/// A call that is being handled.
struct InFlightCall<'a> {
    request: &'a AwsRequest,
    caller: &'a Caller,
    peer: &'a Peer,
}

struct Proxy {
    components: Components,
    calls_file: Option<CallsFile>,
    upstreams: Arc<Upstreams>,
    /// Limits the concurrent calls to AWS.
    slots: Semaphore,
    management_account: String,
    emulate_only: bool,
}

impl Proxy {
    fn new(config: Config) -> io::Result<Self> {
        let calls_file = config.calls_file.as_deref().map(CallsFile::create).transpose()?;
        let upstreams = Arc::new(Upstreams::new(config.aws.clone(), config.platform.clone()));
        Ok(Self {
            components: Components::new(&config, &upstreams),
            calls_file,
            upstreams,
            slots: Semaphore::new(config.max_concurrent_calls),
            management_account: config.management_account,
            emulate_only: config.emulate_only,
        })
    }

    async fn handle(
        &self,
        peer: &Peer,
        mut parts: Parts,
        body: Bytes,
        client: Client,
    ) -> Result<AwsResponse, ConnectionCut> {
        if let Some(path) = parts.uri.path().strip_prefix(control::PREFIX) {
            return Ok(control::handle(&self.components, path, &parts, &body).await);
        }
        let time = OffsetDateTime::now_utc();
        let request = AwsRequest::parse(&parts, &body);
        let slot = self.slot(&request, client).await?;
        let caller = self.caller(&request, peer).await;
        if let (Some(file), Some(function)) = (&self.calls_file, &caller.function) {
            file.add(function, &request, &parts, &body);
        }
        if caller.session.is_none() && caller.account != self.management_account {
            set_moto_account(&caller.account, &mut parts);
        }
        let (rule, fault) = self.components.rules.next_fault(&request, &caller, self.components.clock.now()).unzip();
        let mut decisions = Vec::new();
        let call = InFlightCall { request: &request, caller: &caller, peer };
        let outcome = self.run(&call, parts, body, fault, &mut decisions).await;
        drop(slot);
        self.components.recorder.record(record(request, time, caller, rule, decisions, outcome.as_ref().ok()));
        outcome
    }

    /// A call whose client closes the connection while it waits for a slot has no effect. The limit keeps the emulator
    /// from working on calls that no client waits for.
    async fn slot(&self, request: &AwsRequest, client: Client) -> Result<Option<SemaphorePermit<'_>>, ConnectionCut> {
        if Upstreams::is_platform(&request.service) {
            return Ok(None);
        }
        tokio::select! {
            slot = self.slots.acquire() => slot.map(Some).map_err(|_| ConnectionCut),
            _ = client => Err(ConnectionCut),
        }
    }

    async fn caller(&self, request: &AwsRequest, peer: &Peer) -> Caller {
        let caller = self.components.identity.caller(request).await;
        if caller.function.is_some() || self.components.identity.functions_have_keys() {
            return caller;
        }
        // If the platform does not check IAM, the credentials do not identify the function. Reading processes is slow.
        let function = peer.function().await.map(|function| function.name.clone());
        Caller { function, ..caller }
    }

    async fn run(
        &self,
        call: &InFlightCall<'_>,
        parts: Parts,
        body: Bytes,
        fault: Option<Fault>,
        decisions: &mut Vec<Decision>,
    ) -> Result<AwsResponse, ConnectionCut> {
        let InFlightCall { request, caller, peer } = *call;
        match &fault {
            Some(Fault::Error(error)) => return Ok(response::error(request, error)),
            Some(Fault::AccessDenied) => return Ok(self.access_denied(request, caller, false).await),
            Some(Fault::DeniedByScp) => return Ok(self.access_denied(request, caller, true).await),
            Some(Fault::CutBefore) => return Err(ConnectionCut),
            Some(Fault::Delay { millis }) => self.components.clock.sleep(Duration::from_millis(*millis)).await,
            _ => {}
        }
        let response = self.process(request, caller, parts, body, decisions).await;
        self.record_effects(request, caller, &response);
        match fault {
            Some(Fault::CutAfter) => return Err(ConnectionCut),
            Some(Fault::KillCaller) => return kill(request, peer).await,
            Some(Fault::SlowResponse { millis }) => self.components.clock.sleep(Duration::from_millis(millis)).await,
            Some(Fault::Rewrite { field, value }) => return Ok(rewrite_field(response, &field, &value)),
            _ => {}
        }
        Ok(response)
    }

    /// Records the effects of a call that later calls depend on.
    fn record_effects(&self, request: &AwsRequest, caller: &Caller, response: &AwsResponse) {
        self.components.identity.record_effects(request, caller, response);
        self.components.organization.record_effects(request, caller, response);
        if ["CreateOrganization", "DeleteOrganization"].contains(&request.operation.as_str()) {
            self.components.identity.set(self.components.identity.evaluates());
        }
        if request.operation == "CreateAccount" {
            self.components.rules.add_related(request, caller, &self.components.organization.created_ids(response));
        }
    }

    async fn access_denied(&self, request: &AwsRequest, caller: &Caller, by_scp: bool) -> AwsResponse {
        let (action, resource) = self.components.identity.first_required_action(request, caller).await;
        response::error(request, &denial::for_fault(request, caller, &action, &resource, by_scp))
    }

    async fn process(
        &self,
        request: &AwsRequest,
        caller: &Caller,
        parts: Parts,
        body: Bytes,
        decisions: &mut Vec<Decision>,
    ) -> AwsResponse {
        let is_organizations = request.service == "organizations";
        if self.emulate_only {
            return self.emulate(request, caller, parts, body).await;
        }
        if let Some(error) = self.components.buckets.take(&caller.account, request, self.components.clock.now()) {
            return response::error(request, &error);
        }
        let unknown = self.components.organization.availability_error(request, caller);
        if let Some(error) = unknown.or_else(|| self.components.emulated.disabled_region_error(request, caller)) {
            return response::error(request, &error);
        }
        let authorization = self.components.identity.authorize(request, caller).await;
        *decisions = authorization.decisions;
        if let Some(error) = authorization.error {
            return response::error(request, &error);
        }
        if is_organizations && caller.account == self.management_account {
            return self.components.organization.handle(request, parts, body).await;
        }
        if is_organizations
            && let Some(response) = self.components.organization.handle_member_call(request, &caller.account).await
        {
            return response;
        }
        if request.service == "sso" {
            let forward = self.upstreams.forward(&request.service, parts, body);
            return self.components.identity_center.handle(request, forward).await;
        }
        if request.service == "identitystore" {
            let forward = self.upstreams.forward(&request.service, parts, body);
            return self.components.identity_center.handle_directory(request, forward).await;
        }
        if let Some(response) = self.components.organization.handle_root_access(request, &caller.account).await {
            return response;
        }
        self.components.emulated.handle(request, caller, parts, body).await
    }

    /// Adds the operations that the emulators lack, with their checks.
    async fn emulate(&self, request: &AwsRequest, caller: &Caller, parts: Parts, body: Bytes) -> AwsResponse {
        if request.service == "organizations" && caller.account == self.management_account {
            return self.components.organization.handle_governance(request, parts, body).await;
        }
        if request.service == "sso" {
            let forward = self.upstreams.forward(&request.service, parts, body);
            return self.components.identity_center.emulate(request, forward).await;
        }
        if let Some(response) = self.components.organization.handle_root_access(request, &caller.account).await {
            return response;
        }
        self.components.emulated.handle(request, caller, parts, body).await
    }
}

/// moto maps every unknown key to the management account, except with this header.
fn set_moto_account(account: &str, parts: &mut Parts) {
    if let Ok(account) = account.parse() {
        parts.headers.insert("x-moto-account-id", account);
    }
}

/// Returns an error if the caller cannot be killed, so that a test notices it.
async fn kill(request: &AwsRequest, peer: &Peer) -> Result<AwsResponse, ConnectionCut> {
    match peer.kill().await {
        Ok(()) => Err(ConnectionCut),
        Err(reason) => Ok(response::error(request, &AwsError::new(500, "CallerNotKilled", &reason))),
    }
}

fn record(
    request: AwsRequest,
    time: OffsetDateTime,
    caller: Caller,
    rule: Option<u64>,
    decisions: Vec<Decision>,
    response: Option<&AwsResponse>,
) -> Call {
    let (role_arn, session_name) = caller.session.map(|session| (session.role_arn, session.name)).unzip();
    Call {
        sequence: 0,
        time,
        service: request.service,
        operation: request.operation,
        region: request.region,
        account: caller.account,
        access_key_id: request.access_key_id,
        role_arn,
        session_name,
        function: caller.function,
        parameters: request.parameters,
        status: response.map(|response| response.status().as_u16()),
        error_code: response.and_then(response::error_code),
        rule,
        decisions,
    }
}

//! The parts of the proxy that calls pass through and that the control API reads and changes.

use std::sync::{Arc, Mutex};

use local_cloud::strict::{Assignments, Closures, Delays, Delivery, Pages, Settings, Throttling, Visibility};

use crate::clock::Clock;
use crate::config::Config;
use crate::emulated::EmulatedServices;
use crate::emulators::Upstreams;
use crate::events::EventPublisher;
use crate::faults::Rules;
use crate::identity::Identity;
use crate::identity_center::IdentityCenter;
use crate::organizations::{Accounts, Organization};
use crate::recorder::Recorder;
use crate::throttling::Buckets;

pub(crate) struct Components {
    pub(crate) clock: Clock,
    pub(crate) rules: Rules,
    pub(crate) recorder: Recorder,
    pub(crate) buckets: Buckets,
    pub(crate) organization: Organization,
    pub(crate) identity: Identity,
    pub(crate) identity_center: IdentityCenter,
    pub(crate) emulated: EmulatedServices,
    pub(crate) publisher: Arc<EventPublisher>,
}

impl Components {
    pub(crate) fn new(config: &Config, upstreams: &Arc<Upstreams>) -> Self {
        let (clock, account) = (config.clock.clone(), &config.management_account);
        let publisher = Arc::new(EventPublisher::new(clock.clone(), Arc::clone(upstreams), account.clone()));
        let accounts = Arc::new(Accounts::new(clock.clone()));
        let delays = Arc::new(Mutex::new(Delays::default()));
        let organization = Organization::new(
            clock.clone(),
            Arc::clone(upstreams),
            Arc::clone(&publisher),
            Arc::clone(&accounts),
            Arc::clone(&delays),
            account,
            config.seed,
        );
        let components = Self {
            rules: Rules::new(config.seed),
            recorder: Recorder::default(),
            buckets: Buckets::new(config.throttle),
            organization,
            identity: Identity::new(Arc::clone(upstreams), account.clone(), config.evaluate_iam),
            identity_center: IdentityCenter::new(clock.clone(), Arc::clone(upstreams), account, Arc::clone(&accounts)),
            emulated: EmulatedServices::new(clock.clone(), Arc::clone(upstreams), account, accounts, delays),
            publisher,
            clock,
        };
        if config.realistic {
            components.set_realistic();
        }
        components
    }

    fn set_realistic(&self) {
        self.buckets.set(Throttling { enabled: true, ..Throttling::default() });
        self.organization.set(&Settings::realistic());
        self.organization.set_visibility(Visibility::realistic());
        self.organization.set_closures(Closures::realistic());
        self.organization.set_pages(Pages::realistic());
        self.identity_center.set(Assignments::realistic());
        self.emulated.set_delays(Delays::realistic());
        self.publisher.set(Delivery::OnTime);
    }
}
